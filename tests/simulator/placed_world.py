"""The same evening in a cluster: shared owners and processes of single tournaments, callers with memories of
their own, processes that die or go on as zombies beside a younger one, and a mover that does not ask."""

import asyncio
import random
from dataclasses import dataclass
from typing import Any

from actors.replies import Frames, Reply, RoomNews, Unavailable
from actors.requests import CommandRequest, Message, Poll, RoomPoll
from actors.shared.policy import OWN, Policy
from actors.shared.shared_owner import SharedOwner
from config import owner_limits
from server.domain.tournament.lifecycle import Status
from server.domain.tournament.state import Tournament
from server.ports import StoreUnavailable
from server.runtime.loops import go_round
from tests.simulator.world import World
from tests.support.builders import TOURNAMENT
from tests.support.placed import Caller, Cluster

# Of the shared owners that are hit so many go on beside a younger one; the others die.
ZOMBIES = 0.8


@dataclass(frozen=True, slots=True)
class Restless(Policy):
    """All begin shared, and move out once they are in play."""

    def wants_own(self, state: Tournament, now_ms: int) -> bool:
        return state.status is Status.IN_PROGRESS

    def first(self, state: Tournament, now_ms: int) -> bool:
        return False


class Node:
    """A caller as the network sees it."""

    def __init__(self, cluster: Cluster, luck: random.Random) -> None:
        self._caller = Caller(cluster, luck.randrange(1_000_000))
        self._clock = cluster.clock

    def host(self, _: str) -> "Node":
        """Where a tournament is asked."""
        return self

    async def create(self, request: CommandRequest[object]) -> Reply:
        return await self._caller.create(request)

    async def ask(self, message: Message) -> Reply:
        return await self._caller.once(TOURNAMENT, message)

    async def frames(self, tournament_id: str, poll: Poll) -> Frames | Unavailable:
        told: Any = await self._caller.frames(tournament_id, poll)
        return told if isinstance(told, Frames) else Unavailable("no frames")

    async def room_news(self, tournament_id: str, poll: RoomPoll) -> RoomNews | Unavailable:
        return Unavailable("no rooms here")

    async def room_time(self, tournament_id: str) -> int | Unavailable:
        return Unavailable("no rooms here")

    async def close(self) -> None:
        """The cluster is closed once."""


class PlacedWorld(World):
    """Three callers, two shared owners, and whatever processes of single tournaments there are."""

    # Processes look at themselves a few times a second, also in the long end of an evening.
    STEPS_MAX = 400_000

    def _nodes(self) -> list[Any]:
        luck = self.luck
        self.cluster = Cluster(self.store, self.clock, Restless(), publisher=self.carrier)
        self.zombies: list[SharedOwner] = []
        return [Node(self.cluster, luck) for _ in range(3)]

    def _background(self) -> list[Any]:
        return [*super()._background(), self._mover(), self._rescuer()]

    async def _rescuer(self) -> None:
        """A worker gives up what is silent: what was killed and none asks for."""
        rescue = self.cluster.rescue(Caller(self.cluster, 7).routes)
        await go_round(self.clock, owner_limits.RESCUE_LOOK_EVERY_S, rescue.look, "cannot_rescue")

    async def _killer(self) -> None:
        """Processes die without a word, or a younger one takes the name of one that goes on."""
        while True:
            await asyncio.sleep(self.luck.expovariate(1 / self.weather.kill_every_s))
            names = self.cluster.living()
            if not names:
                continue
            name = self.luck.choice(names)
            self.kills += 1
            if name in self.cluster.shared and self.luck.random() < ZOMBIES:
                await self._leave_a_zombie(name)
            else:
                self.checks.note("kill")
                await self.cluster.kill(name)

    async def _leave_a_zombie(self, name: str) -> None:
        older = self.cluster.processes[name]
        assert isinstance(older, SharedOwner)
        self.zombies.append(older)
        self.checks.note("zombie")
        try:
            await self.cluster.start_shared(name)
        except StoreUnavailable:
            self.checks.note("no younger one came")

    async def _mover(self) -> None:
        """The placement changes under the feet of its owner, as when a process is given up."""
        while True:
            await asyncio.sleep(self.luck.expovariate(1 / self.weather.move_every_s))
            placed = await self.store.placed(TOURNAMENT)
            target = self.luck.choice([OWN, *self.cluster.shared])
            if placed is not None and placed.placement not in (None, target):
                try:
                    await self.store.place(TOURNAMENT, target, placed.placement)
                    self.checks.note("moved")
                except StoreUnavailable:
                    self.checks.note("not moved")

    async def _stop(self) -> None:
        await super()._stop()
        for zombie in self.zombies:
            await zombie.close()
        await self.cluster.close()
