"""`python -m workers.house`: front end, schedule and all tournaments in one process, without Ray.

The composition root of `--engine local`; the only module that may see both doors and back office.
"""

import sys

import uvloop

from actors.compose import open_directory
from api.compose import open_context
from api.serve import serve
from config import logs, settings
from server.runtime import tracing
from workers.compose import open_workers


async def _main(loaded: settings.Settings, database_url: str) -> None:
    async with (
        open_directory(loaded, database_url) as directory,
        open_context(loaded, database_url, directory) as ctx,
        open_workers(loaded, database_url, directory),
    ):
        await serve(loaded, ctx)


def main() -> int:
    """Run until told to stop."""
    loaded = settings.load_or_exit()
    if loaded.database_url is None:
        return settings.complain("PITBOSS_DATABASE_URL is needed; `pitboss up` brings its own database")
    logs.configure(loaded.log_level, "house")
    tracing.configure("house", loaded.traces_url, loaded.traces_ratio)
    uvloop.run(_main(loaded, loaded.database_url))
    return 0


if __name__ == "__main__":
    sys.exit(main())
