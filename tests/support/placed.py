"""A cluster in one event loop: shared owners, processes of single tournaments, and callers who remember where
each one lives. Processes die, hang and are started again; nothing here is Ray."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from actors.owner.activation import Activation
from actors.owner.create import create_tournament
from actors.owner.process import Process
from actors.owner.room.opening import Rooms
from actors.owner.room.room_clock import RoomClock
from actors.replies import NOT_FOUND, Reply, Unavailable, unavailable
from actors.requests import CommandRequest, Message, Poll, ReadSummary
from actors.retry import until_available
from actors.shared.policy import OWN, Policy, shared_placement
from actors.shared.rescue import Rescue
from actors.shared.routes import NO_SUCH, Routes, let_go
from actors.shared.shared_owner import SharedOwner
from server.domain.ids import TournamentId
from server.ports import Publisher, StoreUnavailable


class Cluster:
    """`room` is for how many tournaments there are processes of their own."""

    def __init__(
        self,
        store: Any,
        clock: Any,
        policy: Policy,
        shared: int = 2,
        rooms: Rooms | None = None,
        publisher: Publisher | None = None,
        held_up_ms: Callable[[], Counter[str]] = Counter,
    ) -> None:
        self.store = store
        self.clock = clock
        self.policy = policy
        self.rooms = rooms
        self._publisher = publisher
        self._held_up_ms = held_up_ms
        self.shared = [shared_placement(number) for number in range(1, shared + 1)]
        self.room = 1_000
        self.processes: dict[str, SharedOwner | Activation] = {}
        self.replaced: list[str] = []
        self.anew: list[str] = []
        self._incarnations = 0
        self._starting = asyncio.Lock()

    def process(self, placement: str, room_clock: RoomClock | None = None) -> Process:
        """What a new process brings along."""
        self._incarnations += 1
        holder = f"{placement}/{self._incarnations}"
        return Process(self.store, self.clock, holder, self._publisher, self.rooms, placement, room_clock)

    async def start_shared(self, placement: str) -> SharedOwner:
        """A shared owner; one that is there already lives on, as a zombie would."""

        async def replaced() -> None:
            self.replaced.append(placement)
            if self.processes.get(placement) is owner:
                del self.processes[placement]  # its process has ended

        process = self.process(placement, RoomClock(self.clock))
        owner = SharedOwner(process, self.store, self.policy, self, replaced, self._held_up_ms)
        await owner.begin()
        self.processes[placement] = owner
        return owner

    def own(self, tournament_id: str) -> Activation:
        """The process of one tournament, started when there is none."""
        name = f"tournament:{tournament_id}"
        found = self.processes.get(name)
        if not isinstance(found, Activation) or found.retired:

            async def leave() -> None:
                self.processes.pop(name, None)
                await let_go(self.store, here)

            found = here = Activation(TournamentId(tournament_id), self.process(OWN), leave)
            self.processes[name] = found
        return found

    # `OwnProcesses`

    async def warm(self, tournament_id: str) -> bool:
        if sum(name.startswith("tournament:") for name in self.processes) >= self.room:
            return False
        self.own(tournament_id)
        return True

    async def wake(self, tournament_id: str) -> None:
        await self.own(tournament_id).ask(ReadSummary())

    async def reach(self, placement: str, tournament_id: str, work: Callable[[Any], Awaitable[Any]]) -> Any:
        """Ask a process; one that is not there is started, as Ray would."""
        if placement == OWN:
            return await work(self.own(tournament_id))
        async with self._starting:
            try:
                owner = self.processes.get(placement) or await self.start_shared(placement)
            except StoreUnavailable as error:
                return unavailable(error)
        assert isinstance(owner, SharedOwner)
        return await work(One(owner, tournament_id))

    def rescue(self, routes: Routes) -> Rescue:
        """What a worker runs."""

        async def start_anew(tournament_id: TournamentId) -> None:
            self.anew.append(tournament_id)
            await self.kill(f"tournament:{tournament_id}")
            await self.wake(tournament_id)

        async def wake(placement: str) -> None:
            owner = self.processes.get(placement)
            if isinstance(owner, SharedOwner):
                await owner.take_up()

        return Rescue(self.store, self.clock, self.policy, routes, start_anew, wake)

    def living(self) -> list[str]:
        """The names of all processes."""
        return sorted(self.processes)

    async def kill(self, name: str) -> None:
        """SIGKILL: no checkpoint, no goodbye; those who wait hear that the process is gone."""
        process = self.processes.pop(name)
        if isinstance(process, Activation):
            await kill(process)
            return
        tasks = [*process._loops, *process._moving.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        process._ends = True  # a dead process takes nothing up
        await asyncio.gather(*(kill(here) for here in list(process._here.values())))

    async def close(self) -> None:
        """All let go."""
        for process in list(self.processes.values()):
            await (process.close() if isinstance(process, SharedOwner) else process.retire())


async def kill(host: Activation) -> None:
    """SIGKILL of one activation; those who wait hear that the process is gone."""
    owner, host._owner, host.retired = host._owner, None, True
    for task in host._life:
        task.cancel()
    with suppress(asyncio.CancelledError):
        await asyncio.gather(*host._life, return_exceptions=True)
    if owner is not None:
        owner.abandon(Unavailable("killed"))


class One:
    """One tournament of a shared owner, asked as if it were alone."""

    def __init__(self, owner: SharedOwner, tournament_id: str) -> None:
        self._owner, self._id = owner, tournament_id

    async def ask(self, message: Message) -> Reply:
        return await self._owner.ask(self._id, message)

    async def frames(self, poll: Poll) -> Any:
        return await self._owner.frames(self._id, poll)


class Caller:
    """A front end or a worker: `Directory` as far as tests need it."""

    def __init__(self, cluster: Cluster, seed: int = 1) -> None:
        self._cluster = cluster
        clock, policy = cluster.clock, cluster.policy
        self.routes = Routes(cluster.store, clock, policy, cluster.shared, random.Random(seed))

    async def create(self, request: CommandRequest[object]) -> Reply:
        """A new tournament."""
        placement_of = await self.routes.first()
        where = self._cluster.store, self._cluster.clock
        return await create_tournament(*where, request, self._cluster.rooms, placement_of)

    async def ask(self, tournament_id: str, message: Message) -> Reply:
        """With retries, as the directory does."""
        return await until_available(
            self._cluster.clock,
            lambda: self.once(tournament_id, message),
            lambda seconds: seconds,
        )

    async def once(self, tournament_id: str, message: Message) -> Reply:
        """One try."""
        reply: Reply = await self._once(tournament_id, lambda process: process.ask(message))
        return NOT_FOUND if reply is NO_SUCH else reply

    async def frames(self, tournament_id: str, poll: Poll) -> Any:
        """One try."""
        return await self._once(tournament_id, lambda process: process.frames(poll))

    async def _once(self, tournament_id: str, work: Callable[[Any], Awaitable[Any]]) -> Any:
        async def reach(placement: str) -> Any:
            return await self._cluster.reach(placement, tournament_id, work)

        return await self.routes.call(tournament_id, reach)


async def settled(clock: Any, task: "asyncio.Task[Any]", step_ms: int = 100, steps: int = 2_000) -> Any:
    """Time passes until a task is done."""
    for _ in range(steps):
        if task.done():
            return task.result()
        await clock.advance(step_ms)
    raise AssertionError("it is never done")
