"""All owners in this process and event loop: for tests, the simulator and `--engine local`."""

import asyncio
from collections.abc import Callable

from actors.owner.activation import Activation
from actors.owner.create import create_tournament
from actors.owner.process import Process
from actors.owner.room.opening import Rooms
from actors.replies import Frames, Reply, RoomNews, Unavailable
from actors.requests import CommandRequest, Deliver, Message, Poll, RoomPoll
from actors.retry import until_available
from server.domain.ids import TournamentId
from server.ports import Clock, Journal, Publisher
from server.runtime import tracing
from server.runtime.randomness import jittered

Jitter = Callable[[float], float]


class LocalDirectory:
    """`Directory` over hosts in a dictionary."""

    def __init__(
        self,
        journal: Journal,
        clock: Clock,
        holder: str = "local",
        jitter: Jitter = jittered,
        publisher: Publisher | None = None,
        rooms: Rooms | None = None,
    ) -> None:
        self._journal = journal
        self._clock = clock
        self._jitter = jitter
        self._rooms = rooms
        self._process = Process(journal, clock, holder, publisher, rooms)
        self._hosts: dict[str, Activation] = {}
        self.calls = 0

    async def create(self, request: CommandRequest[object]) -> Reply:
        return await until_available(
            self._clock,
            lambda: create_tournament(self._journal, self._clock, request, self._rooms),
            self._jitter,
        )

    async def ask(self, tournament_id: str, message: Message) -> Reply:
        async def once() -> Reply:
            self.calls += 1
            with tracing.span("owner.ask", message=type(message).__name__):
                return await self.host(tournament_id).ask(message)

        return await until_available(self._clock, once, self._jitter)

    async def frames(self, tournament_id: str, poll: Poll) -> Frames | Unavailable:
        return await self.host(tournament_id).frames(poll)

    async def room_news(self, tournament_id: str, poll: RoomPoll) -> RoomNews | Unavailable:
        return await self.host(tournament_id).room_news(poll)

    async def room_time(self, tournament_id: str) -> int | Unavailable:
        return await self.host(tournament_id).room_time()

    async def deliver(self, tournament_id: str, message: Deliver) -> Reply:
        return await self.host(tournament_id).ask(message)

    def host(self, tournament_id: str) -> Activation:
        """The host of a tournament, made when needed."""
        host = self._hosts.get(tournament_id)
        if host is None:

            async def forget() -> None:
                self._hosts.pop(tournament_id, None)

            host = Activation(TournamentId(tournament_id), self._process, forget)
            self._hosts[tournament_id] = host
        return host

    async def keep_up(self) -> None:
        """One process is up or it is not."""

    async def rescue(self) -> int:
        return 0

    async def close(self) -> None:
        await asyncio.gather(*(host.retire() for host in list(self._hosts.values())))
