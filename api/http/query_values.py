"""How the text of a query parameter is read, and how the document tells it."""

from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

from api.http.value_types import instant_of
from config.door_limits import QUERY_DIGITS_MAX
from server.encoding.zones import zone_named


class Reader:
    """Metadata of a field: `read` makes a value of a text, or raises `ValueError` with a sentence."""

    schema: dict[str, Any]

    def read(self, text: str) -> Any:
        """The value."""
        raise NotImplementedError

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self.read)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return dict(self.schema)


class Text(Reader):
    """As it came."""

    schema = {"type": "string"}  # noqa: RUF012

    def read(self, text: str) -> str:
        return text


@dataclass(frozen=True)
class Whole(Reader):
    """A whole number within bounds."""

    least: int
    most: int

    @property
    def schema(self) -> dict[str, Any]:  # type: ignore[override]
        return {"type": "integer", "minimum": self.least, "maximum": self.most}

    def read(self, text: str) -> int:
        fits = text.isascii() and text.isdigit() and len(text) <= QUERY_DIGITS_MAX
        number = int(text) if fits else -1
        if not self.least <= number <= self.most:
            raise ValueError(f"Must be a whole number from {self.least} to {self.most}")
        return number


class Flag(Reader):
    """`true` or `false`."""

    schema = {"type": "boolean"}  # noqa: RUF012

    def read(self, text: str) -> bool:
        if text not in ("true", "false"):
            raise ValueError("Must be one of true, false")
        return text == "true"


class OneOf(Reader):
    """One of a few words."""

    def __init__(self, *words: str) -> None:
        self.words = words
        self.schema = {"type": "string", "enum": list(words)}

    def read(self, text: str) -> str:
        if text not in self.words:
            raise ValueError(f"Must be one of {', '.join(self.words)}")
        return text


class SomeOf(Reader):
    """One or more of a few words, with commas."""

    def __init__(self, *words: str) -> None:
        self.words = words
        one = f"({'|'.join(words)})"
        self.schema = {"type": "string", "pattern": f"^{one}(,{one})*$"}

    def read(self, text: str) -> tuple[str, ...]:
        found = tuple(text.split(","))
        if not set(found) <= set(self.words):
            raise ValueError(f"Must be one or more of {', '.join(self.words)}")
        return found


class Day(Reader):
    """An instant, or a date as its first moment in UTC; milliseconds."""

    schema = {"type": "string", "examples": ["2026-01-15", "2026-01-15T20:00:00Z"]}  # noqa: RUF012

    def read(self, text: str) -> int:
        # A plus sign in a query arrives as a space when the caller forgot to escape it.
        return instant_of(f"{text}T00:00:00Z" if len(text) == 10 else text.replace(" ", "+"))


class Zone(Reader):
    """An IANA time zone."""

    schema = {"type": "string", "examples": ["Europe/London"]}  # noqa: RUF012

    def read(self, text: str) -> ZoneInfo:
        zone = zone_named(text)
        if zone is None:
            raise ValueError("Must be an IANA time zone such as Europe/London")
        return zone
