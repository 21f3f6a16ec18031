"""Bodies of tournament requests."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from api.body import Model
from api.schemas.types import Amount, Instant, Line


def _distribution(value: Any) -> Any:
    """`{"1": 50, "2": 30}` or `[50, 30]` as a list of shares, best place first."""
    if isinstance(value, dict):
        places = [str(n) for n in range(1, len(value) + 1)]
        if sorted(value) != sorted(places):
            raise ValueError('Places must be "1", "2", ... without a gap')
        value = [value[place] for place in places]
    if not isinstance(value, list) or not 1 <= len(value) <= 10_000:
        raise ValueError("Must be a list of percentages or an object from place to percentage")
    return value


class PrizePoolBody(Model):
    """`total` without a type means `fixed`."""

    type: Literal["fixed", "percentage"] | None = None
    total: Amount | None = None
    distribution: (
        Annotated[
            list[Amount],
            BeforeValidator(_distribution),
            WithJsonSchema({"oneOf": [{"type": "object"}, {"type": "array", "items": {"type": "number"}}]}),
        ]
        | None
    ) = None


class ConfigBody(Model):
    """Scoring and cancellation."""

    tournament_type: str | None = None
    cancellation_policy: Literal["pro_rata", "full"] | None = None


class TournamentBody(Model):
    """What may be said of a tournament, at create and at update."""

    ALIASES: ClassVar[dict[str, tuple[str, ...]]] = {
        "game_slug": ("game",),
        "scheduled_start": ("startTime", "start_time"),
    }
    name: Line | None = None
    description: Annotated[str, Field(max_length=4_000)] | None = None
    external_id: Line | None = None
    game_slug: Line | None = None
    scheduled_start: Instant | None = None
    end_time: Instant | None = None
    duration_seconds: Annotated[int, Field(ge=1, le=366 * 86_400)] | None = None
    registration_opens: Instant | None = None
    registration_closes: Instant | None = None
    min_players: int | None = None
    max_players: int | None = None
    currency: str | None = None
    entry_fee: Amount | None = None
    fee: Amount | None = None
    rebuy_enabled: bool | None = None
    rebuy_fee: Amount | None = None
    max_entries_per_player: int | None = None
    rebuy_deadline: Instant | None = None
    prize_pool: PrizePoolBody | None = None
    config: ConfigBody | None = None
    visibility: Literal["private", "public"] | None = None


class CreateBody(TournamentBody):
    """A new tournament."""

    name: Line
    game_slug: Line
    scheduled_start: Instant


class CancelBody(Model):
    """Why, and what with the money and the players."""

    reason: Line = "Cancelled by the operator"
    refund_players: bool = True
    notify_players: bool = True
