"""Answers to game platforms."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType, field

from api.answers.fact_answers import FactLine
from api.answers.people_answers import PlayerStatus
from server.domain.tournament.lifecycle import Status
from server.domain.tournament.summary import RoundState
from server.encoding.answer import Answer, Count, Instant, Pagination


class ReportedFacts(Answer):
    """What became of facts, one line each, in order. They are durable."""

    tournament_id: str
    accepted: Count
    results: list[FactLine]


class RoundAnswer(Answer):
    """The round after the request."""

    tournament_id: str
    status: Status
    current_round: Count
    total_rounds: Count
    round_state: RoundState | None
    players_left: Count


class PlatformPlayer(Answer):
    """A player as a game platform knows it."""

    player_id: str
    internal_player_id: str
    display_name: str
    status: PlayerStatus
    entries: Count


class PlatformPlayerList(Answer):
    """Players in registration order."""

    tournament_id: str
    players: list[PlatformPlayer]
    pagination: Pagination


WhyInvalid = Literal["invalid_or_expired", "player_disqualified", "player_removed", "tournament_cancelled"]


class TokenAnswer(Answer, rename=None):
    """Whether a token opens anything now. Not valid: `reason` says why."""

    valid: bool
    reason: WhyInvalid | UnsetType = UNSET
    tournament_id: str | UnsetType = UNSET
    internal_player_id: str | UnsetType = UNSET
    external_user_id: str | UnsetType = UNSET
    display_name: str | UnsetType = UNSET
    tournament_status: Status | UnsetType = field(default=UNSET, name="tournamentStatus")
    player_status: PlayerStatus | UnsetType = field(default=UNSET, name="playerStatus")
    permissions: Annotated[list[str] | UnsetType, Meta(description="`play` only while the player plays")] = (
        UNSET
    )
    expires_at: Instant | UnsetType = field(default=UNSET, name="expiresAt")
