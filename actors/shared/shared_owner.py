"""Many tournaments in one process: each has its activation, as it would alone; they share its life.

One sign of life a second for all of them tells which are lost to others. What should have a process of its
own moves out in a quiet moment: the other process is warm first, this one keeps a checkpoint and gives the
placement away, and the next question finds it there under the next epoch.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Protocol

from actors.owner.activation import Activation
from actors.owner.process import Process
from actors.replies import Frames, Reply, RoomNews, Unavailable
from actors.requests import Message, Poll, ReadSummary, RoomPoll
from actors.shared.policy import OWN, Policy
from config import limits, owner_limits
from server.domain.ids import TournamentId
from server.ports import OwnerProcess, Placements
from server.runtime.loops import go_round

log = logging.getLogger(__name__)

_MOVING = Unavailable("moving")


class OwnProcesses(Protocol):
    """Processes of one tournament each."""

    async def warm(self, tournament_id: str) -> bool:
        """Start one; False when there is no room for it."""

    async def wake(self, tournament_id: str) -> None:
        """Let it take over what is placed there."""


class SharedOwner:
    """`on_replaced` is called once, when another process has taken this one's name. `held_up_ms` tells which
    tournaments have held up the event loop since it was last asked."""

    def __init__(
        self,
        process: Process,
        placements: Placements,
        policy: Policy,
        others: OwnProcesses,
        on_replaced: Callable[[], Awaitable[None]],
        held_up_ms: Callable[[], Counter[str]] = Counter,
    ) -> None:
        assert process.placement is not None and process.room_clock is not None, "it shows life for all"
        self.placement = process.placement
        self._room_clock = process.room_clock
        self._process = process
        self._clock = process.clock
        self._placements = placements
        self._policy = policy
        self._others = others
        self._on_replaced = on_replaced
        self._here: dict[str, Activation] = {}
        self._moving: dict[str, asyncio.Task[None]] = {}
        self._moves = asyncio.Semaphore(owner_limits.MOVES_AT_ONCE)
        self._stays_until_ms: dict[str, int] = {}
        self._incarnation = 0
        self._held_up_ms = held_up_ms
        self._lag_ms = 0
        # How many looks in a row a tournament has been too much for its neighbours.
        self._heavy: Counter[str] = Counter()
        self._ends = False
        self._loops: list[asyncio.Task[None]] = []

    # What callers ask

    async def ask(self, tournament_id: str, message: Message) -> Reply:
        """One message to the owner of a tournament."""
        here = self._activation(tournament_id)
        return _MOVING if here is None else await here.ask(message)

    async def frames(self, tournament_id: str, poll: Poll) -> Frames | Unavailable:
        """A front end's long poll on a board."""
        here = self._activation(tournament_id)
        return _MOVING if here is None else await here.frames(poll)

    async def room_news(self, tournament_id: str, poll: RoomPoll) -> RoomNews | Unavailable:
        """A front end's long poll on a room."""
        here = self._activation(tournament_id)
        return _MOVING if here is None else await here.room_news(poll)

    async def room_time(self, tournament_id: str) -> int | Unavailable:
        """Room time in microseconds."""
        here = self._activation(tournament_id)
        return _MOVING if here is None else await here.room_time()

    @property
    def tournaments(self) -> int:
        """How many are here."""
        return len(self._here)

    def _activation(self, tournament_id: str) -> Activation | None:
        """The one of a tournament, made when needed; None while it lets go, and where this process is not the
        one any more: it would steal from the younger one."""
        here = self._here.get(tournament_id)
        if self._ends or (here is not None and here.retired):
            return None
        if here is None:

            async def forget() -> None:
                self._here.pop(tournament_id, None)

            here = Activation(TournamentId(tournament_id), self._process, forget)
            self._here[tournament_id] = here
        return here

    # Its life

    async def begin(self) -> None:
        """Take the name, show life, and take up what is in play here: rooms go on without being asked."""
        self._incarnation = await self._placements.enter(self.placement, self._process.holder)
        await self._room_clock.set_by(self._process.journal)
        await self.beat()
        rounds = (
            go_round(self._clock, owner_limits.SHARED_BEAT_EVERY_S, self.beat, "cannot_beat"),
            go_round(self._clock, owner_limits.SHARED_LOOK_EVERY_S, self.look, "cannot_look"),
            go_round(self._clock, owner_limits.TAKE_UP_EVERY_S, self.take_up, "cannot_take_up"),
        )
        self._loops = [asyncio.create_task(work) for work in rounds]

    async def take_up(self) -> None:
        """Wake what is in play here and not awake: after a start, and after its owner has ended."""
        in_play = await self._placements.in_play(self.placement)
        asleep = [name for name in in_play if name not in self._here or self._here[name].state is None]
        await asyncio.gather(*(self.ask(tournament_id, ReadSummary()) for tournament_id in asleep))

    async def beat(self) -> None:
        """Show life for all that is here; let go of what others own now."""
        await self._room_clock.set_by(self._process.journal)
        used_ms = int(2_000 * owner_limits.SHARED_BEAT_EVERY_S)
        held = {id_: (one, lease) for id_, one in self._here.items() if (lease := one.held(used_ms))}
        me = OwnerProcess(
            self.placement, self._process.holder, self._incarnation, len(self._here), self._lag_ms * 1_000
        )
        self._lag_ms = 0
        lost = await self._placements.beat(me, [lease for _, lease in held.values()])
        if lost is None:
            await self._replaced()
            return
        for name in lost:
            await held.pop(name)[0].verify()  # a commit in between moves the end of its log, too
        for here, lease in held.values():
            here.proven(lease)

    async def _replaced(self) -> None:
        """What is here ends at the fences of the younger one; nothing new begins."""
        if self._ends:
            return
        self._ends = True
        log.warning("shared_owner_replaced", extra={"placement": self.placement})
        try:
            await self._retire_all()
        finally:
            await self._on_replaced()

    async def look(self) -> None:
        """Who is idle goes to sleep; who should have a process of its own moves there, and so does who holds
        up the others."""
        self._weigh(self._held_up_ms())
        for number, (tournament_id, here) in enumerate(list(self._here.items())):
            if number % owner_limits.SHARED_LOOKS_PER_TURN == 0:
                await asyncio.sleep(0)  # the calls of others come between
            here.plan_step()
            if here.is_idle():
                await here.retire()
            elif tournament_id not in self._moving and self._wants_to_move(tournament_id, here):
                move = self._move(tournament_id, here)
                self._moving[tournament_id] = asyncio.create_task(move)

    def _weigh(self, held_up_ms: Counter[str]) -> None:
        self._lag_ms = max(self._lag_ms, held_up_ms.total())
        heavy = {name: ms for name, ms in held_up_ms.items() if ms >= owner_limits.HEAVY_MS}
        for name, ms in heavy.items():
            log.warning("tournament_holds_up_others", extra={"tournament": name, "ms_a_second": ms})
        self._heavy = Counter({name: self._heavy[name] + 1 for name in heavy})

    def _wants_to_move(self, tournament_id: str, here: Activation) -> bool:
        state = here.state
        is_heavy = self._heavy[tournament_id] >= owner_limits.HEAVY_LOOKS
        if state is None or not (is_heavy or self._policy.wants_own(state, self._clock.now_ms())):
            return False
        stays_until_ms = self._stays_until_ms.get(tournament_id, 0)
        return self._clock.monotonic_ms() >= stays_until_ms and here.is_quiet()

    async def _move(self, tournament_id: str, here: Activation) -> None:
        """A full cluster degrades to sharing: without room elsewhere it stays, and tries again later."""
        try:
            async with self._moves:
                if not self._wants_to_move(tournament_id, here):
                    return  # it waited for its turn
                if not await self._warm(tournament_id):
                    self._stay(tournament_id)
                    return
                if not self._wants_to_move(tournament_id, here):
                    return  # with the next look: the other process is warm by then
                await here.retire()
                await self._placements.place(TournamentId(tournament_id), OWN, self.placement)
            log.info("moved_out", extra={"tournament": tournament_id})
            async with asyncio.timeout(limits.CALL_DEADLINE_S):
                await self._others.wake(tournament_id)
        except Exception:
            log.exception("move_failed", extra={"tournament": tournament_id})
            self._stay(tournament_id)
        finally:
            self._moving.pop(tournament_id, None)

    async def _warm(self, tournament_id: str) -> bool:
        """Start its process, then let the machine be for as long: what is served already goes first."""
        began_ms = self._clock.monotonic_ms()
        has_room = await self._others.warm(tournament_id)
        await self._clock.sleep((self._clock.monotonic_ms() - began_ms) / 1_000)
        return has_room

    def _stay(self, tournament_id: str) -> None:
        now_ms = self._clock.monotonic_ms()
        self._stays_until_ms = {id_: ms for id_, ms in self._stays_until_ms.items() if ms > now_ms}
        self._stays_until_ms[tournament_id] = now_ms + owner_limits.MOVE_AGAIN_MS

    async def close(self) -> None:
        """Keep checkpoints of all that is here, and let go. Nothing new begins."""
        self._ends = True
        for task in (*self._loops, *self._moving.values()):
            task.cancel()
        await asyncio.gather(*self._loops, *self._moving.values(), return_exceptions=True)
        await self._retire_all()

    async def _retire_all(self) -> None:
        leaving = (here.retire() for here in list(self._here.values()))
        await asyncio.gather(*leaving, return_exceptions=True)


async def give_away_crashed(placements: Placements, tournament_id: str | None, placement: str) -> None:
    """The process before this one ended in a turn of this tournament: it comes back alone, whatever it was, so
    that it cannot end this one, too."""
    if tournament_id is None:
        return
    log.error("process_ended_in_turn", extra={"tournament": tournament_id, "placement": placement})
    await placements.isolate(TournamentId(tournament_id), placement)
