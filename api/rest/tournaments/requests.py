"""Bodies of tournament requests."""

import re
from typing import Annotated, Any, ClassVar, Literal, get_args

from fastapi import Depends
from pydantic import BeforeValidator, Field, WithJsonSchema

from api.http.body import Model
from api.http.query import ListQuery, Reads
from api.http.query_values import Day, OneOf, SomeOf, Text
from api.http.value_types import Amount, Instant, Line
from server.domain.tournament.lifecycle import Status
from server.domain.tournament.money.pool import ITEMS_MAX, PLACES_MAX
from server.domain.tournament.rules.rules import Format

_PLACES = re.compile(r"([0-9]{1,6})(?:-([0-9]{1,6}))?\Z")


def _distribution(value: Any) -> Any:
    """`{"1": 40, "2-3": 30}` or `[40, 30, 30]` as a list of shares, best place first. Each place of a range
    gets its share."""
    if isinstance(value, dict):
        value = _expanded(value)
    if not isinstance(value, list) or not 1 <= len(value) <= PLACES_MAX:
        raise ValueError("Must be a list of percentages or an object from place to percentage")
    return value


def _expanded(by_place: dict[str, Any]) -> list[Any]:
    ranges = sorted((*_range(text), share) for text, share in by_place.items())
    shares: list[Any] = []
    for first, last, share in ranges:
        if first != len(shares) + 1:
            raise ValueError('Places must be "1", "2", "3-5", ... without a gap')
        shares += [share] * (last - first + 1)
    return shares


def _range(text: str) -> tuple[int, int]:
    """`"4-9"` as (4, 9), `"1"` as (1, 1)."""
    found = _PLACES.match(text)
    first, last = (int(found[1]), int(found[2] or found[1])) if found else (0, 0)
    if not 1 <= first <= last <= PLACES_MAX:
        raise ValueError('Places must be "1", "2", "3-5", ... without a gap')
    return first, last


Distribution = Annotated[
    list[Amount],
    BeforeValidator(_distribution),
    WithJsonSchema({"oneOf": [{"type": "object"}, {"type": "array", "items": {"type": "number"}}]}),
]


class FieldSizeBody(Model):
    """The distribution from this many players on."""

    min_players: Annotated[int, Field(ge=1)]
    distribution: Distribution


def _places(value: Any) -> Any:
    return _range(str(value)) if isinstance(value, int | str) and not isinstance(value, bool) else value


class ItemBody(Model):
    """A prize that is not money, for a place or a range of places such as `"4-9"`."""

    place: Annotated[
        tuple[int, int],
        BeforeValidator(_places),
        WithJsonSchema({"oneOf": [{"type": "integer", "minimum": 1}, {"type": "string"}]}),
    ]
    kind: Line
    code: Line
    quantity: Annotated[int, Field(ge=1)] = 1


class PrizePoolBody(Model):
    """`total` without a type means `fixed`. `guaranteed` and `seed` are the house's money on top of a
    `percentage` pool; shares with the unit `weight` need not total 100. `field_sizes` replaces the
    distribution once that many players are in; `items` come on top of the money."""

    type: Literal["fixed", "percentage"] | None = None
    total: Amount | None = None
    distribution: Distribution | None = None
    unit: Literal["percent", "weight"] | None = None
    guaranteed: Amount | None = None
    seed: Amount | None = None
    unclaimed: Literal["redistribute", "house"] | None = None
    field_sizes: Annotated[list[FieldSizeBody], Field(max_length=100)] | None = None
    items: Annotated[list[ItemBody], Field(max_length=ITEMS_MAX)] | None = None


class QualifyBody(Model):
    """What a player must have to win a prize."""

    min_rounds: Annotated[int, Field(ge=0)] | None = None
    min_wagered: Amount | None = None
    min_score: Amount | None = None


class ScoringBody(Model):
    """Parameters and modifiers of the scoring model."""

    version: int | None = None
    n: int | None = None
    target: Amount | None = None
    metric: str | None = None
    min_bet: Amount | None = None
    max_bet: Amount | None = None
    game_weights: dict[str, Amount] | None = None
    qualify: QualifyBody | None = None
    direction: Literal["highest", "lowest"] | None = None


