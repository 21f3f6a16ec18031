"""`python -m workers`: schedules, settlement, housekeeping. Any number may run."""

import asyncio
import signal
import sys

import uvloop

from actors.compose import join_engine, open_directory
from config import logs, settings
from server.runtime import tracing
from server.storage.postgres.journal import SchemaTooOld
from workers.compose import open_workers


async def _main(loaded: settings.Settings, database_url: str) -> None:
    stop = asyncio.Event()
    for sign in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(sign, stop.set)
    async with (
        open_directory(loaded, database_url) as directory,
        open_workers(loaded, database_url, directory) as tasks,
    ):
        stopped = asyncio.create_task(stop.wait())
        await asyncio.wait({*tasks, stopped}, return_when=asyncio.FIRST_COMPLETED)


def main() -> int:
    """Run until told to stop."""
    loaded = settings.load_or_exit()
    if loaded.database_url is None or loaded.engine == "local":
        return settings.complain("PITBOSS_DATABASE_URL and a Ray cluster are needed; or use `pitboss up`")
    logs.configure(loaded.log_level, "workers")
    tracing.configure("workers", loaded.traces_url, loaded.traces_ratio)
    join_engine(loaded)
    try:
        uvloop.run(_main(loaded, loaded.database_url))
    except SchemaTooOld as why:
        return settings.complain(str(why))
    return 0


if __name__ == "__main__":
    sys.exit(main())
