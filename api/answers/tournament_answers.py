"""Answers about a tournament, its rules and its money."""

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, UnsetType, field

from api.answers.money_answers import PoolTotal, PrizePoolRules
from server.domain.scoring.declaration import Direction
from server.domain.scoring.metrics import Metric
from server.domain.scoring.registry import Model
from server.domain.scoring.ties import Tie
from server.domain.tournament.lifecycle import ResultsStatus, Status
from server.domain.tournament.money.pool import TiePrizes
from server.domain.tournament.rules.rules import (
    CancellationPolicy,
    EliminatedBy,
    EntryScoring,
    ForfeitedPrizes,
    Format,
    MinPlayersMissed,
    Pace,
    PayoutApproval,
)
from server.domain.tournament.summary import RoundState
from server.encoding.answer import Amount, Answer, Count, Instant, Pagination, Points, Position

RegistrationStatus = Literal["not_open", "open", "full", "closed"]
Visibility = Literal["public", "private"]
RoomStatus = Literal["waiting", "active", "closed"]


class TournamentGame(Answer):
    """A game of the tournament."""

    slug: str
    config: dict[str, Any]
    status: Literal["active"] = "active"


class CreatedHead(Answer, rename=None):
    """The tournament as it was created."""

    id: str
    name: str
    operator_id: str
    status: Status
    games: list[TournamentGame]


class CreatedTournament(Answer, rename=None):
    """A new tournament: always `scheduled`, also when registration opened at once. Its id is told twice."""

    tournament_id: str
    tournament_id_too: str = field(name="tournamentId")
    status: Status
    estimated_prize_pool: Amount
    tournament: CreatedHead


class Lobby(Answer):
    """The chain of hop-on/off tournaments that this one belongs to, and its number in it."""

    id: str
    number: int


class Rounds(Answer):
    """Rounds of equal length; after each but the last, players go out."""

    count: Position
    duration_seconds: Count
    elimination_rate: Points | None
    eliminate: int | None
    survivors: int | None
    paced_by: Pace
    eliminated_by: EliminatedBy


class AddOn(Answer):
    """An extra for players in play: feeds the pool and gives points."""

    price: Amount
    points: Points
    max_per_player: int
    deadline: Instant | None


class Qualify(Answer):
    """What a player must have to win a prize."""

    min_rounds: Count
    min_wagered: Points
    min_score: Points | None


class Scoring(Answer):
    """Parameters and modifiers of the scoring model; those that the model does not have are null."""

    version: int
    n: int | None
    target: Points | None
    metric: Metric
    min_bet: Points | None
    max_bet: Points | None
    game_weights: dict[str, Points]
    qualify: Qualify
    direction: Direction


class TournamentConfig(Answer):
    """How winners are decided, and the policies."""

    tournament_type: Model
    scoring: Scoring
    tie_breakers: list[Tie]
    tie_prizes: TiePrizes
    entry_scoring: EntryScoring
    grace_seconds: Count
    payout_approval: PayoutApproval
    forfeited_prizes: ForfeitedPrizes
    cancellation_policy: CancellationPolicy
    source: Annotated[Literal["room", "platform"], Meta(description="Where rounds are played and come from")]
    beacon: Annotated[str | None, Meta(description="The public beacon that the room's salt is made with")]
    starting_credits: int | None
    flights: int | None
    min_bet: int | None
    max_bet: int | None
    max_bet_share: int | None
    betting_ms: int | None
    pause_ms: int | None
    edge_percent: int | None
    cap_multiplier: int | None
    game_settings: Annotated[dict[str, int], Meta(description="Settings of a room that have no field here")]


class Tournament(Answer):
    """Everything about one tournament."""

    tournament_id: str
    operator_id: str
    name: str
    description: str
    external_id: str | None
    status: Status
    results_status: ResultsStatus
    game_slug: str
    games: list[TournamentGame]
    format: Format
    lobby: Lobby | None
    start_time: Annotated[Instant | None, Meta(description="Null before a hop-on/off tournament starts")]
    end_time: Annotated[Instant | None, Meta(description="When play ends or is planned to")]
    actual_start_time: Instant | None
    completed_at: Instant | None
    cancelled_at: Instant | None
    cancel_reason: str | None
    created_at: Instant
    registration_opens: Instant
    registration_closes: Instant | None
    registration_status: RegistrationStatus
    rounds: Rounds | None
    late_registration_minutes: Count
    late_registration_rounds: Count
    on_min_players_missed: MinPlayersMissed
    wait_until: Instant | None
    min_players: int
    max_players: Annotated[int | None, Meta(description="Null: no limit")]
    current_players: Count
    currency: str
    entry_fee: Amount
    fee: Amount
    rebuy_enabled: bool
    rebuy_fee: Amount
    max_entries_per_player: Annotated[int | None, Meta(description="Null: no limit")]
    rebuy_deadline: Instant | None
    add_on: AddOn | None
    prize_pool: PrizePoolRules
    config: TournamentConfig
    visibility: Visibility
    fairness_commitment: Annotated[
        str | None, Meta(description="Where a room draws its chance from, told before anyone enters")
    ]
    rules_version: Position


class GameRoom(Answer):
    """The room of the tournament's sockets."""

    room_id: str
    status: RoomStatus
    active_connections: Count


class TournamentStatus(Answer, kw_only=True):
    """How a tournament comes along."""

    tournament_id: str
    status: Status
    results_status: ResultsStatus
    current_players: Count
    max_players: int | None
    players_left: Count
    start_time: Instant | None
    actual_start_time: Instant | None
    estimated_end_time: Instant | None
    current_round: Count
    total_rounds: Count
    round_state: RoundState | None
    open_reviews: Annotated[Count | UnsetType, Meta(description="Told to the operator alone")] = UNSET
    registration_status: RegistrationStatus
    prize_pool: PoolTotal
    game_room: GameRoom


class TournamentLine(Answer):
    """A tournament in a list."""

    tournament_id: str
    name: str
    status: Status
    start_time: Instant | None
    format: Format
    current_players: Count
    max_players: int | None
    prize_pool: Amount
    game_slug: str
    external_id: str | None
    currency: str


class TournamentList(Answer):
    """Tournaments, the newest start first."""

    tournaments: list[TournamentLine]
    pagination: Pagination


class CancelledTournament(Answer):
    """A tournament that was cancelled, and what went back."""

    tournament_id: str
    status: Status
    cancelled_at: Instant | None
    reason: str | None
    players_refunded: Count
    refund_amount: Amount
