"""The kinds of values on the wire."""

from datetime import datetime
from decimal import Decimal
from ipaddress import ip_address
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import BeforeValidator, StringConstraints, WithJsonSchema

from server.domain.tournament.rules.checks import INSTANT_MAX_MS
from server.encoding.wire import to_ms

INSTANT_MIN_MS = 946_684_800_000  # the year 2000


def _amount(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise ValueError("Must be a JSON number without quotes or exponent, of at most 40 digits")
    return Decimal(value)


def instant_of(value: Any) -> int:
    """UTC milliseconds of an RFC 3339 text. Raises ValueError with a sentence for the caller."""
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise ValueError("Must be an RFC 3339 time such as 2026-01-15T20:00:00Z") from None
    if moment.tzinfo is None or "T" not in value.upper():
        raise ValueError("Must be an RFC 3339 time with a zone, such as 2026-01-15T20:00:00Z")
    at_ms = to_ms(moment)
    if not INSTANT_MIN_MS <= at_ms < INSTANT_MAX_MS:
        raise ValueError("Must be from the year 2000 to the year 2199")
    return at_ms


def _clean(value: Any) -> Any:
    if isinstance(value, str) and ("\x00" in value or not value.isprintable()):
        raise ValueError("Must not contain control characters")
    if isinstance(value, str) and any("\ud800" <= char <= "\udfff" for char in value):
        raise ValueError("Must be valid Unicode")
    return value


def web_address(value: Any) -> Any:
    """An https URL without credentials; plain http only where it never leaves the machine or the house."""
    parts = urlsplit(value) if isinstance(value, str) else None
    if parts is None or not parts.hostname or parts.username is not None or len(value) > 500:
        raise ValueError("Must be an https URL")
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_inside(parts.hostname)):
        raise ValueError("Must be an https URL")
    return value


def _is_inside(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_private
    except ValueError:
        return False


Amount = Annotated[Any, BeforeValidator(_amount), WithJsonSchema({"type": "number", "examples": [10.5]})]
Instant = Annotated[
    Any, BeforeValidator(instant_of), WithJsonSchema({"type": "string", "format": "date-time"})
]
Line = Annotated[str, BeforeValidator(_clean), StringConstraints(min_length=1, max_length=200)]
