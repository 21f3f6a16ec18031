"""Stored values under public names: camelCase, amounts and points as decimals, instants as RFC 3339."""

from decimal import Decimal
from typing import Any, Final

from server.domain.money import points_to_decimal, to_decimal
from server.domain.tournament.money.pool import PERCENT_PLACES
from server.encoding.wire import instant
from server.encoding.wire_names import BACK, to_camel

_DURATIONS: Final = {"duration_ms", "grace_ms", "late_registration_ms"}
_SCALED: Final = {"points", "points_before", "points_after", "delta", "target", "min_bet", "max_bet",
                  "min_wagered", "min_score", "elimination_rate", "adjusted", "wagered", "won"}  # fmt: skip


def outside(value: Any, places: int) -> Any:
    """A stored value, however deep, as the API would tell it."""
    if isinstance(value, dict):
        return dict(_named(str(name), inner, places) for name, inner in value.items())
    return [outside(inner, places) for inner in value] if isinstance(value, list | tuple) else value


def _named(name: str, value: Any, places: int) -> tuple[str, Any]:
    whole = isinstance(value, int) and not isinstance(value, bool)
    if name.endswith("_minor"):
        public = BACK.get(name, name.removesuffix("_minor"))
        return to_camel(public), to_decimal(value, places) if whole else value
    if name in _DURATIONS:
        return to_camel(f"{name.removesuffix('_ms')}_seconds"), Decimal(value) / 1_000 if whole else value
    if name.endswith("_ms"):
        public = BACK.get(name, name.removesuffix("_ms"))
        return to_camel(public), instant(value) if whole else value
    if name == "shares":
        return name, [to_decimal(share, PERCENT_PLACES) for share in value]
    if name in _SCALED and whole:
        return to_camel(name), points_to_decimal(value)
    return to_camel(BACK.get(name, name)) if name.isidentifier() else name, outside(value, places)
