"""The owner of one tournament: a mailbox, one loop, one writer.

Decide, store, answer: requests that wait together are decided in order, applied to memory, stored in one
commit, and only then answered. While a commit is under way the mailbox fills; the next commit takes it
all. No timer, no added delay when idle. If a commit fails or its outcome is unknown, this object is dead:
the activation throws it away and recovers a new one from the store.
"""

import asyncio
import logging
from itertools import groupby

from actors.owner import execute, queries
from actors.owner.checkpoints import Checkpoints
from actors.owner.mailbox import Mailbox, Waiting, tell
from actors.owner.room.room_host import NO_ROOM, RoomHost
from actors.owner.unit_of_work import UnitOfWork
from actors.player_history import needs_history, with_recent_history
from actors.replies import Done, Reply, Unavailable, failed, refused, unavailable
from actors.requests import (
    CommandRequest,
    Deliver,
    Message,
    Reading,
    ReportFacts,
    RoomTick,
    Step,
    Tick,
)
from config import limits, owner_limits
from config.origin import within
from server.broadcast.board import Board
from server.domain.refusal import Refusal
from server.domain.scoring.fact import ELIMINATION
from server.domain.tournament.play.facts import judge
from server.domain.tournament.state import Tournament
from server.encoding import codec
from server.journal.replay import Recovered, hint_of
from server.ports import Clock, Fenced, Journal, Raced, StoreUnavailable
from server.runtime import tracing
from server.runtime.turn_note import Turn, no_turn

log = logging.getLogger(__name__)
# What ends an activation from outside; anything else that is raised within one is a mistake of ours.
OUTSIDE = (Fenced, Raced, StoreUnavailable, TimeoutError)


