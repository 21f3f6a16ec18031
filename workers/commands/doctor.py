"""`pitboss doctor`: looks at everything that a house stands on, and says what to do."""

import asyncio
import json
import os
import shutil
import socket
from collections.abc import Callable, Coroutine
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import available_timezones

import asyncpg
import typer
from rich.console import Console

from config import settings
from config.connections import connections_needed
from config.owner_limits import SILENT_AFTER_S
from server.ports import HouseView
from server.runtime.clock import SystemClock
from server.storage.postgres.engine import head_revision, open_engine
from server.storage.postgres.overview import PostgresOverview
from workers.commands.running import database_url

Verdict = Literal["ok", "warning", "wrong"]
_COLOURS: dict[Verdict, str] = {"ok": "green", "warning": "yellow", "wrong": "red"}
_POSTGRES_MIN = 140_000
_DISK_MIN_GIB = 2
_CLOCK_OFF_MAX_MS = 500


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; `advice` where it is not well."""

    what: str
    verdict: Verdict
    seen: str
    advice: str = ""


def doctor(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Look at database, Redis, Ray, disk, keys, migrations, clocks and owners; exit with 1 when something is
    wrong."""
    loaded = settings.load_or_exit()
    findings = asyncio.run(_all(loaded))
    if as_json:
        print(json.dumps([asdict(one) for one in findings], indent=2))
    else:
        for one in findings:
            colour = _COLOURS[one.verdict]
            Console().print(f"[{colour}]{one.verdict:8}[/{colour}] {one.what:12} {one.seen}", highlight=False)
            if one.advice:
                Console().print(f"{'':22}{one.advice}", highlight=False)
    raise typer.Exit(any(one.verdict == "wrong" for one in findings))


async def _all(loaded: settings.Settings) -> list[Finding]:
    url = database_url(loaded)
    found = _files(loaded)
    try:
        db = await asyncpg.connect(url, timeout=5)
    except (OSError, asyncpg.PostgresError, TimeoutError) as error:
        advice = "Start Postgres, or set PITBOSS_DATABASE_URL to one that runs."
        return [*found, Finding("database", "wrong", f"cannot be reached: {error}", advice)]
    try:
        found += await _database(db)
        engine = open_engine(url)
        if await _is_current(db):
            view = await PostgresOverview(engine).house_view(SystemClock().now_ms())
            found += [*_owners(view), _connections(view, loaded)]
        await engine.dispose()
    finally:
        await db.close()
    return [*found, *await _others(loaded)]


def _judged(what: str, is_well: bool, seen: str, advice: str, otherwise: Verdict = "wrong") -> Finding:
    """Advice is for what is not well."""
    return Finding(what, "ok", seen) if is_well else Finding(what, otherwise, seen, advice)


async def _database(db: Any) -> list[Finding]:
    version = int(await db.fetchval("SHOW server_version_num"))
    mode = await db.fetchval("SHOW synchronous_commit")
    began_ms = SystemClock().now_ms()
    theirs_ms = float(await db.fetchval("SELECT extract(epoch FROM clock_timestamp())::float8 * 1000"))
    off_ms = round(theirs_ms - (began_ms + SystemClock().now_ms()) / 2)
    ntp, on = "Let NTP set the clocks of all machines.", "Set it to on: answers promise durability."
    seen, newer = f"Postgres {version // 10_000}", "Postgres 14 or newer is needed."
    off, near = f"{off_ms} ms off the database's", abs(off_ms) <= _CLOCK_OFF_MAX_MS
    newest = f"the newest schema is {head_revision()}"
    return [
        _judged("database", version >= _POSTGRES_MIN, seen, newer),
        _judged("commits", mode == "on", f"synchronous_commit is {mode}", on),
        _judged("clock", near, off, ntp, otherwise="warning"),
        _judged("migrations", await _is_current(db), newest, "The database is older: run `pitboss migrate`."),
    ]


async def _is_current(db: Any) -> bool:
    try:
        found: str | None = await db.fetchval("SELECT version_num FROM alembic_version")
    except asyncpg.UndefinedTableError:
        return False
    return found == head_revision()


def _owners(view: HouseView) -> list[Finding]:
    advice = "Nothing calls it, or its node is gone: it comes back with the next call. See the node's log."
    found = []
    for one in view.owners:
        lives, late_ms = one.silent_s < SILENT_AFTER_S, one.lag_us // 1_000
        seen = f"{one.tournaments} tournaments, loop {late_ms} ms late, silent for {one.silent_s:.1f} s"
        if lives or one.tournaments:
            found.append(_judged(one.placement, lives, seen, advice, otherwise="warning"))
    seen = f"{view.overdue} tournaments have a step due since a minute"
    advice = "Do workers run? `pitboss top` shows owners; the workers' log has `schedule_failed`."
    return [*found, _judged("schedule", not view.overdue, seen, advice, otherwise="warning")]


def _connections(view: HouseView, loaded: settings.Settings) -> Finding:
    own = sum(count for (_, where), count in view.tournaments.items() if where == "own")
    most = connections_needed(front_ends=1, workers=1, shared_owners=loaded.shared_owners, own=own)
    seen = f"{view.connections} open, at most {most} needed with one front end, {view.connections_max} allowed"
    advice = "Raise max_connections, or let more tournaments share (PITBOSS_SHARED_PLAYERS_MAX)."
    return _judged("connections", most <= view.connections_max, seen, advice, otherwise="warning")


def _files(loaded: settings.Settings) -> list[Finding]:
    zones = len(available_timezones())
    home = loaded.home if loaded.home.exists() else loaded.home.resolve().parent
    free_gib = shutil.disk_usage(home).free / 2**30
    full, seen = "Make room: a full disk stops commits.", f"{free_gib:.1f} GiB free in {home}"
    return [
        _judged("disk", free_gib >= _DISK_MIN_GIB, seen, full, otherwise="warning"),
        _judged("time zones", zones > 0, f"{zones} known", "Install tzdata."),
        _key("token key", loaded.token_key_path()),
        _key("seal key", loaded.seal_key_path()),
    ]


def _key(what: str, path: Path) -> Finding:
    if not path.exists():
        return Finding(what, "warning", f"{path} is not there", "It is made by the first start; keep it.")
    mode = path.stat().st_mode & 0o777
    is_ours = not mode & 0o077 and os.access(path, os.R_OK)
    return _judged(what, is_ours, f"{path}, mode {mode:o}", f"Others may read it: chmod 600 {path}")


async def _others(loaded: settings.Settings) -> list[Finding]:
    checks: list[tuple[str, str | None, Callable[[str], Coroutine[Any, Any, str]], str]] = [
        ("Redis", loaded.redis_url, _redis, "Without it front ends poll owners; is PITBOSS_REDIS_URL right?"),
        ("Ray", loaded.ray_address, _ray, "Is the head up? Owners go on without it; new ones do not start."),
    ]
    found = []
    for what, address, look, advice in checks:
        if address is None:
            found.append(Finding(what, "ok", "not set"))
            continue
        try:
            found.append(Finding(what, "ok", await look(address)))
        except Exception as error:
            found.append(Finding(what, "wrong", f"{type(error).__name__}: {error}", advice))
    return found


async def _redis(url: str) -> str:
    from redis.asyncio import Redis

    client = Redis.from_url(url, socket_timeout=3)
    try:
        return f"version {(await client.info('server'))['redis_version']}"
    finally:
        await client.aclose()


async def _ray(address: str) -> str:
    host, _, port = address.rpartition(":")
    with socket.create_connection((host, int(port)), timeout=3):
        return f"{address} takes connections"
