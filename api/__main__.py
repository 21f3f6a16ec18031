"""`python -m api`: one front end. Needs `PITBOSS_DATABASE_URL`, and `PITBOSS_RAY_ADDRESS` with Ray."""

import sys

import uvloop

from actors.resources import join_engine
from api.serve import open_resources, serve
from config import logs, settings


async def _main(loaded: settings.Settings, database_url: str) -> None:
    async with open_resources(loaded, database_url) as (resources, _):
        await serve(loaded, resources)


def main() -> int:
    """Run until told to stop."""
    try:
        loaded = settings.load()
    except settings.WrongSettings as wrong:
        print(wrong, file=sys.stderr)
        return 2
    if loaded.database_url is None:
        print("PITBOSS_DATABASE_URL is needed; `pitboss up` brings its own database", file=sys.stderr)
        return 2
    if loaded.engine == "local":
        print("With PITBOSS_ENGINE=local everything is one process: use `pitboss up`", file=sys.stderr)
        return 2
    logs.configure(loaded.log_level, "api")
    join_engine(loaded)
    uvloop.run(_main(loaded, loaded.database_url))
    return 0


if __name__ == "__main__":
    sys.exit(main())
