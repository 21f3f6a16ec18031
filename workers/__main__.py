"""`python -m workers`: schedules, settlement, housekeeping. Any number may run."""

import asyncio
import signal
import sys

import uvloop

from actors.compose import join_engine, open_owners
from config import logs, settings
from server.storage.postgres.engine import open_engine
from workers.run_all import at_work


async def _main(loaded: settings.Settings, database_url: str) -> None:
    stop = asyncio.Event()
    for sign in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(sign, stop.set)
    engine = open_engine(database_url)
    owners = await open_owners(loaded, database_url)
    async with at_work(engine, owners.directory, allow_private=loaded.allow_private_targets) as crew:
        told = asyncio.create_task(stop.wait())
        await asyncio.wait({*crew.tasks, told}, return_when=asyncio.FIRST_COMPLETED)
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
