"""`python -m tests.load.relay DATABASE_URL`: one worker that does nothing but send events."""

import asyncio
import sys
from typing import Any

import uvloop

from actors.local import LocalDirectory
from server.chance import SystemIds, jittered
from server.clock import SystemClock
from server.ports import Kind
from server.storage.deliveries import PostgresDeliveries
from server.storage.engine import open_engine
from server.storage.feed import PostgresFeed
from workers.events.acks import Acks
from workers.events.alarms import Alarms
from workers.events.deliverer import Deliverer
from workers.events.router import Router
from workers.events.webhooks import Webhooks
from workers.outgoing import Outgoing


async def _main(url: str) -> None:
    engine, clock, ids = open_engine(url), SystemClock(), SystemIds()
    feed, deliveries = PostgresFeed(engine), PostgresDeliveries(engine)
    senders: dict[Kind, Any] = {Kind.WEBHOOK: Webhooks(Outgoing(allow_private=True))}
    acks = Acks(LocalDirectory(None, clock, jitter=jittered), ids.command_id)  # type: ignore[arg-type]
    deliverer = Deliverer(deliveries, senders, Alarms(deliveries, feed, clock), acks, clock, ids, jittered)
    await asyncio.gather(Router(feed, clock).run(), deliverer.run())


if __name__ == "__main__":
    uvloop.run(_main(sys.argv[1]))
