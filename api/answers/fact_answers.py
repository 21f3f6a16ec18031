"""What became of a fact that a game reported."""

from typing import Literal

from msgspec import UNSET, UnsetType, convert

from server.domain.scoring.fact import Outcome
from server.encoding.answer import Answer

# The names of `Outcome`, and `invalid` for what cannot be read.
FactStatus = Literal[
    "accepted",
    "duplicate",
    "unknown_player",
    "player_removed",
    "not_started",
    "after_bell",
    "cancelled",
    "missing_value",
    "out_of_range",
    "player_eliminated",
    "not_allowed",
    "invalid",
]
STATUS_OF: dict[Outcome, FactStatus] = {one: convert(one.name.lower(), FactStatus) for one in Outcome}


class FactLine(Answer, rename=None):
    """One fact: only an `accepted` one changes a score. `details` tell by field why it is `invalid`."""

    event_id: str | None
    status: FactStatus
    details: dict[str, str] | UnsetType = UNSET
