"""`python -m api`: one front end. Needs `PITBOSS_DATABASE_URL`, and `PITBOSS_RAY_ADDRESS` with Ray."""

import sys

import uvloop

from actors.compose import join_engine, open_directory
from api.compose import open_context
from api.serve import serve
from config import logs, settings
from server.runtime import tracing
from server.storage.postgres.journal import SchemaTooOld


async def _main(loaded: settings.Settings, database_url: str) -> None:
    async with (
        open_directory(loaded, database_url) as directory,
        open_context(loaded, database_url, directory) as ctx,
    ):
        await serve(loaded, ctx, loaded.drain_s)


def main() -> int:
    """Run until told to stop."""
    loaded = settings.load_or_exit()
    if loaded.database_url is None:
        return settings.complain("PITBOSS_DATABASE_URL is needed; `pitboss up` brings its own database")
    if loaded.engine == "local":
        return settings.complain("With PITBOSS_ENGINE=local everything is one process: use `pitboss up`")
    logs.configure(loaded.log_level, "api")
    tracing.configure("api", loaded.traces_url, loaded.traces_ratio)
    join_engine(loaded)
    try:
        uvloop.run(_main(loaded, loaded.database_url))
    except SchemaTooOld as why:
        return settings.complain(str(why))
    return 0


if __name__ == "__main__":
    sys.exit(main())
