"""The owner of one tournament: a mailbox, one loop, one writer.

Decide, store, answer: requests that wait together are decided in order, applied to memory, stored in one
commit, and only then answered. While a commit is under way the mailbox fills; the next commit takes it
all. No timer, no added delay when idle. If a commit fails or its outcome is unknown, this object is dead:
the host throws it away and recovers a new one from the store.
"""

import asyncio
from collections import deque
from itertools import groupby

from actors import orders, reads
from actors.checkpoints import Checkpoints
from actors.draft import Draft
from actors.messages import (
    Message,
    Order,
    PreviewCancel,
    ReadBoard,
    Reading,
    ReadPlaces,
    ReadSheet,
    ReadSummary,
    ReadTrace,
    ReportFacts,
    Tick,
)
from actors.past import lines_of, needs_past, with_past
from actors.recovery import Recovered, hint_of
from actors.replies import Done, Reply, Unavailable, refused, unavailable
from config import limits
from server import codec
from server.broadcast.frames import Board
from server.domain.refusal import Refusal
from server.domain.scoring.fact import ELIMINATION, Fact
from server.domain.tournament.facts import judge
from server.domain.tournament.state import Tournament
from server.domain.tournament.summary import summary_of
from server.ports import Clock, Commit, Journal


class TournamentKeeper:
    """One activation: one epoch. `state` is what is stored unless `dirty`, within a commit."""

    def __init__(self, journal: Journal, clock: Clock, recovered: Recovered) -> None:
        self.state: Tournament = recovered.state
        self.epoch = recovered.epoch
        self.board = Board(recovered.epoch, limits.BOARD_TOP_ROWS, limits.FRAME_RING_MAX)
        self._journal = journal
        self._clock = clock
        self._chain = recovered.chain
        self._answered = recovered.command_ids
        self._mailbox: deque[tuple[Message, asyncio.Future[Reply]]] = deque()
        self._arrived = asyncio.Event()
        self._checkpoints = Checkpoints(journal, clock, recovered)
        self.dirty = False

    def submit(self, message: Message) -> asyncio.Future[Reply]:
        """Queue a message; the future is answered when it is durable. A full mailbox says so at once."""
        answer: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        if len(self._mailbox) >= limits.MAILBOX_DEPTH_MAX:
            answer.set_result(Unavailable("mailbox full"))
            return answer
        self._mailbox.append((message, answer))
        self._arrived.set()
        return answer

    async def run(self) -> None:
        """Serve until cancelled. Raises `Fenced` or `StoreUnavailable` when this activation is over."""
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            while self._mailbox:
                await self._serve(self._take())
            self._checkpoints.begin_when_due(self.state, self._chain)

    def abandon(self, why: Unavailable) -> None:
        """Tell everybody still waiting that there will be no answer from this activation."""
        while self._mailbox:
            _answer(self._mailbox.popleft()[1], why)

    def _take(self) -> list[tuple[Message, asyncio.Future[Reply]]]:
        """What the next commit serves. Who needs the journal goes alone, so that all before it is stored."""
        taken = [self._mailbox.popleft()]
        while self._mailbox and len(taken) < limits.COMMIT_REQUESTS_MAX and not _goes_alone(taken[0][0]):
            if _goes_alone(self._mailbox[0][0]):
                break
            taken.append(self._mailbox.popleft())
        return taken

    async def _serve(self, waiting: list[tuple[Message, asyncio.Future[Reply]]]) -> None:
        self.dirty = True
        draft = Draft(self.state, self.epoch, self._chain)
        replies: list[Reply] = []
        try:
            for message, _ in waiting:
                replies.append(await self._handle(draft, message))
            await self._store(draft)
            if any(isinstance(message, Tick) for message, _ in waiting):
                self.board.refresh(self.state, self._clock.now_ms())
        except BaseException as error:
            for _, future in waiting:
                _answer(future, unavailable(error))
            raise
        self.dirty = False
        for (_, future), reply in zip(waiting, replies, strict=True):
            _answer(future, reply)

    async def _store(self, draft: Draft) -> None:
        commit = draft.seal()
        if commit.is_empty():
            return
        await self._commit(commit)
        self._chain = draft.chain
        self._answered.update(map(hint_of, draft.answers))

    async def _commit(self, commit: Commit) -> None:
        async with asyncio.timeout(limits.COMMIT_TIMEOUT_S):
            await self._journal.commit(commit)

    async def _handle(self, draft: Draft, message: Message) -> Reply:
        now_ms = self._clock.now_ms()
        orders.catch_up(draft, now_ms)
        match message:
            case ReportFacts(payload):
                return self._facts(draft, payload, now_ms)
            case Order():
                return await self._order(draft, message, now_ms)
            case ReadTrace():
                return await self._trace(message)
            case Tick():
                # Frames are made after the commit: they never show what a crash could take back.
                return Done()
            case _:
                return self._read(message, now_ms)

    def _facts(self, draft: Draft, payload: bytes, now_ms: int) -> Reply:
        told = bytearray()
        for eliminations, run in groupby(codec.decode_facts(payload), _eliminates):
            if eliminations:
                told += bytes(orders.put_out(draft, fact, now_ms) for fact in run)
                continue
            judged = judge(self.state, list(run), now_ms)
            draft.count(judged, now_ms)
            told += bytes(judged.outcomes)
            if self.state.scorer.scoring.is_race:
                orders.catch_up(draft, now_ms)
        return Done(bytes(told))

    async def _order(self, draft: Draft, order: Order, now_ms: int) -> Reply:
        """Repetition first: a known command id gets its first answer before any rule is asked."""
        known = draft.answers.get(order.command_id)
        if known is None and hint_of(order.command_id) in self._answered:
            known = await self._journal.answer(self.state.id, order.command_id)
        if known is not None:
            return orders.repeated(known, order)
        if needs_past(order):
            order = await with_past(self._journal, self.state, order)
        return orders.run(draft, order, now_ms)

    async def _trace(self, want: ReadTrace) -> Reply:
        try:
            entry = self.state.entry_named(want.player)
        except Refusal as refusal:
            return refused(refusal)
        lines = await lines_of(self._journal, self.state.id, entry.player_no)
        return Done(codec.encode(reads.trace(self.state, entry, lines, want)))

    def _read(self, message: Reading, now_ms: int) -> Reply:
        try:
            match message:
                case ReadBoard():
                    return Done(codec.encode(reads.board(self.state, message, self.epoch, now_ms)))
                case ReadPlaces(player_nos):
                    return Done(codec.encode(reads.places(self.state, player_nos)))
                case ReadSheet():
                    return Done(codec.encode(reads.sheet(self.state, message)))
                case PreviewCancel():
                    return Done(codec.encode(reads.cancel_preview(self.state, now_ms)))
                case ReadSummary():
                    return Done(codec.encode(summary_of(self.state)))
        except Refusal as refusal:
            return refused(refusal)

    async def checkpoint(self) -> None:
        """Keep the state as it is, at the end. One that is not stored (`dirty`: stopped within a commit) never
        is."""
        if not self.dirty:
            await self._checkpoints.finish(self.state, self._chain)


def _eliminates(fact: Fact) -> bool:
    return fact.kind == ELIMINATION


def _goes_alone(message: Message) -> bool:
    return isinstance(message, ReadTrace) or (isinstance(message, Order) and needs_past(message))


def _answer(future: asyncio.Future[Reply], reply: Reply) -> None:
    if not future.done():
        future.set_result(reply)
