"""Answers about boards, results and events."""

from api.answers.money_answers import PoolTotal
from api.answers.people_answers import BoardRow, ResultLine
from server.domain.tournament.lifecycle import ResultsStatus, Status
from server.encoding.answer import Answer, Count, Instant, Pagination
from server.public_events.envelope import Event


class Leaderboard(Answer):
    """A page of the board, exact at its `sequence`. `epoch` changes with the tournament's owner; it is 0 for
    stored results. `stale`: as it was read last, because its owner cannot be reached right now."""

    tournament_id: str
    status: Status
    last_updated: Instant
    epoch: Count
    sequence: Count
    stale: bool
    leaderboard: list[BoardRow]
    pagination: Pagination


class Results(Answer):
    """Results with prizes, best first. `provisional` ones may still change."""

    tournament_id: str
    status: Status
    results_status: ResultsStatus
    completed_at: Instant
    prize_pool: PoolTotal
    results: list[ResultLine]
    pagination: Pagination


class TournamentEvents(Answer):
    """Public events of a tournament in order; `nextCursor` goes on behind them."""

    tournament_id: str
    events: list[Event]
    next_cursor: str
    has_more: bool
