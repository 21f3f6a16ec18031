"""The composition root of workers: the same ones beside Ray and in one process."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncEngine

from actors.directory import Directory
from config.connections import COUNTERS_MAX
from config.node import node_name
from config.settings import Settings
from server.runtime.clock import SystemClock
from server.runtime.counters import Counters, keep_adding
from server.runtime.randomness import SystemIds, jittered
from server.storage.postgres.deliveries import PostgresDeliveries
from server.storage.postgres.engine import open_engine
from server.storage.postgres.feed import PostgresFeed
from server.storage.postgres.journal import PostgresJournal, open_pool
from server.storage.postgres.listings import PostgresListings
from server.storage.postgres.operators import PostgresRequests
from server.storage.postgres.payouts import PostgresPayouts
from server.storage.postgres.templates import PostgresTemplates
from workers.delivery.assembly import delivery
from workers.delivery.queues import Queues
from workers.http_client import Outgoing
from workers.loops.beacons import Beacons, Relays
from workers.loops.housekeeping import Housekeeper
from workers.loops.recurring import Recurring
from workers.loops.schedule import Scheduler
from workers.loops.settlement import Settlement

log = logging.getLogger(__name__)


class Worker(Protocol):
    """Runs until it is cancelled."""

    async def run(self) -> None: ...


Tasks = list[asyncio.Task[None]]


@asynccontextmanager
async def open_workers(settings: Settings, database_url: str, directory: Directory) -> AsyncIterator[Tasks]:
    """All workers run until the block ends. A task is done when its worker has failed."""
    async with AsyncExitStack() as stack:
        engine = open_engine(database_url)
        stack.push_async_callback(engine.dispose)
        outgoing, queues = Outgoing(settings.allow_private_targets), Queues()
        relays = Relays(Outgoing(allow_private=True), settings.relays())
        stack.push_async_callback(queues.close)
        stack.push_async_callback(outgoing.close)
        stack.push_async_callback(relays.close)
        pool = await open_pool(database_url, COUNTERS_MAX)
        stack.push_async_callback(pool.close)
        counters = Counters()
        adding = keep_adding(counters, PostgresJournal(pool), SystemClock(), node_name(), "workers")
        stack.callback(adding.cancel)
        workers = _workers(engine, directory, outgoing, queues, relays, counters)
        tasks = [asyncio.create_task(worker.run()) for worker in workers]
        stack.push_async_callback(_stop, tasks)
        yield tasks


def _workers(
    engine: AsyncEngine,
    directory: Directory,
    outgoing: Outgoing,
    queues: Queues,
    relays: Relays,
    counters: Counters,
) -> tuple[Worker, ...]:
    clock, ids = SystemClock(), SystemIds()
    deliveries, feed = PostgresDeliveries(engine), PostgresFeed(engine)
    return (
        Scheduler(PostgresListings(engine), directory, feed, clock, ids, counters),
        Beacons(PostgresListings(engine), directory, relays, clock, ids),
        Recurring(PostgresTemplates(engine), directory, clock),
        Housekeeper(PostgresRequests(engine), deliveries, clock),
        *delivery(deliveries, feed, directory, outgoing, queues, clock, ids, jittered),
        Settlement(PostgresPayouts(engine), directory, outgoing, clock, ids, jittered),
    )


async def _stop(tasks: Tasks) -> None:
    for task in tasks:
        task.cancel()
    for ended in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(ended, Exception):
            log.error("worker_failed", exc_info=ended)
