"""Postgres away under load: `python -m tests.soak.outage --seconds 30`. One process without Ray, its own
database."""

import argparse
import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from server.storage.embedded import EmbeddedPostgres
from server.storage.postgres.engine import migrate
from tests.soak.load import Client, Source
from tests.soak.run import _accounts
from tests.support.served import free_port
from workers.commands import masterdata


@dataclass(slots=True)
class Outage:
    """What callers met while the database was away, and after."""

    writes: dict[str, int] = field(default_factory=dict)
    reads: dict[str, int] = field(default_factory=dict)
    slowest_read_s: float = 0.0
    slowest_refusal_s: float = 0.0
    back_after_s: float = 0.0
    acknowledged: int = 0
    wrong: list[str] = field(default_factory=list)


@contextmanager
def a_house(home: Path, database_url: str) -> Iterator[None]:
    """Front end, workers and owners in one process; `run.json` as `pitboss up` would write it."""
    port = free_port("127.0.0.1")
    operators = asyncio.run(masterdata.ensure_demo(database_url, home))
    rows = [{name: getattr(row, name) for name in row.__slots__} for row in operators]
    run = {"url": f"http://127.0.0.1:{port}", "operators": rows, "database_url": database_url, "pids": {}}
    (home / "run.json").write_text(json.dumps(run))
    env = os.environ | {
        "PITBOSS_HOME": str(home),
        "PITBOSS_PORT": str(port),
        "PITBOSS_DATABASE_URL": database_url,
        "PITBOSS_ENGINE": "local",
    }
    with (home / "house.log").open("wb") as log:
        process = subprocess.Popen([sys.executable, "-m", "workers.house"], env=env, stdout=log, stderr=log)
        try:
            yield
        finally:
            process.terminate()
            process.wait(60)


async def outage(home: Path, database: EmbeddedPostgres, seconds: float) -> Outage:
    """Load before, during and after; the database is stopped in between."""
    found = Outage()
    async with aiohttp.ClientSession() as http:
        client = Client(http, home / "run.json")
        name = await client.tournament("Outage")
        sources = [Source(f"s{n}", Client(http, home / "run.json"), name) for n in range(4)]
        stop = asyncio.Event()
        playing = [asyncio.create_task(source.play(stop, 0.05)) for source in sources]
        board = f"/api/tournaments/{name}/leaderboard?limit=50"
        await client.call("GET", board)
        await asyncio.sleep(2)
        await asyncio.to_thread(database.__exit__, None, None, None)
        await _meanwhile(found, http, client.run(), name, board, time.monotonic() + seconds)
        await asyncio.to_thread(database.__enter__)
        begun, before = time.monotonic(), sum(len(source.acknowledged) for source in sources)
        while sum(len(source.acknowledged) for source in sources) == before:
            await asyncio.sleep(0.05)
        found.back_after_s = round(time.monotonic() - begun, 2)
        await asyncio.sleep(2)
        stop.set()
        await asyncio.gather(*playing)
        found.acknowledged = sum(len(source.acknowledged) for source in sources)
        found.wrong = await _accounts(client, [name], sources)
    return found


async def _meanwhile(
    found: Outage, http: aiohttp.ClientSession, run: dict[str, Any], name: str, board: str, until: float
) -> None:
    """Reads and writes of somebody who does not repeat anything, beside the load."""
    keys = {
        kind: {"Authorization": f"Bearer {run['operators'][0][kind]}"}
        for kind in ("api_key", "game_platform_key")
    }
    serial = 0
    while time.monotonic() < until:
        serial += 1
        begun = time.monotonic()
        async with http.get(run["url"] + board, headers=keys["api_key"]) as answer:
            body = await answer.json()
            _count(found.reads, f"{answer.status}{' stale' if body.get('stale') else ''}")
        found.slowest_read_s = round(max(found.slowest_read_s, time.monotonic() - begun), 2)
        begun = time.monotonic()
        path = f"{run['url']}/api/internal/tournaments/{name}/events"
        # A player whom nobody knows: it can never count, whatever becomes of it.
        facts = {"events": [{"event_id": f"probe-{serial}", "player": "nobody", "points": 1}]}
        async with http.post(path, json=facts, headers=keys["game_platform_key"]) as answer:
            assert answer.status != 503 or "Retry-After" in answer.headers
            _count(found.writes, str(answer.status))
        found.slowest_refusal_s = round(max(found.slowest_refusal_s, time.monotonic() - begun), 2)
        await asyncio.sleep(0.2)


def _count(seen: dict[str, int], what: str) -> None:
    seen[what] = seen.get(what, 0) + 1


def run(seconds: float) -> Outage:
    """A house of its own, from start to stop."""
    home = Path(tempfile.mkdtemp(prefix="pit-away-"))
    home.chmod(0o755)
    database = EmbeddedPostgres(home / "pg")
    try:
        with database as url:
            migrate(url)
            with a_house(home, url):
                return asyncio.run(outage(home, database, seconds))
    finally:
        shutil.rmtree(home, ignore_errors=True)


def main() -> int:
    """1 when a promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak.outage")
    parser.add_argument("--seconds", type=float, default=30)
    found = run(parser.parse_args().seconds)
    print(json.dumps(asdict(found), indent=2))
    return 1 if found.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
