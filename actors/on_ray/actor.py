"""One live tournament as a Ray actor: a thin shell round its `Activation`."""

import asyncio
import logging
import os
import resource
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import asyncpg
import ray
import ray.actor

from actors.owner.activation import Activation
from actors.owner.room.opening import Rooms
from actors.replies import Frames, Reply, RoomNews, Unavailable, unavailable
from actors.requests import Message, Poll, RoomPoll
from config import log_lines
from config.limits import OWNER_CONNECTIONS_MAX
from config.node import node_setting
from server.domain.ids import TournamentId
from server.ports import Publisher, StoreUnavailable
from server.runtime.clock import SystemClock
from server.runtime.collector import calm_collector
from server.runtime.games import DEFAULT, games_of
from server.storage.postgres.journal import PostgresJournal, open_pool

log = logging.getLogger(__name__)

NAMESPACE = "pitboss"
ACTOR_OPTIONS: dict[str, Any] = {
    "namespace": NAMESPACE,
    "lifetime": "detached",
    "get_if_exists": True,
    "max_restarts": -1,
    # Ray's own retry runs a side effect twice; callers retry by command id instead.
    "max_task_retries": 0,
    # Admission is ours: an owner is mostly idle and must not wait for a free core on paper.
    "num_cpus": 0,
    # Nodes declare how many owners they have room for; front ends' own nodes declare none.
    "resources": {"tournament": 1},
    "scheduling_strategy": "SPREAD",
    "max_concurrency": 1_000,
}
_LAST_ANSWERS_S = 0.2


class TournamentActor:
    """What runs in the owner's process. The host is opened on the first call, also after a restart."""

    def __init__(self, tournament_id: str) -> None:
        self._tournament_id = TournamentId(tournament_id)
        self._host: Activation | None = None
        self._opening = asyncio.Lock()
        log_lines.configure(node_setting("LOG_LEVEL") or "INFO", "owner")
        calm_collector()

    async def ask(self, message: Message) -> Reply:
        """One message to the owner."""
        host = await self._opened()
        return await host.ask(message) if isinstance(host, Activation) else host

    async def frames(self, poll: Poll) -> Frames | Unavailable:
        """A front end's long poll."""
        host = await self._opened()
        return await host.frames(poll) if isinstance(host, Activation) else host

    async def room_news(self, poll: RoomPoll) -> RoomNews | Unavailable:
        """A front end's long poll on the room."""
        host = await self._opened()
        return await host.room_news(poll) if isinstance(host, Activation) else host

    async def room_time(self, _: None) -> int | Unavailable:
        """Room time, for a front end that sets its own by it."""
        host = await self._opened()
        return await host.room_time() if isinstance(host, Activation) else host

    async def ping(self) -> dict[str, int]:
        """Proof of life: process id, peak resident memory in KiB, CPU time in ms."""
        usage = resource.getrusage(resource.RUSAGE_SELF)
        cpu_ms = round((usage.ru_utime + usage.ru_stime) * 1_000)
        return {"pid": os.getpid(), "rss_max_kib": usage.ru_maxrss, "cpu_ms": cpu_ms}

    async def exit(self) -> None:
        """End this process for good; the directory makes a new one when it is needed again. Answers that were
        given in this moment leave first: who waits for one would hear of a death instead."""
        await asyncio.sleep(_LAST_ANSWERS_S)
        ray.actor.exit_actor()

    async def retire(self) -> None:
        """Checkpoint and let go."""
        if self._host is not None:
            await self._host.retire()

    async def _opened(self) -> Activation | Unavailable:
        async with self._opening:
            if self._host is None:
                database_url = node_setting("DATABASE_URL")
                if database_url is None:
                    log.error("node_misconfigured", extra={"missing": "PITBOSS_DATABASE_URL"})
                    return Unavailable("PITBOSS_DATABASE_URL is not set on this node", store_away=True)
                try:
                    async with AsyncExitStack() as stack:
                        self._host = await self._compose(database_url, stack)
                        stack.pop_all()  # it is good; the end of the process closes it
                except (OSError, asyncpg.PostgresError) as error:
                    return Unavailable(f"{type(error).__name__}: {error}", store_away=True)
                except StoreUnavailable as error:
                    return unavailable(error)
        return self._host

    async def _compose(self, database_url: str, stack: AsyncExitStack) -> Activation:
        """The composition root of an owner. The stack closes what was opened when a later step fails: the next
        call tries again."""
        pool = await open_pool(database_url, OWNER_CONNECTIONS_MAX)
        stack.push_async_callback(pool.close)
        journal = PostgresJournal(pool)
        publisher = await _publisher(journal, node_setting("REDIS_URL"))
        holder = f"ray:{os.getpid()}"
        rooms = Rooms(games_of(node_setting("GAMES") or DEFAULT), Path(node_setting("SEAL_KEY_FILE") or ""))
        name, clock = self._tournament_id, SystemClock()
        return Activation(name, journal, clock, holder, self._retired, publisher, rooms)

    async def _retired(self) -> None:
        """Leave the process. Exiting must happen within an actor call, so the actor calls itself."""
        me: Any = ray.get_runtime_context().current_actor
        me.exit.remote()


async def _publisher(journal: PostgresJournal, redis_url: str | None) -> Publisher | None:
    if redis_url is None:
        return None
    # Some MiB that owners without a Redis do not pay.
    from server.broadcast.redis_publisher import RedisPublisher

    return RedisPublisher(redis_url, await journal.secret("carrier"))


RemoteTournament: Any = ray.remote(TournamentActor)


def get_or_create(tournament_id: str) -> Any:
    """The handle of the owner, created when there is none. The name is a hint; the lease decides.

    The id alone travels: Ray keeps the arguments of an actor in its tables, and those are no place for the
    password of the database. A restarted owner also reads the settings of its node as they are then.
    """
    options = ACTOR_OPTIONS | {"name": f"tournament:{tournament_id}"}
    return RemoteTournament.options(**options).remote(tournament_id)
