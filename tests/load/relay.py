"""`python -m tests.load.relay DATABASE_URL`: one worker that does nothing but send events."""

import asyncio
import sys
from typing import Any

import uvloop

from actors.local_directory import LocalDirectory
from server.runtime.clock import SystemClock
from server.runtime.randomness import SystemIds, jittered
from server.storage.postgres.deliveries import PostgresDeliveries
from server.storage.postgres.engine import open_engine
from server.storage.postgres.feed import PostgresFeed
from workers.delivery.assembly import delivery
from workers.delivery.queues import Queues
from workers.http_client import Outgoing


async def _main(url: str) -> None:
    engine, clock, ids = open_engine(url), SystemClock(), SystemIds()
    feed, deliveries = PostgresFeed(engine), PostgresDeliveries(engine)
    nobody: Any = LocalDirectory(None, clock, jitter=jittered)  # type: ignore[arg-type]
    outside = (nobody, Outgoing(allow_private=True), Queues())
    router, deliverer, _ = delivery(deliveries, feed, *outside, clock, ids, jittered)
    await asyncio.gather(router.run(), deliverer.run())


if __name__ == "__main__":
    uvloop.run(_main(sys.argv[1]))