class TournamentOwner:
    """One activation: one epoch. `state` is what is stored unless `dirty`, within a commit.

    After a failure it is careful for a while (`careful_until_ms`): it serves requests one by one, so that the
    one that cannot be served is told so and no other suffers for it. Until `steps_from_ms` it leaves the
    schedule aside, because a step of it could not be recorded. Both are monotonic.
    """

    def __init__(
        self,
        journal: Journal,
        clock: Clock,
        recovered: Recovered,
        careful_until_ms: int = 0,
        steps_from_ms: int = 0,
        room: RoomHost | None = None,
        turn: Turn = no_turn,
    ) -> None:
        self._turn = turn
        self.state: Tournament = recovered.state
        self.epoch = recovered.epoch
        self.board = Board(recovered.epoch, limits.BOARD_TOP_ROWS, limits.FRAME_RING_MAX)
        self._journal = journal
        self._clock = clock
        self._careful_until_ms = careful_until_ms
        self._steps_from_ms = steps_from_ms
        self._chain = recovered.chain
        self._answered = recovered.command_ids
        self._mailbox = Mailbox()
        self._checkpoints = Checkpoints(journal, clock, recovered)
        self._proven_ms = clock.monotonic_ms()
        self.dirty, self.room = False, room

    def submit(self, message: Message) -> asyncio.Future[Reply]:
        """Queue a message; the future is answered when it is durable. A full mailbox says so at once."""
        return self._mailbox.submit(message)

    async def run(self) -> None:
        """Serve until cancelled. Raises what ended this activation."""
        while True:
            await self._mailbox.arrival()
            while self._mailbox:
                waiting = self._mailbox.take(one=self._is_careful)
                with within(tracing.origin_of(waiting[0][1])):
                    await self._serve(waiting)
            self._checkpoints.begin_when_due(self.state, self._chain, self._room_image)

    def abandon(self, why: Unavailable) -> None:
        """Tell all who still wait that there will be no answer from this activation."""
        self._mailbox.abandon(why)
        if self.room is not None:
            self.room.abandon(why)

    @property
    def head(self) -> bytes | None:
        """Where the log ends; None within a commit, when that is not known."""
        return None if self.dirty else self._chain

    def is_quiet(self) -> bool:
        """Nothing is under way: no commit, no message, no flight in the air."""
        return not (self.dirty or self._mailbox) and self._room_image() is not None

    def proven(self) -> None:
        """The lease was held a moment ago."""
        self._proven_ms = self._clock.monotonic_ms()

    @property
    def _is_careful(self) -> bool:
        return self._clock.monotonic_ms() < self._careful_until_ms

    @property
    def _steps(self) -> bool:
        return self._clock.monotonic_ms() >= self._steps_from_ms

    async def _serve(self, waiting: Waiting) -> None:
        self.dirty = True
        try:
            if self._is_careful and self._steps:
                await self._step_alone()
            replies = await self._answers(waiting)
        except BaseException as error:
            ours = isinstance(error, Exception) and not isinstance(error, (*OUTSIDE, execute.StepError))
            # Which one of several it was the next activation finds out, one by one.
            failure = failed(error) if ours and len(waiting) == 1 else unavailable(error)
            for _, future in waiting:
                tell(future, failure)
            raise
        self.dirty = False
        for (_, future), reply in zip(waiting, replies, strict=True):
            if reply is not None:
                tell(future, reply)

    async def _step_alone(self) -> None:
        work = UnitOfWork(self.state, self.epoch, self._chain)
        with self._turn(self.state.id):
            execute.catch_up(work, self._clock.now_ms())
        await self._store_with_room(work)

    async def _answers(self, waiting: Waiting) -> list[Reply | None]:
        """One answer a message, all durable; or, where nothing was written, of an owner that still is one.
        None is answered by the room, now or with a later commit."""
        work = UnitOfWork(self.state, self.epoch, self._chain)
        paid = await self._payments(waiting)
        replies, pause_at_ms = list[Reply | None](), self._clock.monotonic_ms() + owner_limits.TURN_MS
        for message, future in waiting:
            if self._clock.monotonic_ms() >= pause_at_ms:
                await asyncio.sleep(0)  # others in this process get their turn
                pause_at_ms = self._clock.monotonic_ms() + owner_limits.TURN_MS
            with self._turn(self.state.id):
                replies.append(await self._handle(work, message, paid, future))
        stored = await self._store_with_room(work)
        if any(isinstance(message, Tick) for message, _ in waiting):
            self.board.refresh(self.state, self._clock.now_ms())
        if stored or not await self._store_is_away(waiting):
            return replies
        away = Unavailable("the store is away", store_away=True)
        return [r if isinstance(m, Tick) else away for (m, _), r in zip(waiting, replies, strict=True)]

    async def _store_is_away(self, waiting: Waiting) -> bool:
        """Prove the lease for answers that nothing was written for. Raises `Fenced`; an owner that cannot ask
        lives on, but says nothing that it cannot prove."""
        fresh = self._clock.monotonic_ms() - self._proven_ms < limits.LEASE_PROOF_MS
        messages = [message for message, _ in waiting if not isinstance(message, Tick | Step | RoomTick)]
        if all(fresh and queries.only_shows(message) for message in messages):
            return False
        try:
            async with asyncio.timeout(limits.COMMIT_TIMEOUT_S):
                held = await self._journal.holds(self.state.id, self.epoch, self._chain)
        except (StoreUnavailable, TimeoutError):
            return True
        if not held:
            raise Fenced(self.state.id)
        self.proven()
        return False

    async def _payments(self, waiting: Waiting) -> execute.Payments:
        """Of the payments that these orders name, those that were used before."""
        named = {execute.payment_of(message) for message, _ in waiting if isinstance(message, CommandRequest)}
        ids = sorted(name for name in named if name is not None)
        return await self._journal.payments(self.state.tenant, ids) if ids else {}

    async def _store_with_room(self, work: UnitOfWork) -> bool:
        if self.room is not None:
            with self._turn(self.state.id):
                self.room.step(work)
        stored = await self._store(work)
        if self.room is not None:
            self.room.stored()
        return stored

    async def _store(self, work: UnitOfWork) -> bool:
        """Whether there was anything to store."""
        with self._turn(self.state.id):
            commit = work.to_commit()
        if commit.is_empty():
            return False
        with tracing.span("commit", tournament=self.state.id):
            async with asyncio.timeout(limits.COMMIT_TIMEOUT_S):
                await self._journal.commit(commit)
        self.proven()
        self._chain = work.chain
        self._answered.update(map(hint_of, work.answers))
        return True

    @property
    def _steps_along(self) -> bool:
        """Whether steps of the schedule are done along with messages; a step that failed is tried alone."""
        return self._steps and not self._is_careful

    async def _handle(
        self, work: UnitOfWork, message: Message, paid: execute.Payments, future: asyncio.Future[Reply]
    ) -> Reply | None:
        now_ms = self._clock.now_ms()
        if self._steps_along:
            execute.catch_up(work, now_ms)
        match message:
            case ReportFacts(payload):
                return self._facts(work, payload, now_ms)
            case CommandRequest():
                return await self._order(work, message, now_ms, paid)
            case Deliver():
                return NO_ROOM if self.room is None else self.room.receive(message, future)
            case RoomTick() if self.room and (why := self.room.patience.why_given_up()):
                return execute.give_up(work, why, now_ms)
            case Tick() | Step() | RoomTick():
                # Frames are made after the commit: they never show what a crash could take back.
                return Done()
            case _:
                return self._read(message, now_ms)

    def _room_image(self) -> bytes | None:
        return b"" if self.room is None else self.room.image()

    def _facts(self, work: UnitOfWork, payload: bytes, now_ms: int) -> Reply:
        outcomes = bytearray()
        for eliminations, run in groupby(codec.decode_facts(payload), lambda fact: fact.kind == ELIMINATION):
            if eliminations:
                steps = self._steps_along
                outcomes += bytes(execute.put_out(work, fact, now_ms, steps=steps) for fact in run)
                continue
            judged = judge(self.state, list(run), now_ms)
            work.count(judged, now_ms)
            outcomes += bytes(judged.outcomes)
            if self.state.scorer.scoring.is_race and self._steps_along:
                execute.catch_up(work, now_ms)
        return Done(bytes(outcomes))

    async def _order(
        self, work: UnitOfWork, request: CommandRequest[object], now_ms: int, paid: execute.Payments
    ) -> Reply:
        """Repetition first: a known command id gets its first answer before any rule is asked."""
        known = work.answers.get(request.command_id)
        if known is None and hint_of(request.command_id) in self._answered:
            known = await self._journal.answer(self.state.id, request.command_id)
        if known is not None:
            return execute.repeated(known, request)
        if needs_history(request):
            request = await with_recent_history(self._journal, self.state, request)
        return execute.run(work, request, now_ms, paid, steps=self._steps_along)

    def _read(self, message: Reading, now_ms: int) -> Reply:
        try:
            return Done(codec.encode(queries.shown(self.state, message, self.epoch, now_ms)))
        except Refusal as refusal:
            return refused(refusal)
        except Exception as error:
            log.exception("read_failed", extra={"tournament": self.state.id, "kind": type(message).__name__})
            return failed(error)

    async def checkpoint(self) -> None:
        """Keep the state as it is, at the end. One that is not stored (`dirty`: stopped within a commit) never
        is."""
        if not self.dirty:
            await self._checkpoints.finish(self.state, self._chain, self._room_image())
