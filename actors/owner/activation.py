"""The life of an owner: recover, serve, tick, beat, recover again when a commit fails, retire when idle."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from actors.owner.board_feed import Watchers
from actors.owner.execute import StepError
from actors.owner.owner import TournamentKeeper
from actors.replies import Frames, Refused, Reply, Unavailable, failed, unavailable
from actors.requests import Message, Poll, Tick
from config import limits
from server.domain.ids import TournamentId
from server.domain.refusal import Code
from server.domain.tournament.lifecycle import Status
from server.journal.replay import take_over
from server.ports import Clock, Fenced, Journal, Publisher, Raced, StoreUnavailable
from server.runtime.collector import give_back

log = logging.getLogger(__name__)

_FENCED, _RETIRED = Unavailable("fenced"), Unavailable("retired")


class TournamentHost:
    """Serves one tournament in this process. `on_retire` is called once when it has let go: idle,
    fenced by a newer owner, or asked for a tournament that does not exist."""

    def __init__(
        self,
        tournament_id: TournamentId,
        journal: Journal,
        clock: Clock,
        holder: str,
        on_retire: Callable[[], Awaitable[None]],
        publisher: Publisher | None = None,
    ) -> None:
        self.tournament_id = tournament_id
        self.retired = False
        self._journal = journal
        self._clock = clock
        self._holder = holder
        self._on_retire = on_retire
        self._keeper: TournamentKeeper | None = None
        self._opening = asyncio.Lock()
        self._life: list[asyncio.Task[None]] = []
        self._used_at_ms = clock.monotonic_ms()
        self._careful_until_ms = self._steps_from_ms = 0
        self._watchers = Watchers(tournament_id, clock, publisher)

    async def ask(self, message: Message) -> Reply:
        """One message, recovering the tournament first when needed."""
        self._used_at_ms = self._clock.monotonic_ms()
        keeper = await self._opened()
        if isinstance(keeper, TournamentKeeper):
            return await keeper.submit(message)
        return keeper

    async def frames(self, poll: Poll) -> Frames | Unavailable:
        """Wait until there is something behind the poll's position, at most `LONG_POLL_S`."""
        self._used_at_ms = self._clock.monotonic_ms()
        self._watchers.note(poll)
        keeper = await self._opened()
        if not isinstance(keeper, TournamentKeeper):
            return Unavailable("not owned here")
        if poll.epoch is not None and poll.epoch > keeper.epoch and not await self._is_owner(keeper):
            return _FENCED
        if not keeper.board.snapshot:
            await keeper.submit(Tick())
        if not keeper.board.snapshot:
            return Unavailable("no board yet")  # this keeper ended before it could show one
        if poll.wait and (poll.epoch, poll.seq) == (keeper.board.epoch, keeper.board.seq):
            await self._watchers.wait()
        return self._watchers.frames(keeper.board, poll.epoch, poll.seq)

    async def _is_owner(self, keeper: TournamentKeeper) -> bool:
        """Whether this activation is the newest, when somebody has seen one that is newer."""
        try:
            held = await self._beats(keeper)
        except StoreUnavailable:
            return False
        if not held:
            self._forget(keeper, _FENCED)
            await self.retire()
        return held

    async def _beats(self, keeper: TournamentKeeper) -> bool:
        """Show life; False when another one owns the tournament, or its log was set back under this one."""
        head = keeper.head
        if await self._journal.heartbeat(self.tournament_id, keeper.epoch, head):
            return True
        # A commit that came in between has moved the end of the log.
        moved = head is not None and keeper.head != head
        return moved and await self._journal.heartbeat(self.tournament_id, keeper.epoch)

    async def _opened(self) -> TournamentKeeper | Reply:
        if self._keeper is not None:
            return self._keeper
        async with self._opening:
            if self._keeper is None and not self.retired:
                return await self._open()
        return self._keeper or _RETIRED

    async def _open(self) -> TournamentKeeper | Reply:
        try:
            recovered = await take_over(self._journal, self.tournament_id, self._holder)
        except StoreUnavailable as error:
            return unavailable(error)
        except Exception as error:
            log.exception("recovery_failed tournament=%s", self.tournament_id)
            return failed(error)
        if recovered is None:
            await self.retire()
            return Refused(Code.TOURNAMENT_NOT_FOUND.value, "Tournament not found")
        give_back()
        keeper = self._keeper = TournamentKeeper(
            self._journal, self._clock, recovered, self._careful_until_ms, self._steps_from_ms
        )
        self._life = [asyncio.create_task(self._serve(keeper)), asyncio.create_task(self._tick(keeper))]
        self._life.append(asyncio.create_task(self._beat(keeper)))
        return keeper

    async def _serve(self, keeper: TournamentKeeper) -> None:
        """Run the keeper; when it ends, forget it. The next call recovers a new one, or another owner
        has taken over and this host retires."""
        why = Unavailable("stopped")
        try:
            await keeper.run()
        except Fenced:
            why = _FENCED
        except Raced:
            why = Unavailable("raced")
        except (StoreUnavailable, TimeoutError) as error:
            why = Unavailable(f"{type(error).__name__}: {error}", store_away=True)
        except Exception as error:
            why = Unavailable("failed")
            log.exception("keeper_failed tournament=%s", self.tournament_id)
            self._careful_until_ms = self._clock.monotonic_ms() + limits.CAREFUL_MS
            if isinstance(error, StepError):
                self._steps_from_ms = self._careful_until_ms
        self._forget(keeper, why)
        if why is _FENCED:
            await self.retire()

    def _forget(self, keeper: TournamentKeeper, why: Unavailable) -> None:
        log.warning("keeper_ended tournament=%s reason=%s", self.tournament_id, why.reason)
        if self._keeper is keeper:
            self._keeper = None
        keeper.abandon(why)
        self._watchers.wake()

    async def _tick(self, keeper: TournamentKeeper) -> None:
        """Refresh frames at the tick rate while anybody watches; wake those who wait."""
        seen, due_ms = (-1, -1), self._clock.monotonic_ms()
        while self._keeper is keeper:
            due_ms = max(due_ms + limits.TICK_MS, self._clock.monotonic_ms())
            await self._clock.sleep((due_ms - self._clock.monotonic_ms()) / 1_000)
            if not self._watchers.are_there():
                continue
            here = (keeper.state.seq, len(keeper.state.ranking))
            if here == seen:
                continue
            seen = here
            await keeper.submit(Tick())
            self._watchers.wake()
            try:
                await self._watchers.publish(keeper.board)
            except Exception:  # a board must not stand still because of its carrier
                log.exception("publish_failed tournament=%s", self.tournament_id)

    async def _beat(self, keeper: TournamentKeeper) -> None:
        """Show life in the store, and retire when idle."""
        while self._keeper is keeper:
            await self._clock.sleep(limits.HEARTBEAT_EVERY_S)
            try:
                alive = await self._beats(keeper)
            except StoreUnavailable:
                continue
            except Exception:  # one beat that is missed is no harm, a heart that stops is
                log.exception("heartbeat_failed tournament=%s", self.tournament_id)
                continue
            if not alive:
                self._forget(keeper, _FENCED)
                await self.retire()
                continue
            keeper.proven()
            if self._is_idle(keeper):
                await self.retire()

    def _is_idle(self, keeper: TournamentKeeper) -> bool:
        quiet_ms = self._clock.monotonic_ms() - self._used_at_ms
        return keeper.state.status is not Status.IN_PROGRESS and quiet_ms > limits.PASSIVATE_AFTER_MS

    async def retire(self) -> None:
        """Checkpoint, let go, and tell the directory. Answers `Unavailable` from here on."""
        if self.retired:
            return
        self.retired = True
        keeper, self._keeper = self._keeper, None
        await self._stop_life()
        if keeper is not None:
            await keeper.checkpoint()
            keeper.abandon(_RETIRED)
        self._watchers.wake()
        await self._on_retire()

    async def _stop_life(self) -> None:
        others = [task for task in self._life if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
