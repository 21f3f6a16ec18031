"""`python -m workers.house`: front end, schedule and all tournaments in one process, without Ray.

The composition root of `--engine local`; the only module that may see both doors and back office.
"""

import sys

import uvloop

from api.serve import open_context, serve
from config import logs, settings
from server.storage.postgres.engine import open_engine
from workers.run_all import at_work


async def _main(loaded: settings.Settings, database_url: str) -> None:
    async with open_context(loaded, database_url) as (home, owners):
        engine = open_engine(database_url)
        async with at_work(engine, owners.directory, allow_private=loaded.allow_private_targets):
            await serve(loaded, home)
        await engine.dispose()


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
