"""What a move of a game takes, and how it is read from what a client sent."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Any, Final

from server.domain.rooms.refusals import RoomCode

INTEGER_MAX: Final = 2**53 - 1
TEXT_MAX: Final = 64
_HUNDRED: Final = 100


class Refused(Exception):  # noqa: N818 - a refusal is an answer, not an error
    """A move that the game does not take; the player is told the code and what else is given."""

    def __init__(self, code: str, **more: Any) -> None:
        super().__init__(code)
        self.code = code
        self.more = more


class Hundredths:
    """A number of at most two decimal places, handed to the game as a whole number of hundredths."""


@dataclass(frozen=True, slots=True)
class Maybe:
    """An argument that may be left out or null: the game gets None."""

    of: Any


Arguments = Mapping[str, Any]


def read_arguments(takes: Arguments, given: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a move by name. Raises `Refused("bad_arguments")` naming the first one that is wrong,
    missing or unknown; nothing is converted silently."""
    names = {to_camel(name): name for name in takes}
    for name in given:
        if name not in names:
            raise Refused(RoomCode.BAD_ARGUMENTS, argument=name[:TEXT_MAX], reason="is not known")
    return {name: _read(takes[name], public, given.get(public)) for public, name in names.items()}


def _read(kind: Any, public: str, value: Any) -> Any:
    if isinstance(kind, Maybe):
        return None if value is None else _read(kind.of, public, value)
    if value is None:
        raise Refused(RoomCode.BAD_ARGUMENTS, argument=public, reason="is missing")
    read = _value(kind, value)
    if read is None:
        raise Refused(RoomCode.BAD_ARGUMENTS, argument=public, reason=f"must be {_wanted(kind)}")
    return read


def _value(kind: Any, value: Any) -> Any:
    if kind is int:
        return value if type(value) is int and abs(value) <= INTEGER_MAX else None
    if kind is bool:
        return value if type(value) is bool else None
    if kind is str:
        return value if type(value) is str and len(value) <= TEXT_MAX else None
    if kind is Hundredths:
        return _hundredths(value)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return next((one for one in kind if one.value == value and type(one.value) is type(value)), None)
    raise TypeError(f"{kind!r} is not a kind of argument")


def _hundredths(value: Any) -> int | None:
    if type(value) is int:
        return value * _HUNDRED if abs(value) <= INTEGER_MAX // _HUNDRED else None
    if not isinstance(value, Decimal) or not value.is_finite() or abs(value) > INTEGER_MAX // _HUNDRED:
        return None
    scaled = value * _HUNDRED
    return int(scaled) if scaled == scaled.to_integral_value() else None


def _wanted(kind: Any) -> str:
    if isinstance(kind, type) and issubclass(kind, Enum):
        return "one of " + ", ".join(str(one.value) for one in kind)
    plain = {int: "a whole number", bool: "true or false", str: f"a text of at most {TEXT_MAX} characters"}
    return plain.get(kind, "a number with at most two decimal places")


@cache
def to_camel(name: str) -> str:
    """`auto_cash_out` as `autoCashOut`: how clients spell it."""
    head, *rest = name.split("_")
    return head + "".join(part.title() for part in rest)
