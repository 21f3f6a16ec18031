"""Fields of the rules under their public names: what answers, faults and events call them."""

from collections.abc import Callable
from typing import Any, Final

# Field of a body -> field of the rules, where only the name changes.
PLAIN: Final = {
    "name": "name",
    "description": "description",
    "external_id": "external_id",
    "game_slug": "game_slug",
    "scheduled_start": "start_at_ms",
    "end_time": "end_at_ms",
    "registration_opens": "registration_opens_ms",
    "registration_closes": "registration_closes_ms",
    "late_registration_rounds": "late_registration_rounds",
    "on_min_players_missed": "on_min_players_missed",
    "wait_until": "wait_until_ms",
    "min_players": "min_players",
    "max_players": "max_players",
    "rebuy_enabled": "rebuy_enabled",
    "max_entries_per_player": "max_entries_per_player",
    "rebuy_deadline": "rebuy_deadline_ms",
}
AMOUNTS: Final = {"entry_fee": "buy_in_minor", "fee": "fee_minor", "rebuy_fee": "rebuy_fee_minor"}
CHANGED: Final[dict[str, tuple[str, Callable[[Any], Any]]]] = {
    "duration_seconds": ("duration_ms", lambda seconds: seconds * 1_000),
    "late_registration_minutes": ("late_registration_ms", lambda minutes: minutes * 60_000),
    "visibility": ("public", lambda visibility: visibility == "public"),
}
BACK: Final = (
    {domain: model for model, domain in (PLAIN | AMOUNTS).items()}
    | {domain: model for model, (domain, _) in CHANGED.items()}
    | {
        "scoring.model": "config.tournament_type",
        "scoring.ties": "config.tie_breakers",
        "grace_ms": "config.grace_seconds",
        "cancellation_policy": "config.cancellation_policy",
        "payout_approval": "config.payout_approval",
        "forfeited_prizes": "config.forfeited_prizes",
        "entry_scoring": "config.entry_scoring",
        "room": "config.source",
        "room.flights": "config.flights",
    }
)


# Settings of a room that have a field of their own in a config; those of other games come in `gameSettings`.
ROOM_SETTINGS: Final = (
    "starting_credits",
    "flights",
    "min_bet",
    "max_bet",
    "max_bet_share",
    "betting_ms",
    "pause_ms",
    "edge_percent",
    "cap_multiplier",
)


def to_camel(name: str) -> str:
    """`entry_fee` as `entryFee`."""
    head, *rest = name.split("_")
    return head + "".join(part.title() for part in rest)


def wire_name(domain: str) -> str:
    """A field of the rules under the name that answers use."""
    if domain == "start_at_ms":
        return "startTime"
    model = BACK.get(domain, domain)
    return ".".join(to_camel(part) for part in model.split("."))
