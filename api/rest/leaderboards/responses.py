"""Answers about boards, results and events."""

from api.answers.money_answers import PoolTotal
from api.answers.people_answers import ResultLine
from server.domain.tournament.lifecycle import ResultsStatus, Status
from server.encoding.answer import Answer, Instant, Pagination
from server.public_events.envelope import Event


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
