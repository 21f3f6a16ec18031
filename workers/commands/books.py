"""`pitboss verify` and `pitboss export`: the books, checked and written out."""

import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from typing import Annotated

import typer
from rich.progress import Progress

from server.domain.ids import TournamentId
from server.journal.replay import read_state
from server.reports.record import (
    SECTIONS,
    as_csv,
    as_json,
    as_ndjson,
    record_of,
)
from server.runtime.clock import SystemClock
from server.storage.postgres.audit import PostgresAudit, PostgresBooks
from server.storage.postgres.engine import open_engine
from server.storage.postgres.journal import PostgresJournal, open_pool
from workers.commands.running import console, database_url, finished
from workers.commands.verify import (
    Wrong,
    all_tournaments,
    verify_tournament,
    verify_trail,
)


@asynccontextmanager
async def _opened() -> AsyncIterator[tuple[PostgresBooks, PostgresAudit]]:
    url = database_url()
    engine, pool = open_engine(url), await open_pool(url, 2)
    try:
        yield PostgresBooks(engine, PostgresJournal(pool)), PostgresAudit(engine)
    finally:
        await pool.close()
        await engine.dispose()


def verify(
    tournament: Annotated[str | None, typer.Argument(help="One tournament; all when left out.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Check chains, balances, payouts and listings against the logs; name the first wrong row of each."""
    checked, wrong = finished(_verify(tournament))
    if as_json:
        print(json.dumps({"checked": checked, "wrong": [asdict(one) for one in wrong]}))
    else:
        for one in wrong:
            print(f"{one.table} {one.row}: {one.what}")
        print(f"{checked} checked, {len(wrong)} wrong" if wrong else f"{checked} checked, all right")
    raise typer.Exit(1 if wrong else 0)


async def _verify(tournament: str | None) -> tuple[int, list[Wrong]]:
    async with _opened() as (books, audit):
        found = [TournamentId(tournament)] if tournament else [one async for one in all_tournaments(books)]
        wrong = []
        with Progress(console=console, transient=True) as progress:
            for name in progress.track(found, description="tournaments"):
                now_ms = SystemClock().now_ms()
                wrong += [one] if (one := await verify_tournament(books, name, now_ms)) else []
        tenants = [] if tournament else await books.tenants()
        for tenant in tenants:
            wrong += [one] if (one := await verify_trail(audit, tenant)) else []
    return len(found) + len(tenants), wrong


def export(
    tournament: str,
    form: Annotated[str, typer.Option("--format", help="json, ndjson or csv.")] = "json",
    section: Annotated[str, typer.Option(help="For csv: " + ", ".join(SECTIONS[1:]))] = "players",
) -> None:
    """Write the whole record of a tournament to standard output."""
    if form not in ("json", "ndjson", "csv") or section not in SECTIONS[1:]:
        console.print(f"--format is json, ndjson or csv; --section one of {', '.join(SECTIONS[1:])}")
        raise typer.Exit(2)
    finished(_export(TournamentId(tournament), form, section))


async def _export(tournament_id: TournamentId, form: str, section: str) -> None:
    async with _opened() as (books, _):
        if await books.stored(tournament_id) is None:
            console.print(f"there is no tournament {tournament_id}")
            raise typer.Exit(1)
        state, chain, _kept = await read_state(books, tournament_id)
        lines = record_of(state, await books.events(tournament_id, state.seq), chain)
        whole = {"json": as_json, "ndjson": as_ndjson}
        for part in whole[form](lines) if form != "csv" else as_csv(lines, section):
            sys.stdout.buffer.write(part)
