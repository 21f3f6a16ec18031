"""Many tournaments start in shared owners and move to processes of their own, under load.

`python -m tests.soak.moves [--tournaments 100] [--facts 2000]`: casinos report facts and spectators watch
every board all the while. Nothing may be lost, no caller may see an error, no frame may be out of order.
"""

import argparse
import asyncio
import json
import statistics
import sys
import time
from dataclasses import asdict, dataclass
from typing import Any

import aiohttp
import asyncpg
import psutil

from tests.compose.casino import PLAYERS, Casino, Platform
from tests.compose.watcher import Watcher
from tests.load.house import up

ROUNDS = 20
_MOVED_WITHIN_S = 570.0
_AFTER_S = 5.0


@dataclass(slots=True)
class Report:
    """What came out. `moved_s`: from the first start until so many had moved; waits are of requests with
    a hundred facts. `wrong` and `troubles` are empty when every promise was kept."""

    tournaments: int
    facts_a_second: int
    shared_at_start: int
    moved_s: dict[str, float]
    longest_wait_s: float
    wait_p50_ms: float
    frames: int
    reconnects: int
    troubles: dict[str, int]
    wrong: list[str]


async def moves(run: dict[str, Any], tournaments: int, facts_a_second: int) -> Report:
    """Start them all, play until each has a process of its own, and check everything."""
    operator = run["operators"][0]
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:
        casino = Casino(http, run["url"], operator["api_key"], operator["game_platform_key"])
        ends, began = asyncio.Event(), time.monotonic()
        made = (casino.tournament(f"Cup {n}", gameSlug="crash-classic") for n in range(tournaments))
        names = await asyncio.gather(*made)
        shared_at_start = tournaments - await _own(run, names)
        platforms = [Platform(casino, name, rounds=ROUNDS) for name in names]
        sockets = run["url"].replace("http", "ws", 1)
        watchers = [Watcher(f"{sockets}/ws/tournaments/{name}") for name in names]
        every_s = PLAYERS * ROUNDS * tournaments / facts_a_second
        tasks = [
            asyncio.create_task(one.play(ends, every_s, every_s * n / tournaments))
            for n, one in enumerate(platforms)
        ]
        watching = [asyncio.create_task(one.watch(ends)) for one in watchers]
        playing = time.monotonic()
        moved_s = await _all_moved(run, names, began, [*tasks, *watching])
        await asyncio.sleep(_AFTER_S)
        seconds = time.monotonic() - playing
        ends.set()
        await asyncio.gather(*tasks)
        for task in watching:
            task.cancel()
        wrong = [f"board of {one.tournament_id}" for one in platforms if not await one.is_right()]
        wrong += [line for one in watchers for line in one.wrong]
        waits = [wait for one in platforms for _, wait in one.waits]
        return Report(
            tournaments=tournaments,
            facts_a_second=round(sum(one.acknowledged for one in platforms) * PLAYERS * ROUNDS / seconds),
            shared_at_start=shared_at_start,
            moved_s=moved_s,
            longest_wait_s=round(max(waits), 2),
            wait_p50_ms=round(statistics.median(waits) * 1_000, 1),
            frames=sum(one.frames for one in watchers),
            reconnects=sum(one.reconnects for one in watchers),
            troubles=dict(casino.troubles),
            wrong=wrong,
        )


async def _all_moved(
    run: dict[str, Any], names: list[str], began: float, tasks: list[asyncio.Task[None]]
) -> dict[str, float]:
    moved_s: dict[str, float] = {}
    while "all" not in moved_s:
        await asyncio.sleep(1)
        own, at_s = await _own(run, names), round(time.monotonic() - began, 1)
        for share, text in ((0.5, "half"), (1.0, "all")):
            if own >= share * len(names):
                moved_s.setdefault(text, at_s)
        assert at_s < _MOVED_WITHIN_S, f"{own} of {len(names)} have moved"
        for task in tasks:
            if task.done():
                task.result()
    return moved_s


async def _own(run: dict[str, Any], names: list[str]) -> int:
    """How many have a process of their own that owns them."""
    db = await asyncpg.connect(run["database_url"])
    sql = (
        "SELECT count(*) FROM leases WHERE tournament_id = ANY($1) AND placed = 'own' AND beat_at IS NOT NULL"
    )
    found: int = await db.fetchval(sql, names)
    await db.close()
    return found


def _resident_gib(run: dict[str, Any]) -> float:
    """Of the whole house, shared pages once."""
    supervisor = psutil.Process(run["pids"]["supervisor"])
    total = 0
    for one in [supervisor, *supervisor.children(recursive=True)]:
        total += one.memory_full_info().pss
    return round(total / 2**30, 2)


def main() -> int:
    """1 when a promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak.moves")
    parser.add_argument("--tournaments", type=int, default=100)
    parser.add_argument("--facts", type=int, default=2_000, help="facts a second, of all together")
    asked = parser.parse_args()
    with up(PITBOSS_OWNERS="adaptive") as run:
        before_gib = _resident_gib(run)
        report = asyncio.run(moves(run, asked.tournaments, asked.facts))
        after_gib = _resident_gib(run)
    memory = {"house_gib_before": before_gib, "house_gib_after": after_gib}
    print(json.dumps(asdict(report) | memory, indent=2))
    return 1 if report.wrong or report.troubles else 0


if __name__ == "__main__":
    sys.exit(main())
