"""Everybody who works behind the scenes, together: the same crew beside Ray and in one process."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine

from actors.directory import Directory
from server.runtime.clock import SystemClock
from server.runtime.ids import SystemIds, jittered
from server.storage.postgres.deliveries import PostgresDeliveries
from server.storage.postgres.feed import PostgresFeed
from server.storage.postgres.listings import PostgresListings
from server.storage.postgres.operators import PostgresRequests
from server.storage.postgres.payouts import PostgresPayouts
from server.storage.postgres.templates import PostgresTemplates
from workers.delivery.assembly import delivery
from workers.delivery.queues import Queues
from workers.http_client import Outgoing
from workers.loops.housekeeping import Housekeeper
from workers.loops.recurring import Recurring
from workers.loops.schedule import Scheduler
from workers.loops.settlement import Settlement

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Crew:
    """The running tasks; done when one of them fails."""

    tasks: list[asyncio.Task[None]]


@asynccontextmanager
async def at_work(engine: AsyncEngine, directory: Directory, *, allow_private: bool) -> AsyncIterator[Crew]:
    """All workers run until the block ends."""
    clock, ids = SystemClock(), SystemIds()
    outgoing, queues = Outgoing(allow_private), Queues()
    deliveries, feed = PostgresDeliveries(engine), PostgresFeed(engine)
    workers = (
        Scheduler(PostgresListings(engine), directory, feed, clock, ids),
        Recurring(PostgresTemplates(engine), directory, clock),
        Housekeeper(PostgresRequests(engine), deliveries, clock),
        *delivery(deliveries, feed, directory, outgoing, queues, clock, ids, jittered),
        Settlement(PostgresPayouts(engine), directory, outgoing, clock, ids, jittered),
    )
    tasks = [asyncio.create_task(worker.run()) for worker in workers]
    try:
        yield Crew(tasks)
    finally:
        for task in tasks:
            task.cancel()
        for ended in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(ended, Exception):
                log.error("worker_failed", exc_info=ended)
        await outgoing.close()
        await queues.close()
