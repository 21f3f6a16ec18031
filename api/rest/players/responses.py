"""Answers about players: registrations, tokens, corrections, traces, histories."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType, field

from api.answers.people_answers import Player, PlayerStatus
from api.context.kept_tokens import GameAccess, GameAccessOf
from server.broadcast.frames import OwnPayout
from server.domain.tournament.commands import Correction
from server.domain.tournament.lifecycle import ResultsStatus, Status
from server.encoding.answer import (
    Amount,
    Answer,
    Count,
    Instant,
    OpenAnswer,
    Pagination,
    Points,
    Position,
    Rank,
)


class RegisteredPlayer(OpenAnswer, rename=None):
    """A first entry was sold. The access to the game stands under the game's slug and in `games`."""

    player_id: str
    internal_player_id: str
    tournament_id: str
    status: PlayerStatus
    user_id: str = field(name="userId")
    display_name: str = field(name="displayName")
    registered_at: Instant = field(name="registeredAt")
    rules_version: Position = field(name="rulesVersion")
    token_expires_at: Instant = field(name="tokenExpiresAt")
    more: dict[str, GameAccess | None]
    games: list[GameAccessOf]


class PlayerToken(OpenAnswer, rename=None):
    """A fresh token, under the game's slug and in `games`."""

    player_id: str
    token_expires_at: Instant = field(name="tokenExpiresAt")
    more: dict[str, GameAccess | None]
    games: list[GameAccessOf]


class OwnEntry(Answer):
    """A player's own entry, and what became of it."""

    tournament_id: str
    tournament_status: Status
    results_status: ResultsStatus
    cancel_reason: str | None
    player_id: str
    user_id: str
    display_name: str
    status: PlayerStatus
    registered_at: Instant
    rules_version: Position
    entries: Count
    eliminated_in_round: int | None
    currency: str
    position: Position | None
    rank: Rank | None
    points: Points | None
    prize: Amount | None
    payouts: list[OwnPayout]


class PlayerList(Answer):
    """Players in registration order, removed ones marked."""

    tournament_id: str
    players: list[Player]
    pagination: Pagination


class CorrectionOutcome(Answer):
    """`review`: nothing has changed, and the review of that number waits for a person."""

    tournament_id: str
    player_id: str
    user_id: str
    status: Literal["applied", "review"]
    review: Annotated[int | None, Meta(description="The number of the review")]


class CorrectedScore(CorrectionOutcome):
    """A score before and after the correction."""

    points_before: Points
    points_after: Points
    action: Correction
    reason: str


class DisqualifiedPlayer(CorrectionOutcome):
    """A player who was taken off the board."""

    player_status: PlayerStatus
    refund_amount: Amount


class TraceLine(Answer):
    """A fact or a correction, why it counted or not, and what points it gave. From `eventId` on of a fact."""

    sequence: Count
    received_at: Instant
    kind: str
    why: str
    points: Points
    event_id: str | UnsetType = UNSET
    value: Points | UnsetType = UNSET
    round_id: str | UnsetType | None = UNSET
    game: str | UnsetType | None = UNSET
    opened_at: Instant | UnsetType | None = UNSET
    occurred_at: Instant | UnsetType | None = UNSET
    bet: Points | UnsetType | None = UNSET
    win: Points | UnsetType | None = UNSET
    multiplier: Points | UnsetType | None = UNSET


class Trace(Answer):
    """Why a player has its score: the points of all lines add up to it."""

    tournament_id: str
    player_id: str
    user_id: str
    rules_version: Position
    points: Points
    lines: list[TraceLine]
    pagination: Pagination


class PlayedTournament(Answer):
    """A tournament of a user. Place and prize are null until results are final."""

    tournament_id: str
    name: str
    status: Status
    results_status: ResultsStatus
    player_id: str
    player_status: PlayerStatus
    registered_at: Instant
    entries: Count
    total_paid: Amount
    currency: str
    position: Position | None
    rank: Rank | None
    points: Points | None
    prize: Amount | None


class PlayerHistory(Answer):
    """What one user has played, newest first."""

    user_id: str
    tournaments: list[PlayedTournament]
    pagination: Pagination
