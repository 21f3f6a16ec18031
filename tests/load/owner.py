"""One owner on real Postgres, everything but HTTP: decode, decide, apply, encode, commit."""

import asyncio
import tempfile
from pathlib import Path
from typing import Any

import msgspec
import psutil

from actors.fact_batcher import FactBatcher
from actors.local_directory import LocalDirectory
from api.tournaments.fact_decoder import quickly
from server.domain.tournament import commands
from server.runtime.clock import SystemClock
from server.storage.embedded import EmbeddedPostgres
from server.storage.postgres.engine import migrate
from server.storage.postgres.journal import PostgresJournal, open_pool
from tests.load.measure import RUNS, cpu_of, median, table, timed
from tests.support.builders import HOUR_MS, command_request, create, register

BATCH = 100
BATCHES = 300
PLAYERS = (100, 10_000)


def _bodies(run: int, players: int) -> list[bytes]:
    """JSON as a game platform posts it."""
    return [
        msgspec.json.encode(
            {
                "events": [
                    {
                        "event_id": f"{run}-{b}-{n}-5f1c2a",
                        "player": f"u{(b * BATCH + n) * 7919 % players}",
                        "points": (n % 90 + 10) / 4,
                        "round_id": f"round-{b}",
                    }
                    for n in range(BATCH)
                ]
            }
        )
        for b in range(BATCHES)
    ]


async def _one(
    database_url: str, players: int, in_flight: int
) -> tuple[list[float], list[float], list[float]]:
    """CPU microseconds a fact of the owner's process and of Postgres, and facts a wall second, per run."""
    pool = await open_pool(database_url, 2)
    directory = LocalDirectory(PostgresJournal(pool), SystemClock())
    courier = FactBatcher(directory)
    name = f"bench-{players}-{in_flight}"
    start_ms = SystemClock().now_ms() + HOUR_MS
    await directory.create(command_request(create(name, start_at_ms=start_ms, max_players=None)))
    for first in range(0, players, 500):
        users = range(first, min(first + 500, players))
        await asyncio.gather(*(directory.ask(name, command_request(register(f"u{n}"))) for n in users))
    await directory.ask(name, command_request(commands.Start()))
    own, store, rate = [], [], []
    for run in range(RUNS):
        bodies = _bodies(run, players)
        servers = [p.pid for p in psutil.process_iter() if p.name() == "postgres"]
        before = cpu_of(servers)
        with timed() as found:
            for first in range(0, BATCHES, in_flight):
                batch = bodies[first : first + in_flight]
                await asyncio.gather(*(courier.send(name, quickly(body)) for body in batch))
        facts = BATCH * BATCHES
        own.append(found.cpu_s / facts * 1e6)
        store.append((cpu_of(servers) - before) / facts * 1e6)
        rate.append(facts / found.wall_s)
    await directory.close()
    await pool.close()
    return own, store, rate


def measure() -> tuple[str, dict[str, Any]]:
    """The table and its figures."""
    rows, figures = [], {}
    with (
        tempfile.TemporaryDirectory(prefix="pit-bench-") as folder,
        EmbeddedPostgres(Path(folder) / "pg") as url,
    ):
        migrate(url)
        for players in PLAYERS:
            for in_flight in (1, 8):
                own, store, rate = asyncio.run(_one(url, players, in_flight))
                per_core = 1e6 / median(own)
                figures[f"{players} players, {in_flight} in flight"] = [
                    median(own),
                    median(store),
                    median(rate),
                ]
                cells = [f"{players:,}", str(in_flight), f"{median(own):.1f}", f"{per_core:,.0f}"]
                rows.append([*cells, f"{median(store):.1f}", f"{median(rate):,.0f}"])
    head = [
        "players",
        "batches of 100 in flight",
        "owner's CPU us a fact",
        "facts a CPU second",
        "Postgres CPU us a fact",
        "facts a wall second",
    ]
    return table(head, rows), figures
