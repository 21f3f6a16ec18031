"""Answers that need no key."""

from server.domain.tournament.lifecycle import Status
from server.encoding.answer import Amount, Answer, Count, Instant, Pagination


class PublicTournament(Answer):
    """A public tournament."""

    tournament_id: str
    name: str
    status: Status
    start_time: Instant | None
    ends_at: Instant | None
    completed_at: Instant | None
    players: Count
    prize_pool: Amount
    currency: str
    game_slug: str


class PublicTournaments(Answer):
    """Public tournaments of one operator as of `serverTime`, those that run or come first."""

    operator_id: str
    tournaments: list[PublicTournament]
    pagination: Pagination
    server_time: Instant
