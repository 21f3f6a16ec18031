"""`python -m workers`: schedules and housekeeping. Any number may run."""

import asyncio
import signal
import sys

import uvloop

from actors.resources import join_engine, open_owners
from config import logs, settings
from server.chance import SystemIds
from server.clock import SystemClock
from server.storage.engine import open_engine
from server.storage.listings import PostgresListings
from server.storage.operators import PostgresRequests
from server.storage.templates import PostgresTemplates
from workers.housekeeping import Housekeeper
from workers.recurring import Recurring
from workers.schedule import Scheduler


async def _main(loaded: settings.Settings, database_url: str) -> None:
    stop = asyncio.Event()
    for sign in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(sign, stop.set)
    engine = open_engine(database_url)
    owners = await open_owners(loaded, database_url)
    clock = SystemClock()
    scheduler = Scheduler(PostgresListings(engine), owners.directory, clock, SystemIds())
    housekeeper = Housekeeper(PostgresRequests(engine), clock)
    recurring = Recurring(PostgresTemplates(engine), owners.directory, clock)
    work = [asyncio.create_task(worker.run()) for worker in (scheduler, recurring, housekeeper)]
    await asyncio.wait({*work, asyncio.create_task(stop.wait())}, return_when=asyncio.FIRST_COMPLETED)
    for task in work:
        task.cancel()
    await asyncio.gather(*work, return_exceptions=True)
    await owners.close()
    await engine.dispose()


def main() -> int:
    """Run until told to stop."""
    loaded = settings.load_or_exit()
    if loaded.database_url is None or loaded.engine == "local":
        return settings.complain("PITBOSS_DATABASE_URL and a Ray cluster are needed; or use `pitboss up`")
    logs.configure(loaded.log_level, "workers")
    join_engine(loaded)
    uvloop.run(_main(loaded, loaded.database_url))
    return 0


if __name__ == "__main__":
    sys.exit(main())
