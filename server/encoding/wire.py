"""How values look outside: exact JSON numbers for amounts, RFC 3339 for instants."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_MS, _LAST_MS = (
    (datetime(year, 1, 1, tzinfo=UTC) - _EPOCH) // timedelta(milliseconds=1) for year in (1, 9999)
)
_JSON = msgspec.json.Encoder(decimal_format="number")


def dump(value: Any) -> bytes:
    """JSON bytes. Decimals become JSON numbers digit by digit, never through a binary float."""
    return _JSON.encode(value)


def load(data: bytes) -> Any:
    """JSON of ours back, decimals digit by digit."""
    return json.loads(data, parse_float=Decimal)


def plain(value: Any) -> Any:
    """What a reader of the JSON of `value` holds, numbers with places as text: kept byte for byte."""
    return json.loads(_JSON.encode(value), parse_float=str)


def printable(text: str, most: int) -> str:
    """Text of a foreign machine, fit to be stored and shown: nothing unprintable, at most so long."""
    return "".join(c if c.isprintable() else " " if c.isspace() else "\ufffd" for c in text[:most])


def instant(at_ms: int) -> str:
    """`2026-01-15T20:00:00Z`, with milliseconds only when there are any."""
    # What comes in is bounded at the door; what was stored before it was must be shown all the same.
    moment = _EPOCH + timedelta(milliseconds=min(max(at_ms, _FIRST_MS), _LAST_MS))
    spec = "milliseconds" if at_ms % 1000 else "seconds"
    return moment.isoformat(timespec=spec).replace("+00:00", "Z")


def instant_or_none(at_ms: int | None) -> str | None:
    """`instant`, for moments that may not have come."""
    return None if at_ms is None else instant(at_ms)


def to_ms(moment: datetime) -> int:
    """Milliseconds since 1970 UTC of an aware datetime, exactly."""
    return (moment - _EPOCH) // timedelta(milliseconds=1)
