"""The life of an owner: recover, serve, tick, beat, recover again when a commit fails, retire when idle."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from actors.owner.board_feed import BoardFeed
from actors.owner.execute import StepError
from actors.owner.owner import TournamentOwner
from actors.owner.process import Process, is_needed, may_share, not_here
from actors.owner.room.room_clock import RoomClock
from actors.owner.room.room_host import RoomHost
from actors.owner.room.room_loop import keep_playing
from actors.owner.step_plan import StepPlan
from actors.replies import NOT_FOUND, Frames, Reply, RoomNews, Unavailable, failed, unavailable
from actors.requests import Message, Poll, RoomPoll, Tick
from config import limits, owner_limits
from server.domain.ids import TournamentId
from server.domain.tournament.state import Tournament
from server.journal.replay import Recovered, take_over
from server.ports import Fenced, Held, Misplaced, Raced, StoreUnavailable
from server.runtime.collector import give_back
from server.runtime.loops import lasting

log = logging.getLogger(__name__)

_FENCED, _RETIRED = Unavailable("fenced"), Unavailable("retired")
_MISPLACED = Unavailable("misplaced", misplaced=True)


class Activation:
    """Serves one tournament in this process. `on_retire` is called once when it has let go: idle, fenced by a
    newer owner, or asked for a tournament that does not exist."""

    def __init__(
        self, tournament_id: TournamentId, process: Process, on_retire: Callable[[], Awaitable[None]]
    ) -> None:
        self.tournament_id = tournament_id
        self.retired = self.leaves_placement = False
        self._process = process
        self._journal = process.journal
        self._clock = clock = process.clock
        self._on_retire = on_retire
        self._owner: TournamentOwner | None = None
        self._opening = asyncio.Lock()
        self._life: list[asyncio.Task[None]] = []
        self._retiring: asyncio.Task[None] | None = None
        self._used_at_ms = clock.monotonic_ms()
        self._careful_until_ms = self._steps_from_ms = 0
        self._plan = StepPlan(clock)
        self._feed = BoardFeed(tournament_id, clock, process.publisher)

    async def ask(self, message: Message) -> Reply:
        """One message, recovering the tournament first when needed."""
        self._used_at_ms = self._clock.monotonic_ms()
        owner = await self._opened()
        return await owner.submit(message) if isinstance(owner, TournamentOwner) else owner

    async def frames(self, poll: Poll) -> Frames | Unavailable:
        """Wait until there is something behind the poll's position, at most `LONG_POLL_S`."""
        self._used_at_ms = self._clock.monotonic_ms()
        self._feed.note(poll)
        owner = await self._opened()
        if not isinstance(owner, TournamentOwner):
            return not_here(owner)
        if poll.epoch is not None and poll.epoch > owner.epoch and not await self._is_owner(owner):
            return _FENCED
        if not owner.board.snapshot:
            await owner.submit(Tick())
        if not owner.board.snapshot:
            return Unavailable("no board yet")  # this owner ended before it could show one
        if poll.wait and (poll.epoch, poll.seq) == (owner.board.epoch, owner.board.seq):
            await self._feed.wait()
        return self._feed.frames(owner.board, poll.epoch, poll.seq)

    async def _is_owner(self, owner: TournamentOwner) -> bool:
        """Whether this activation is the newest, when a caller has seen one that is newer."""
        try:
            held = await self._beats(owner)
        except StoreUnavailable:
            return False
        if not held:
            self._forget(owner, _FENCED)
            await self.retire()
        return held

    async def _beats(self, owner: TournamentOwner) -> bool:
        """Show life; False when another one owns the tournament, or its log was set back under this one."""
        head = owner.head
        if await self._journal.heartbeat(self.tournament_id, owner.epoch, head):
            return True
        # A commit that came in between has moved the end of the log.
        moved = head is not None and owner.head != head
        return moved and await self._journal.heartbeat(self.tournament_id, owner.epoch)

    async def _opened(self) -> TournamentOwner | Reply:
        if self._owner is not None:
            return self._owner
        async with self._opening:
            if self._owner is None and not self.retired:
                return await self._open()
        return self._owner or _RETIRED

    async def _open(self) -> TournamentOwner | Reply:
        try:
            of = self._process
            async with of.recovering:
                recovered = await take_over(of.journal, self.tournament_id, of.holder, of.rooms, of.placement)
            room = None if recovered is None or recovered.room is None else await self._room(recovered)
        except StoreUnavailable as error:
            return unavailable(error)
        except Misplaced:
            await self.retire()
            return _MISPLACED
        except Exception as error:
            log.exception("recovery_failed", extra={"tournament": self.tournament_id})
            return failed(error)
        if recovered is None or self.retired:
            await self.retire()
            return NOT_FOUND if recovered is None else _RETIRED
        give_back()
        owner = self._owner = TournamentOwner(
            self._journal, self._clock, recovered, self._careful_until_ms, self._steps_from_ms, room, of.turn
        )
        parts = [self._serve(owner), self._tick(owner)]
        parts += [self._beat(owner)] if self._process.room_clock is None else []
        parts += [] if room is None else [self._play(owner, room)]
        self._life = [lasting(part) for part in parts]
        return owner

    async def _room(self, recovered: Recovered) -> RoomHost:
        assert recovered.room is not None, "asked for where there is one"
        room_clock = self._process.room_clock
        if room_clock is None:
            room_clock = RoomClock(self._clock)
            await room_clock.set_by(self._journal)
        return RoomHost(recovered.state, recovered.epoch, self._clock, room_clock, recovered.room)

    async def _play(self, owner: TournamentOwner, room: RoomHost) -> None:
        """A room must not stand still because of one mistake."""
        while self._owner is owner:
            try:
                await keep_playing(owner, room, self._clock, lambda: self._owner is owner)
            except Exception:
                log.exception("room_loop_failed", extra={"tournament": self.tournament_id})
                await self._clock.sleep(1)

    async def room_news(self, poll: RoomPoll) -> RoomNews | Unavailable:
        """Wait until there is something new in the room, at most `LONG_POLL_S`."""
        self._used_at_ms = self._clock.monotonic_ms()
        owner = await self._opened()
        if not isinstance(owner, TournamentOwner) or owner.room is None:
            return not_here(owner)
        news = await owner.room.news(poll)
        return news if self._owner is owner else Unavailable("stopped")

    async def room_time(self) -> int | Unavailable:
        """Room time now, in microseconds: asked by front ends, to know by how much theirs is off."""
        owner = await self._opened()
        if not isinstance(owner, TournamentOwner) or owner.room is None:
            return not_here(owner)
        return owner.room.clock.now_us()

    async def _serve(self, owner: TournamentOwner) -> None:
        """Run the owner; when it ends, forget it. The next call recovers a new one, or another process
        has taken over and this activation retires."""
        why = Unavailable("stopped")
        try:
            await owner.run()
        except Fenced:
            why = _FENCED
        except Raced:
            why = Unavailable("raced")
        except (StoreUnavailable, TimeoutError) as error:
            why = Unavailable(f"{type(error).__name__}: {error}", store_away=True)
        except Exception as error:
            why = Unavailable("failed")
            log.exception("owner_failed", extra={"tournament": self.tournament_id})
            self._careful_until_ms = self._clock.monotonic_ms() + limits.CAREFUL_MS
            if isinstance(error, StepError):
                self._steps_from_ms = self._careful_until_ms
        self._forget(owner, why)
        if why is _FENCED:
            await self.retire()

    def _forget(self, owner: TournamentOwner, why: Unavailable) -> None:
        log.warning("owner_ended", extra={"tournament": self.tournament_id, "reason": why.reason})
        if self._owner is owner:
            self._owner = None
        owner.abandon(why)
        self._feed.wake()

    async def _tick(self, owner: TournamentOwner) -> None:
        """Refresh frames at the tick rate while there are watchers; wake those who wait."""
        seen, due_ms = (-1, -1), self._clock.monotonic_ms()
        while self._owner is owner:
            due_ms = max(due_ms + limits.TICK_MS, self._clock.monotonic_ms())
            await self._clock.sleep((due_ms - self._clock.monotonic_ms()) / 1_000)
            if not self._feed.are_there():
                await self._feed.arrival()
                if self._owner is not owner:
                    return
                due_ms = self._clock.monotonic_ms()
            here = (owner.state.seq, len(owner.state.ranking))
            if here == seen:
                continue
            seen = here
            await owner.submit(Tick())
            self._feed.wake()
            try:
                await self._feed.publish(owner.board)
            except Exception:  # a board must not stand still because of its carrier
                log.exception("publish_failed", extra={"tournament": self.tournament_id})

    async def _beat(self, owner: TournamentOwner) -> None:
        """Show life in the store, and retire when idle."""
        while self._owner is owner:
            await self._clock.sleep(owner_limits.HEARTBEAT_EVERY_S)
            try:
                alive = await self._beats(owner)
            except StoreUnavailable:
                continue
            except Exception:  # one beat that is missed is no harm, a heart that stops is
                log.exception("heartbeat_failed", extra={"tournament": self.tournament_id})
                continue
            if not alive:
                self._forget(owner, _FENCED)
                await self.retire()
                continue
            owner.proven()
            self._plan.look(owner)
            if owner.room is not None:
                await owner.room.clock.set_by(self._journal)
            if self.is_idle():
                self.leaves_placement = may_share(owner.state)
                await self.retire()

    # For a process that owns many

    def plan_step(self) -> None:
        """See to it that the next step of the schedule is done on time."""
        if (owner := self._owner) is not None:
            self._plan.look(owner)

    @property
    def state(self) -> Tournament | None:
        """What is owned here; None while it is not."""
        return None if self._owner is None else self._owner.state

    def held(self, used_within_ms: int) -> Held | None:
        """The lease that is believed to be held; with the end of the log where it was used so lately."""
        if (owner := self._owner) is None:
            return None
        return Held(self.tournament_id, owner.epoch, owner.head if self._quiet_ms() < used_within_ms else None)

    def proven(self, held: Held) -> None:
        """The store has said that this is so."""
        if (owner := self._owner) and held.head is not None and owner.epoch == held.epoch:
            owner.proven()

    async def verify(self) -> None:
        """Ask the store by itself whether this is still the owner; go, where it is not."""
        if self._owner is not None:
            await self._is_owner(self._owner)

    def is_idle(self) -> bool:
        """Not in play, not about to start, and not asked for a while."""
        return self._quiet_ms() > limits.PASSIVATE_AFTER_MS and not is_needed(self.state, self._clock.now_ms())

    def is_quiet(self) -> bool:
        """Nothing is under way: no commit, no message, no flight in the air."""
        return self._owner is not None and self._owner.is_quiet()

    def _quiet_ms(self) -> int:
        return self._clock.monotonic_ms() - self._used_at_ms

    async def retire(self) -> None:
        """Checkpoint, let go, and tell the directory. Answers `Unavailable` from here on. Goes on to its end
        also when the caller is cancelled: half of it would leave a tournament here that none owns."""
        if not self.retired:
            self.retired = True
            self._retiring = asyncio.create_task(self._retire())
        if self._retiring is not None:
            await asyncio.shield(self._retiring)

    async def _retire(self) -> None:
        owner, self._owner = self._owner, None
        self._plan.stop()
        for task in self._life:
            task.cancel()
        await asyncio.gather(*self._life, return_exceptions=True)
        try:
            if owner is not None:
                owner.abandon(_RETIRED)
                await owner.checkpoint()
        except Exception:
            log.exception("last_checkpoint_failed", extra={"tournament": self.tournament_id})
        finally:
            self._feed.wake()
            await self._on_retire()
