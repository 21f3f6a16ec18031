"""`pitboss top`: what goes on in a house, in a terminal."""

import asyncio
import json
import time
from dataclasses import asdict
from typing import Annotated, Any, get_args

import typer
from rich.console import Console
from rich.live import Live
from rich.table import Table

from server.ports import HouseView, Where
from server.runtime.clock import SystemClock
from server.storage.postgres.engine import open_engine
from server.storage.postgres.overview import PostgresOverview
from workers.commands.running import database_url, finished


def top(
    every_s: Annotated[float, typer.Option("--every", min=0.2, help="Seconds between two looks.")] = 2.0,
    once: Annotated[bool, typer.Option("--once", help="Look once, and end.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Look once, and print JSON.")] = False,
) -> None:
    """Show live tournaments, where they live, their processes and the database, until Ctrl-C."""
    finished(_look(database_url(), every_s, once=once or as_json, as_json=as_json))


async def _look(url: str, every_s: float, *, once: bool, as_json: bool) -> None:
    engine = open_engine(url)
    overview = PostgresOverview(engine)
    try:
        view, at_s = await overview.house_view(SystemClock().now_ms()), time.monotonic()
        if as_json:
            print(json.dumps(as_plain(view), indent=2))
            return
        if once:
            Console().print(shown(view, None))
            return
        with Live(shown(view, None), auto_refresh=False) as live:
            while True:
                await asyncio.sleep(every_s)
                before, before_s = view, at_s
                view, at_s = await overview.house_view(SystemClock().now_ms()), time.monotonic()
                live.update(shown(view, (view.commits - before.commits) / (at_s - before_s)), refresh=True)
    except (KeyboardInterrupt, asyncio.CancelledError):
        return
    finally:
        await engine.dispose()


def as_plain(view: HouseView) -> dict[str, Any]:
    """The view as JSON has it."""
    by_status: dict[str, dict[str, int]] = {}
    for (status, where), count in view.tournaments.items():
        by_status.setdefault(status, {})[where] = count
    return {
        "tournaments": by_status,
        "overdue": view.overdue,
        "owners": [asdict(one) for one in view.owners],
        "database": {
            "commits": view.commits,
            "connections": view.connections,
            "connectionsMax": view.connections_max,
        },
    }


def shown(view: HouseView, commits_per_s: float | None) -> Table:
    """One table of all."""
    page = Table.grid()
    tournaments = Table("tournaments", "own process", "shared", "not placed", title_justify="left")
    for status, counts in as_plain(view)["tournaments"].items():
        tournaments.add_row(status.replace("_", " "), *(f"{counts[where]:,}" for where in get_args(Where)))
    owners = Table("shared owner", "tournaments", "loop late, ms", "silent, s")
    for one in view.owners:
        owners.add_row(
            one.placement, f"{one.tournaments:,}", f"{one.lag_us / 1_000:.0f}", f"{one.silent_s:.1f}"
        )
    rest = Table("house", "")
    rest.add_row("overdue", str(view.overdue))
    rest.add_row("connections", f"{view.connections} of {view.connections_max}")
    rest.add_row("commits a second", "-" if commits_per_s is None else f"{commits_per_s:,.0f}")
    for part in (tournaments, owners, rest):
        page.add_row(part)
    return page