class ConfigBody(Model):
    """How winners are decided, and what happens when it is called off. With `source` `room`, or any setting of
    a room, the tournament is played here; `gameSettings` are those of a game of one's own."""

    ALIASES: ClassVar[dict[str, tuple[str, ...]]] = {"tournament_type": ("scoring_model", "scoringModel")}
    tournament_type: str | None = None
    scoring: ScoringBody | None = None
    tie_breakers: list[str] | None = None
    tie_prizes: Literal["earliest", "split", "top_place"] | None = None
    entry_scoring: Literal["cumulative", "best_entry"] | None = None
    grace_seconds: Annotated[int, Field(ge=0, le=600)] | None = None
    payout_approval: Literal["auto", "manual", "two_keys"] | None = None
    forfeited_prizes: Literal["reallocate", "retain"] | None = None
    cancellation_policy: Literal["pro_rata", "full", "roll_forward"] | None = None
    source: Literal["room", "platform"] | None = None
    beacon: Literal["drand-quicknet", "none"] | None = None
    starting_credits: int | None = None
    flights: int | None = None
    min_bet: int | None = None
    max_bet: int | None = None
    max_bet_share: int | None = None
    betting_ms: int | None = None
    pause_ms: int | None = None
    edge_percent: int | None = None
    cap_multiplier: int | None = None
    game_settings: Annotated[dict[str, int], Field(max_length=32)] | None = None


class RoundsBody(Model):
    """Rounds of equal length; at the end of each but the last, players go out from the bottom."""

    count: Annotated[int, Field(ge=1, le=1_000)]
    duration_seconds: Annotated[int, Field(ge=1)]
    elimination_rate: Amount | None = None
    eliminate: Annotated[int, Field(ge=0)] | None = None
    survivors: Annotated[int, Field(ge=1)] | None = None
    paced_by: Literal["clock", "game"] | None = None
    eliminated_by: Literal["rank", "game"] | None = None


class AddOnBody(Model):
    """An extra for players in play: feeds the pool and gives points."""

    price: Amount
    points: Amount | None = None
    max_per_player: Annotated[int, Field(ge=1, le=1_000)] = 1
    deadline: Instant | None = None


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
    rounds: RoundsBody | None = None
    late_registration_minutes: Annotated[int, Field(ge=0, le=366 * 1440)] | None = None
    late_registration_rounds: Annotated[int, Field(ge=0, le=1_000)] | None = None
    on_min_players_missed: Literal["cancel", "wait", "start"] | None = None
    wait_until: Instant | None = None
    min_players: int | None = None
    max_players: int | None = None
    currency: str | None = None
    entry_fee: Amount | None = None
    fee: Amount | None = None
    rebuy_enabled: bool | None = None
    rebuy_fee: Amount | None = None
    max_entries_per_player: int | None = None
    rebuy_deadline: Instant | None = None
    add_on: AddOnBody | None = None
    prize_pool: PrizePoolBody | None = None
    config: ConfigBody | None = None
    visibility: Literal["private", "public"] | None = None


class CreateBody(TournamentBody):
    """A new tournament. Only a scheduled one has a start time: hop-on/off starts when enough are in."""

    ALIASES: ClassVar[dict[str, tuple[str, ...]]] = TournamentBody.ALIASES
    name: Line
    game_slug: Line
    format: Literal["scheduled", "hop_on_off"] | None = None
    start_condition: Literal["scheduled_time", "min_players_reached"] | None = None


class CancelBody(Model):
    """Why, and what with the money and the players."""

    reason: Line = "Cancelled by the operator"
    refund_players: bool = True
    notify_players: bool = True


class TournamentsQuery(ListQuery):
    """Filters: several statuses with commas, and the start from one day or instant to another."""

    status: Annotated[tuple[str, ...], SomeOf(*Status)] = ()
    game_slug: Annotated[str | None, Text()] = None
    format: Annotated[str | None, OneOf(*get_args(Format))] = None
    external_id: Annotated[str | None, Text()] = None
    start_date: Annotated[int | None, Day()] = None
    end_date: Annotated[int | None, Day()] = None


TournamentsParams = Annotated[TournamentsQuery, Depends(Reads(TournamentsQuery))]
