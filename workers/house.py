"""`python -m workers.house`: front end, schedule and all tournaments in one process, without Ray.

The composition root of `--engine local`; the only module that may see both doors and back office.
"""

import asyncio
import sys

import uvloop

from api.serve import open_resources, serve
from config import logs, settings
from workers.housekeeping import Housekeeper
from workers.recurring import Recurring
from workers.schedule import Scheduler


async def _main(loaded: settings.Settings, database_url: str) -> None:
    async with open_resources(loaded, database_url) as (home, owners):
        scheduler = Scheduler(home.listings, owners.directory, home.clock, home.ids)
        housekeeper = Housekeeper(home.requests, home.clock)
        recurring = Recurring(home.templates, owners.directory, home.clock)
        work = [asyncio.create_task(worker.run()) for worker in (scheduler, recurring, housekeeper)]
        await serve(loaded, home)
        for task in work:
            task.cancel()
        await asyncio.gather(*work, return_exceptions=True)


def main() -> int:
    """Run until told to stop."""
    loaded = settings.load_or_exit()
    if loaded.database_url is None:
        return settings.complain("PITBOSS_DATABASE_URL is needed; `pitboss up` brings its own database")
    logs.configure(loaded.log_level, "house")
    uvloop.run(_main(loaded, loaded.database_url))
    return 0


if __name__ == "__main__":
    sys.exit(main())
