"""Boards as a whole, kept for one tick: from one of them all are answered who ask about one player each.

The owner needs some microseconds a row for a whole board and some hundred for each question, so a board is
fetched whole once enough have asked within a tick, and only while it is small.
"""

from collections import Counter
from typing import Final

from actors.replies import BoardAnswer
from actors.requests import ReadBoard
from config.limits import TICK_MS, WHOLE_BOARD_ROWS_MAX, WHOLE_BOARD_ROWS_PER_READ, WHOLE_BOARDS_MAX
from server.domain.ids import Tenant
from server.domain.tournament.summary import Summary
from server.ports import Clock

WHOLE: Final = ReadBoard(0, WHOLE_BOARD_ROWS_MAX)


class WholeBoard:
    """All rows of a board, found by the names of their players."""

    def __init__(self, board: BoardAnswer, fresh_until_ms: int) -> None:
        self.board = board
        self.fresh_until_ms = fresh_until_ms
        self._at: dict[str, int] = {}
        for row in sorted(board.rows, key=lambda row: row.player_no):  # of a user who came again: the last one
            self._at[row.user_id] = self._at[row.player_id] = row.position - 1

    def about(self, want: ReadBoard) -> BoardAnswer | None:
        """What the owner would answer; None when it must be asked: some of these rows are not here."""
        board, at = self.board, None if want.around is None else self._at.get(want.around)
        if at is None or len(board.rows) < min(at + 1 + want.below, board.total):
            return None
        rows = board.rows[max(at - want.above, 0) : at + 1 + want.below]
        return BoardAnswer(board.epoch, board.seq, board.at_ms, board.total, rows, board.summary)


class WholeBoards:
    """Those of this front end."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._boards: dict[str, WholeBoard] = {}
        self._asked: Counter[str] = Counter()
        self._asked_since_ms = 0

    def find(self, tenant: Tenant, tournament_id: str) -> WholeBoard | None:
        """One that is fresh."""
        found = self.last(tenant, tournament_id)
        return found if found is not None and self._clock.monotonic_ms() < found.fresh_until_ms else None

    def last(self, tenant: Tenant, tournament_id: str) -> WholeBoard | None:
        """One however old."""
        found = self._boards.get(tournament_id)
        return found if found is not None and found.board.summary.tenant == tenant else None

    def is_wanted(self, summary: Summary) -> bool:
        """Whether so many have asked about a player within this tick that the whole is cheaper. Counts one."""
        now_ms = self._clock.monotonic_ms()
        if now_ms - self._asked_since_ms >= TICK_MS:
            self._asked.clear()
            self._asked_since_ms = now_ms
        self._asked[summary.id] += 1
        enough = self._asked[summary.id] * WHOLE_BOARD_ROWS_PER_READ >= summary.players
        return enough and self._asked[summary.id] > 1 and summary.players <= WHOLE_BOARD_ROWS_MAX

    def keep(self, whole: WholeBoard) -> None:
        """Answer from this one for a tick."""
        if len(self._boards) >= WHOLE_BOARDS_MAX:
            self._boards.clear()
        self._boards[whole.board.summary.id] = whole

    def forget(self, tournament_id: str) -> None:
        """Something was written."""
        if tournament_id in self._boards:
            self._boards[tournament_id].fresh_until_ms = 0
