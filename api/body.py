"""Reading a request body: exact numbers, both spellings, every fault at once.

Callers may write snake_case, camelCase or a printed alias; models are snake_case. Numbers are decimals
digit by digit, never binary floats. Unknown fields name the nearest known one.
"""

import difflib
import json
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from typing import Annotated, Any, ClassVar, NoReturn

from fastapi import Request
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError
from pydantic.alias_generators import to_camel

from api.errors import ApiError, DoorCode, invalid
from config.limits import BODY_BYTES_MAX


class Model(BaseModel):
    """A request body or a part of one. `ALIASES` adds printed spellings to snake_case and camelCase;
    `PRINTED` says which spelling faults are told in when the caller used none."""

    model_config = ConfigDict(strict=True, extra="forbid", alias_generator=to_camel, populate_by_name=True)
    ALIASES: ClassVar[dict[str, tuple[str, ...]]] = {}


@dataclass(slots=True)
class Parsed:
    """What could be read. `values` by model field; `faults` by spelled path; `spelled` maps field to path."""

    values: dict[str, Any] = field(default_factory=dict)
    faults: dict[str, str] = field(default_factory=dict)
    spelled: dict[str, str] = field(default_factory=dict)

    def path(self, name: str) -> str:
        """How the caller (or, if absent, the page) spells a model field."""
        return self.spelled.get(name) or ".".join(to_camel(part) for part in name.split("."))

    def raise_faults(self, message: str = "Request is invalid") -> None:
        """Refuse when there is any fault."""
        if self.faults:
            raise invalid(self.faults, message)


async def read_json(request: Request) -> Any:
    """The body as JSON with decimals; `{}` when there is none."""
    return parse_json(await read_bytes(request))


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
        return json.loads(data, parse_float=_decimal, parse_constant=_no_constant, object_pairs_hook=_unique)
    except (ValueError, RecursionError) as error:
        raise ApiError(DoorCode.INVALID_JSON, f"The body is not valid JSON: {error}") from error


def _decimal(text: str) -> Decimal | str:
    # An exponent makes it a string, so that whatever expects an amount refuses it by name.
    return text if "e" in text or "E" in text else Decimal(text)


def _no_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is no JSON number")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        twice = next(key for i, (key, _) in enumerate(pairs) if key in dict(pairs[:i]))
        raise ValueError(f"the key {twice!r} stands twice")
    return found


def parse(data: Any, model: type[Model], prefix: str = "") -> Parsed:
    """Check every field on its own, so that one fault does not hide another."""
    parsed = Parsed()
    if not isinstance(data, dict):
        parsed.faults[prefix.rstrip(".") or "body"] = "Must be an object"
        return parsed
    given = _respell(data, model, prefix, parsed)
    for name, info in model.model_fields.items():
        if name in given:
            _check(model, name, given[name], parsed)
        elif info.is_required():
            parsed.faults[parsed.path(name) if not prefix else prefix + to_camel(name)] = "Is required"
    return parsed


def _respell(data: dict[str, Any], model: type[Model], prefix: str, parsed: Parsed) -> dict[str, Any]:
    names = spellings(model)
    given: dict[str, Any] = {}
    for key, value in data.items():
        name = names.get(key)
        if name is None:
            near = difflib.get_close_matches(key, names, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            parsed.faults[prefix + key] = f"Unknown field{hint}"
        elif name in given and given[name] != value:
            parsed.faults[prefix + key] = f"Contradicts {parsed.spelled[name]}"
        else:
            given[name] = value
            parsed.spelled[name] = prefix + key
    return given


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
        parsed.values[name] = _adapter(model, name).validate_python(value)
    except ValidationError as error:
        parsed.faults[parsed.spelled[name]] = _tell(error)


def _tell(error: ValidationError) -> str:
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    message = first["msg"].removeprefix("Value error, ")
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
def _adapter(model: type[Model], name: str) -> TypeAdapter[Any]:
    info = model.model_fields[name]
    kind: Any = info.annotation
    for extra in info.metadata:
        kind = Annotated[kind, extra]
    return TypeAdapter(kind, config=ConfigDict(strict=True))
