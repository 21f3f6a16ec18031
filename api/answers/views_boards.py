"""Boards as callers read them. Pure rendering."""

from actors.replies import BoardAnswer
from actors.requests import ReadBoard
from api.answers.board_answers import Leaderboard
from api.answers.views_people import live_board_row
from server.encoding.answer import pagination
from server.encoding.wire import instant


def leaderboard(board: BoardAnswer, want: ReadBoard, *, for_operator: bool) -> Leaderboard:
    """A page of a live board."""
    offset = board.rows[0].position - 1 if board.rows else want.offset
    limit = want.limit if want.around is None else len(board.rows)
    return Leaderboard(
        tournament_id=board.summary.id,
        status=board.summary.status,
        last_updated=instant(board.at_ms),
        epoch=board.epoch,
        sequence=board.seq,
        stale=False,
        leaderboard=[live_board_row(row, for_operator) for row in board.rows],
        pagination=pagination(board.total, limit, offset),
    )
