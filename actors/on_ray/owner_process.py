"""What every process of owners does: opens its store on the first call, and says what it is."""

import asyncio
import logging
import os
import resource
from abc import abstractmethod
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Generic, TypeVar

import asyncpg
import ray
import ray.actor

from actors.on_ray.called_together import Asked, CalledTogether
from actors.owner.measured_journal import MeasuredJournal
from actors.owner.process import Process
from actors.owner.room.opening import Rooms
from actors.owner.room.room_clock import RoomClock
from actors.replies import Late, Reply, Unavailable, unavailable
from actors.requests import Message
from actors.shared.policy import OWN
from config import log_lines
from config.node import node_name, node_setting
from config.origin import NOWHERE, within
from server.ports import Publisher, StoreUnavailable
from server.runtime import tracing
from server.runtime.clock import SystemClock
from server.runtime.collector import calm_collector
from server.runtime.counters import Counters, keep_adding
from server.runtime.games import DEFAULT, games_of
from server.runtime.randomness import SystemIds
from server.storage.postgres.journal import PostgresJournal, open_pool

log = logging.getLogger(__name__)

NAMESPACE = "pitboss"
OPTIONS: dict[str, Any] = {
    "namespace": NAMESPACE,
    "lifetime": "detached",
    "get_if_exists": True,
    "max_restarts": -1,
    # Ray's own retry runs a side effect twice; callers retry by command id instead.
    "max_task_retries": 0,
    # Admission is ours: an owner is mostly idle and must not wait for a free core on paper.
    "num_cpus": 0,
    "scheduling_strategy": "SPREAD",
}
_LAST_ANSWERS_S = 0.2


class NodeDrained(Exception):  # noqa: N818 - what is so, no mistake
    """This node is to own nothing any more."""


T = TypeVar("T")


class OwnerProcess(Generic[T]):
    """A Ray actor's class is made of it. What it owns is opened on the first call, also after a restart."""

    def __init__(self) -> None:
        self._open: T | None = None
        self._opening = asyncio.Lock()
        self._together = CalledTogether(self.ask, SystemIds().command_id)
        log_lines.configure(node_setting("LOG_LEVEL") or "INFO", "owner")
        tracing.configure("owner", node_setting("TRACES_URL"), float(node_setting("TRACES_RATIO") or 1))
        calm_collector()

    @abstractmethod
    async def _compose(self, database_url: str, stack: AsyncExitStack) -> T:
        """The composition root. The stack closes what was opened when a later step fails: the next call tries
        again."""

    @abstractmethod
    async def ask(self, tournament_id: str, message: Message) -> Reply:
        """One message to the owner of a tournament."""

    async def ask_many(self, asked: list[Asked]) -> list[Reply | Late]:
        """Several that came together."""
        return await self._together.answers(asked)

    async def late_answer(self, ticket: str) -> Reply:
        """One that was late."""
        return await self._together.late_answer(ticket)

    async def ping(self) -> dict[str, int]:
        """Proof of life: process id, peak resident memory in KiB, CPU time in ms."""
        self._called()
        usage = resource.getrusage(resource.RUSAGE_SELF)
        cpu_ms = round((usage.ru_utime + usage.ru_stime) * 1_000)
        return {"pid": os.getpid(), "rss_max_kib": usage.ru_maxrss, "cpu_ms": cpu_ms}

    async def exit(self) -> None:
        """End this process for good; the directory makes a new one when it is needed again. Answers that were
        given in this moment leave first: who waits for one would hear of a death instead."""
        await asyncio.sleep(_LAST_ANSWERS_S)
        ray.actor.exit_actor()

    async def _leave(self) -> None:
        """Leave the process. Exiting must happen within an actor call, so the actor calls itself."""
        me: Any = ray.get_runtime_context().current_actor
        me.exit.remote()

    def _called(self) -> None:
        """This process was called, also when only to see whether it lives."""

    async def _opened(self) -> T | Unavailable:
        self._called()
        async with self._opening:
            if self._open is None:
                database_url = node_setting("DATABASE_URL")
                if database_url is None:
                    log.error("node_misconfigured", extra={"missing": "PITBOSS_DATABASE_URL"})
                    return Unavailable("PITBOSS_DATABASE_URL is not set on this node", store_away=True)
                try:
                    with within(NOWHERE):  # what begins in it lives on when this caller has its answer
                        async with AsyncExitStack() as stack:
                            self._open = await self._compose(database_url, stack)
                            stack.pop_all()  # it is good; the end of the process closes it
                except NodeDrained:
                    await self._leave()
                    return Unavailable("this node is drained")
                except (OSError, asyncpg.PostgresError) as error:
                    return Unavailable(f"{type(error).__name__}: {error}", store_away=True)
                except StoreUnavailable as error:
                    return unavailable(error)
        return self._open


async def process_on(
    database_url: str, stack: AsyncExitStack, placement: str, connections_max: int, room_clock: bool
) -> tuple[PostgresJournal, Process]:
    """What the activations of this process share. Raises `NodeDrained`."""
    pool = await open_pool(database_url, connections_max)
    stack.push_async_callback(pool.close)
    counters, clock = Counters(), SystemClock()
    journal = MeasuredJournal(pool, counters)
    if node_name() in await journal.draining():
        raise NodeDrained
    kind = OWN if placement == OWN else "shared"
    stack.callback(keep_adding(counters, journal, clock, node_name(), kind).cancel)
    return journal, Process(
        journal,
        clock,
        holder=f"{node_name()}/{os.getpid()}",
        publisher=await _publisher(journal, node_setting("REDIS_URL")),
        rooms=Rooms(games_of(node_setting("GAMES") or DEFAULT), Path(node_setting("SEAL_KEY_FILE") or "")),
        placement=placement,
        room_clock=RoomClock(clock) if room_clock else None,
    )


async def _publisher(journal: PostgresJournal, redis_url: str | None) -> Publisher | None:
    if redis_url is None:
        return None
    # Some MiB that owners without a Redis do not pay.
    from server.broadcast.redis_publisher import RedisPublisher

    return RedisPublisher(redis_url, await journal.secret("carrier"))
