"""One live tournament as a Ray actor: a thin shell round its `Activation`."""

import asyncio
import logging
from contextlib import AsyncExitStack
from typing import Any

import ray

from actors.on_ray.owner_process import OPTIONS, OwnerProcess, process_on
from actors.owner.activation import Activation
from actors.owner.process import may_share
from actors.replies import Frames, Reply, RoomNews, Unavailable
from actors.requests import Message, Poll, RoomPoll
from actors.shared.policy import OWN
from actors.shared.routes import let_go
from config.connections import OWN_MAX
from config.owner_limits import HAND_OVER_EVERY_S, HAND_OVER_TRIES, UNUSED_LOOK_EVERY_S, UNUSED_LOOKS
from server.domain.ids import TournamentId
from server.ports import Placements
from server.runtime.loops import lasting

log = logging.getLogger(__name__)

# Nodes declare how many owners they have room for; front ends' own nodes declare none.
_OPTIONS = OPTIONS | {"resources": {"tournament": 1}, "max_concurrency": 1_000}


class TournamentActor(OwnerProcess[Activation]):
    """What runs in the process of one tournament."""

    def __init__(self, tournament_id: str) -> None:
        super().__init__()
        self._tournament_id = TournamentId(tournament_id)
        self._placements: Placements
        self._watch: asyncio.Task[None] | None = None

    async def ask(self, _: str, message: Message) -> Reply:
        """One message to the owner."""
        host = await self._opened()
        return await host.ask(message) if isinstance(host, Activation) else host

    async def frames(self, _: str, poll: Poll) -> Frames | Unavailable:
        """A front end's long poll."""
        host = await self._opened()
        return await host.frames(poll) if isinstance(host, Activation) else host

    async def room_news(self, _: str, poll: RoomPoll) -> RoomNews | Unavailable:
        """A front end's long poll on the room."""
        host = await self._opened()
        return await host.room_news(poll) if isinstance(host, Activation) else host

    async def room_time(self, _: str, __: None) -> int | Unavailable:
        """Room time, for a front end that sets its own by it."""
        host = await self._opened()
        return await host.room_time() if isinstance(host, Activation) else host

    async def retire(self) -> None:
        """Checkpoint and let go."""
        if self._open is not None:
            await self._open.retire()

    async def hand_over(self, to: str | None) -> None:
        """Checkpoint and let go in a quiet moment, because the node is drained. A tournament that may share is
        placed there; another one comes back in a process of its own on another node."""
        if (here := self._open) is None:
            await self._leave()
            return
        for _ in range(HAND_OVER_TRIES):
            if here.is_quiet():
                break
            await asyncio.sleep(HAND_OVER_EVERY_S)
        state = here.state
        if to is not None and state is not None and may_share(state):
            await self._placements.place(self._tournament_id, to, OWN)
        await here.retire()

    def _called(self) -> None:
        if self._watch is None:
            self._watch = lasting(self._leave_when_unused())

    async def _leave_when_unused(self) -> None:
        """One that was started and is not needed, or whose owner has ended by a failure and is not asked for,
        would keep its memory and its slot."""
        unused = 0
        while unused < UNUSED_LOOKS:
            await asyncio.sleep(UNUSED_LOOK_EVERY_S)
            unused = unused + 1 if self._open is None or self._open.state is None else 0
        log.info("unused_process_ends", extra={"tournament": self._tournament_id})
        await self._leave()

    async def _compose(self, database_url: str, stack: AsyncExitStack) -> Activation:
        journal, process = await process_on(database_url, stack, OWN, OWN_MAX, room_clock=False)

        async def retired() -> None:
            await let_go(journal, here)
            await self._leave()

        self._placements = journal
        here = Activation(self._tournament_id, process, retired)
        return here


RemoteTournament: Any = ray.remote(TournamentActor)


def get_or_create(tournament_id: str) -> Any:
    """The handle of the owner, created when there is none. The name is a hint; the lease decides.

    The id alone travels: Ray keeps the arguments of an actor in its tables, and those are no place for the
    password of the database. A restarted owner also reads the settings of its node as they are then.
    """
    options = _OPTIONS | {"name": f"tournament:{tournament_id}"}
    return RemoteTournament.options(**options).remote(tournament_id)
