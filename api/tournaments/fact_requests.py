"""Bodies of fact reports."""

from typing import Annotated, Any, ClassVar

from pydantic import Field

from api.http.body import Model
from api.http.openapi import list_of
from api.http.value_types import Amount, Instant
from config.door_limits import FACT_ID_CHARS_MAX, FACT_NAME_CHARS_MAX
from config.limits import FACTS_PER_REQUEST_MAX

_Id = Annotated[str, Field(min_length=1, max_length=FACT_ID_CHARS_MAX)]


class FactBody(Model):
    """One thing that happened in a game. `event_id` makes it count once, whatever is retried."""

    ALIASES: ClassVar[dict[str, tuple[str, ...]]] = {
        "player": (
            "player_id",
            "playerId",
            "user_id",
            "userId",
            "internal_player_id",
            "internalPlayerId",
        ),
        "game": ("game_slug", "gameSlug"),
    }
    event_id: _Id
    player: Annotated[str, Field(min_length=1, max_length=FACT_NAME_CHARS_MAX)]
    kind: _Id = "round"
    points: Amount | None = None
    bet: Amount | None = None
    win: Amount | None = None
    multiplier: Amount | None = None
    round_id: _Id | None = None
    opened_at: Instant | None = None
    occurred_at: Instant | None = None
    game: _Id | None = None


class FactsBody(Model):
    """A report of up to 1,000 facts."""

    ALIASES: ClassVar[dict[str, tuple[str, ...]]] = {"events": ("facts",)}
    events: Annotated[list[Any], list_of(FactBody, minItems=1, maxItems=FACTS_PER_REQUEST_MAX)]
