"""`pitboss verify` and `pitboss export`: the books, checked and written out."""

import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from typing import Annotated

import typer
from rich.progress import Progress

from config import settings
from server.domain.ids import TournamentId
from server.journal.replay import read_state
from server.journal.room_replay import Games
from server.reports.record import (
    SECTIONS,
    as_csv,
    as_json,
    as_ndjson,
    record_of,
)
from server.runtime.clock import SystemClock
from server.runtime.games import games_of
from server.storage.postgres.audit import PostgresAudit, PostgresBooks
from server.storage.postgres.engine import open_engine
from server.storage.postgres.journal import PostgresJournal, open_pool
from workers.commands.room_check import RoomCheck
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
    tournament: Annotated[
        str | None, typer.Argument(help="One tournament; all when left out; `fairness` for its flights.")
    ] = None,
    of: Annotated[str | None, typer.Argument(help="With `fairness`: the tournament.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Check chains, balances, payouts, listings and rooms against the logs; name the first wrong row of each.
    `verify fairness ID` checks every flight of a room."""
    if tournament == "fairness":
        raise typer.Exit(_verify_flights(of))
    games = games_of(settings.load_or_exit().games)
    report = finished(_verify(tournament, games))
    if as_json:
        print(json.dumps({"checked": report.checked, "wrong": [asdict(one) for one in report.wrong],
                          "not_replayed": report.left_out}))  # fmt: skip
    else:
        for name, why in report.left_out.items():
            print(f"{name}: not_replayed: {why}")
        for one in report.wrong:
            print(f"{one.table} {one.row}: {one.what}")
        bad = len(report.wrong)
        print(f"{report.checked} checked, {bad} wrong" if bad else f"{report.checked} checked, all right")
    raise typer.Exit(1 if report.wrong else 0)


@dataclass(slots=True)
class Report:
    """What was looked at; `left_out` are rooms that could not be played again, with why."""

    checked: int = 0
    wrong: list[Wrong] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)


async def _verify(tournament: str | None, games: Games) -> Report:
    report = Report()
    async with _opened() as (books, audit):
        found = [TournamentId(tournament)] if tournament else [one async for one in all_tournaments(books)]
        with Progress(console=console, transient=True) as progress:
            for name in progress.track(found, description="tournaments"):
                room, now_ms = RoomCheck(games), SystemClock().now_ms()
                wrong = await verify_tournament(books, name, now_ms, room)
                report.wrong += [] if wrong is None else [wrong]
                report.left_out |= {} if room.left_out is None else {name: room.left_out}
        tenants = [] if tournament else await books.tenants()
        for tenant in tenants:
            report.wrong += [one] if (one := await verify_trail(audit, tenant)) else []
    report.checked = len(found) + len(tenants)
    return report


def _verify_flights(tournament: str | None) -> int:
    """Check the flights of one tournament; the exit code."""
    if tournament is None:
        console.print("Say which tournament: pitboss verify fairness ID")
        return 2
    room = RoomCheck(games_of(settings.load_or_exit().games))
    wrong = finished(_verify_room(TournamentId(tournament), room))
    for line in room.lines():
        print(line)
    if room.left_out is not None:
        print(f"not_replayed: {room.left_out}")
    if wrong is not None:
        print(f"{wrong.table} {wrong.row}: {wrong.what}")
    print(f"{len(room.flights)} flights checked" + ("" if wrong else ", all right"))
    return 1 if wrong else 0


async def _verify_room(tournament_id: TournamentId, room: RoomCheck) -> Wrong | None:
    async with _opened() as (books, _):
        return await verify_tournament(books, tournament_id, SystemClock().now_ms(), room)


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
