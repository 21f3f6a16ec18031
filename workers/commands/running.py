"""Which database the command line works on: the one of the settings, else that of the house which runs."""

import asyncio
import json
from collections.abc import Coroutine
from typing import Any, TypeVar

import asyncpg
import typer
from rich.console import Console

from config import settings
from server.ports import StoreUnavailable
from server.storage.postgres.journal import SchemaTooOld

console = Console(stderr=True, highlight=False)
T = TypeVar("T")


def database_url(loaded: settings.Settings | None = None) -> str:
    """`PITBOSS_DATABASE_URL`, else what `pitboss up` wrote down in the home folder. One line and exit code 2
    when there is neither."""
    loaded = loaded or settings.load_or_exit()
    if loaded.database_url is not None:
        return loaded.database_url
    path = loaded.home / "run.json"
    try:
        return str(json.loads(path.read_text())["database_url"])
    except (OSError, ValueError, KeyError):
        console.print(
            f"No database: set PITBOSS_DATABASE_URL, or start `pitboss up` (there is no {path};"
            " PITBOSS_HOME says where to look)"
        )
        raise typer.Exit(2) from None


def finished(work: Coroutine[Any, Any, T]) -> T:
    """The result of some work, or one line and exit code 1 when something is missing, wrong or away."""
    try:
        return asyncio.run(work)
    except (LookupError, ValueError) as wrong:
        console.print(str(wrong.args[0] if wrong.args else wrong))
        raise typer.Exit(1) from None
    except SchemaTooOld as old:
        console.print(str(old))
        raise typer.Exit(1) from None
    except (StoreUnavailable, OSError) as away:
        console.print(f"The database cannot be reached: {away}")
        raise typer.Exit(1) from None
    except asyncpg.PostgresError as refused:
        console.print(f"The database refuses: {refused}")
        raise typer.Exit(1) from None
