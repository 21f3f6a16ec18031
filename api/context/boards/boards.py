"""Reading boards: pages of the last tick, and one question to the owner for all who ask the same.

Own writes are seen at once: what was asked for before a write through this front end is neither kept after it
nor given to who asks after it.
"""

from typing import NamedTuple

from actors.directory import Directory
from actors.replies import BoardAnswer, Done, Failed, Refused, Unavailable
from actors.requests import ReadBoard
from api.answers.views_boards import leaderboard
from api.context.boards.page_cache import Page, PageCache, PageKey, tag_of
from api.context.boards.whole_boards import WHOLE, WholeBoard, WholeBoards
from api.context.shared_look import SharedLook
from config.limits import TICK_MS
from server.domain.tournament.summary import Summary
from server.encoding.wire import dump
from server.ports import Clock

NoAnswer = Refused | Failed | Unavailable


class Question(NamedTuple):
    """What is asked about a board, and by whom."""

    key: PageKey
    want: ReadBoard


class Boards:
    """Of one front end."""

    def __init__(self, directory: Directory, clock: Clock) -> None:
        self._directory = directory
        self._clock = clock
        self.pages = PageCache(clock)
        self.wholes = WholeBoards(clock)
        self._page_look = SharedLook[Question, Page | NoAnswer](self._read)
        self._whole_look = SharedLook[str, WholeBoard | None](self._fetch)

    def forget(self, tournament_id: str) -> None:
        """Something was written: what there was is old now."""
        self.pages.forget(tournament_id)
        self.wholes.forget(tournament_id)

    async def page(self, summary: Summary, question: Question) -> Page | NoAnswer:
        """A page as it is now; one about a player may be a tick old, but for what was written here. Else what
        the owner says instead."""
        want = question.want
        if want.strong:
            return await self._read(question)
        if want.around is not None and want.eliminated:
            whole = self.wholes.find(summary.tenant, summary.id)
            if whole is None and self.wholes.is_wanted(summary):
                whole = await self._whole_look.find(summary.id)
            if (page := self._cut(whole, question)) is not None:
                return page
        return await self._page_look.find(question)

    def known(self, question: Question) -> Page | None:
        """A page that needs no owner."""
        key, want = question
        if want.around is None:
            return self.pages.find(key)
        return self._cut(self.wholes.find(key.tenant, key.tournament_id), question) or self.pages.find(key)

    def last(self, question: Question) -> Page | None:
        """A page however old: for when no newer one can be had. There is none of what an owner must prove."""
        key, want = question
        if want.strong:
            return None
        whole = self.wholes.last(key.tenant, key.tournament_id) if want.eliminated else None
        known = [page for page in (self._cut(whole, question), self.pages.last(key)) if page is not None]
        return max(known, key=lambda page: page.position, default=None)

    async def _read(self, question: Question) -> Page | NoAnswer:
        key, want = question
        mark = self.pages.mark(key.tournament_id)
        reply = await self._directory.ask(key.tournament_id, want)
        if not isinstance(reply, Done):
            return reply
        page = self._rendered(want.answer(reply), question, self._clock.monotonic_ms() + TICK_MS)
        if not want.strong:
            self.pages.keep(key, page, mark)
        return page

    async def _fetch(self, tournament_id: str) -> WholeBoard | None:
        """None where the owner does not answer with it: asked for less it says why."""
        mark = self.pages.mark(tournament_id)
        reply = await self._directory.ask(tournament_id, WHOLE)
        if not isinstance(reply, Done):
            return None
        whole = WholeBoard(WHOLE.answer(reply), self._clock.monotonic_ms() + TICK_MS)
        if mark == self.pages.mark(tournament_id):
            self.wholes.keep(whole)
        return whole

    def _cut(self, whole: WholeBoard | None, question: Question) -> Page | None:
        """The rows about a player from a whole board, where it has them."""
        board = None if whole is None else whole.about(question.want)
        if whole is None or board is None:
            return None
        return self._rendered(board, question, whole.fresh_until_ms)

    def _rendered(self, board: BoardAnswer, question: Question, fresh_until_ms: int) -> Page:
        key, want = question
        body = dump(leaderboard(board, want, for_operator=key.for_operator))
        tag = tag_of(board.epoch, board.seq, key.query)
        return Page(fresh_until_ms, body, tag, (board.epoch, board.seq))
