"""Answers about live boards."""

from api.answers.people_answers import BoardRow
from server.domain.tournament.lifecycle import Status
from server.encoding.answer import Answer, Count, Instant, Pagination


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
