"""Reading a request body: exact numbers, both spellings, every fault at once.

Callers may write snake_case, camelCase or a printed alias; models are snake_case. Numbers are decimals
digit by digit, never binary floats. Unknown fields name the nearest known one.
"""

import asyncio
import difflib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from typing import Annotated, Any, ClassVar, Final, NoReturn, TypeVar

from fastapi import Request
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError
from pydantic.alias_generators import to_camel

from api.http.errors import ApiError, DoorCode, invalid
from config.door_limits import BODY_DIGITS_MAX, BODY_LARGE_BYTES, HINTS_MAX, SHOWN_CHARS
from config.limits import BODY_BYTES_MAX

T = TypeVar("T")


class Model(BaseModel):
    """A request body or a part of one. `ALIASES` adds printed spellings to snake_case and camelCase;
    `PRINTED` says which spelling faults are told in when the caller used none."""

    model_config = ConfigDict(strict=True, extra="forbid", alias_generator=to_camel, populate_by_name=True)
    ALIASES: ClassVar[dict[str, tuple[str, ...]]] = {}


# What pydantic finds, in our words.
_WORDS: Final = {
    "string_type": "Must be text",
    "int_type": "Must be a whole number",
    "int_parsing": "Must be a whole number",
    "bool_type": "Must be true or false",
    "list_type": "Must be a list",
    "dict_type": "Must be an object",
    "model_type": "Must be an object",
    "missing": "Is required",
    "extra_forbidden": "Unknown field",
    "literal_error": "Must be {expected}",
    "enum": "Must be {expected}",
    "greater_than_equal": "Must be at least {ge}",
    "less_than_equal": "Must be at most {le}",
    "string_too_short": "Must have at least {min_length} characters",
    "string_too_long": "Must have at most {max_length} characters",
    "too_short": "Must have at least {min_length} entries",
    "too_long": "Must have at most {max_length} entries",
}


@dataclass(slots=True)
class Parsed:
    """What could be read. `values` by model field; `faults` by spelled path; `spelled` maps field to path."""

    values: dict[str, Any] = field(default_factory=dict)
    faults: dict[str, str] = field(default_factory=dict)
    spelled: dict[str, str] = field(default_factory=dict)

    def path(self, name: str) -> str:
        """How the caller (or, if absent, the page) spells a model field."""
        return self.spelled.get(name) or ".".join(to_camel(part) for part in name.split("."))

    def lacks(self, field: str) -> bool:
        """Whether a field that is needed was left out or is null; one that cannot be read has its fault."""
        return self.values.get(field) is None and self.path(field) not in self.faults

    def raise_faults(self, message: str = "Request is invalid") -> None:
        """Refuse when there is any fault."""
        if self.faults:
            raise invalid(self.faults, message)


async def read_json(request: Request) -> Any:
    """The body as JSON with decimals; `{}` when there is none."""
    data = await read_bytes(request)
    return await beside(len(data), parse_json, data)


async def beside(size: int, work: Callable[..., T], *arguments: Any) -> T:
    """Work on something of this size: in a thread when it is large, so that others are served meanwhile."""
    return work(*arguments) if size <= BODY_LARGE_BYTES else await asyncio.to_thread(work, *arguments)


async def read_bytes(request: Request) -> bytes:
    """The body, refused as soon as it is over the limit."""
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > BODY_BYTES_MAX:
            raise ApiError(DoorCode.BODY_TOO_LARGE, f"The body is over {BODY_BYTES_MAX} bytes")
    return bytes(data)


def parse_json(data: bytes) -> Any:
    """Strict JSON: exact decimals, no NaN, no key twice, no exponents."""
    if not data.strip():
        return {}
    try:
        value = json.loads(
            data,
            parse_float=_decimal,
            parse_int=_whole,
            parse_constant=_no_constant,
            object_pairs_hook=_unique,
        )
        if b"\\u" in data:
            _refuse_unfit(value)
        return value
    except (ValueError, RecursionError) as error:
        raise ApiError(DoorCode.INVALID_JSON, f"The body is not valid JSON: {error}") from error


def _decimal(text: str) -> Decimal | str:
    # An exponent makes it a string, so that whatever expects an amount refuses it by name; and so do more
    # digits than any amount has.
    return text if "e" in text or "E" in text or len(text) > BODY_DIGITS_MAX else Decimal(text)


def _whole(text: str) -> int | str:
    return text if len(text) > BODY_DIGITS_MAX else int(text)


def _no_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is no JSON number")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise ValueError(f"the key {key[:SHOWN_CHARS]!r} stands twice")
            seen.add(key)
    return found


def _refuse_unfit(value: Any) -> None:
    """Text that no store and no reader can hold: NUL, or half of a surrogate pair."""
    if isinstance(value, str):
        if "\x00" in value or any("\ud800" <= char <= "\udfff" for char in value):
            raise ValueError("a text holds NUL or half of a surrogate pair")
    elif isinstance(value, dict):
        for key, inner in value.items():
            _refuse_unfit(key)
            _refuse_unfit(inner)
    elif isinstance(value, list):
        for inner in value:
            _refuse_unfit(inner)


def parse(data: Any, model: type[Model], prefix: str = "", hints: int = HINTS_MAX) -> Parsed:
    """Check every field on its own, so that one fault does not hide another. For so many unknown fields a
    near name is told."""
    parsed = Parsed()
    if not isinstance(data, dict):
        parsed.faults[prefix.rstrip(".") or "body"] = "Must be an object"
        return parsed
    given = _respell(data, model, prefix, parsed, hints)
    for name, info in model.model_fields.items():
        if name in given:
            _check(model, name, given[name], parsed)
        elif info.is_required():
            parsed.faults[parsed.path(name) if not prefix else prefix + to_camel(name)] = "Is required"
    return parsed


def _respell(
    data: dict[str, Any], model: type[Model], prefix: str, parsed: Parsed, hints: int
) -> dict[str, Any]:
    names = spellings(model)
    given: dict[str, Any] = {}
    for key, value in data.items():
        name = names.get(key)
        if name is None:
            parsed.faults[prefix + key[:SHOWN_CHARS]] = (
                f"Unknown field{hint_at(key, names) if hints > 0 else ''}"
            )
            hints -= 1
        elif name in given and given[name] != value:
            parsed.faults[prefix + key] = f"Contradicts {parsed.spelled[name]}"
        else:
            given[name] = value
            parsed.spelled[name] = prefix + key
    return given


def hint_at(key: str, names: Iterable[str]) -> str:
    """The end of a message about an unknown name: which known name is most like it, if any is."""
    found = difflib.get_close_matches(key[:SHOWN_CHARS], names, n=1)
    return f"; did you mean {found[0]}?" if found else ""


def _check(model: type[Model], name: str, value: Any, parsed: Parsed) -> None:
    nested = _nested(model, name)
    if nested is not None and value is not None:
        inner = parse(value, nested, parsed.spelled[name] + ".")
        parsed.faults |= inner.faults
        parsed.spelled |= {f"{name}.{key}": path for key, path in inner.spelled.items()}
        if not inner.faults:
            parsed.values[name] = inner.values
        return
    try:
        parsed.values[name] = adapter_of(model, name).validate_python(value)
    except ValidationError as error:
        parsed.faults[parsed.spelled[name]] = _tell(error)


def _tell(error: ValidationError) -> str:
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    words = _WORDS.get(first["type"])
    message = words.format_map(first.get("ctx") or {}) if words else first["msg"].removeprefix("Value error, ")
    return f"{where}: {message}" if where else message


@cache
def spellings(model: type[Model]) -> dict[str, str]:
    """Every accepted spelling of a model's fields."""
    names: dict[str, str] = {}
    for name in model.model_fields:
        for spelling in (name, to_camel(name), *model.ALIASES.get(name, ())):
            names[spelling] = name
    return names


@cache
def _nested(model: type[Model], name: str) -> type[Model] | None:
    annotation = model.model_fields[name].annotation
    options = getattr(annotation, "__args__", (annotation,))
    found = [o for o in options if isinstance(o, type) and issubclass(o, Model)]
    return found[0] if found else None


@cache
def adapter_of(model: type[Model], name: str) -> TypeAdapter[Any]:
    """What reads one field of a model."""
    info = model.model_fields[name]
    kind: Any = info.annotation
    for extra in info.metadata:
        kind = Annotated[kind, extra]
    return TypeAdapter(kind, config=ConfigDict(strict=True))
