"""A large evening: 100,000 players, 10,000 facts a second, 1,000 watchers; does the tick keep its rate?

`python -m tests.load.peak`: bounded in time, on loopback only.
"""

import asyncio
import itertools
import json
import random
import time
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import psutil

from server.storage.postgres.journal import PostgresJournal, open_pool
from tests.load.durability import written
from tests.load.house import Load, owner_pid, up
from tests.load.measure import cpu_of, median, percentile, table
from tests.load.watchers import Swarm, a_swarm
from tests.support.servers import a_redis, url_of

PLAYERS = 100_000
WATCHERS = 1_000
BATCH, BATCHES_PER_S = 1_000, 10
WARM_S, SECONDS = 5, 20
NAME = "peak"


def _bodies(count: int) -> list[bytes]:
    """Batches of facts about random players; the first of each moves one of the leaders, so that every tick
    has something to show."""
    luck, serial = random.Random(1), itertools.count()

    def fact(player: int, points: int) -> dict[str, Any]:
        return {"event_id": f"p{next(serial)}", "player": f"u{player}", "points": points}

    batches = (
        [fact(number % 50, 1_000), *(fact(luck.randrange(PLAYERS), 1) for _ in range(BATCH - 1))]
        for number in range(count)
    )
    return [json.dumps({"events": batch}).encode() for batch in batches]


async def _report(load: Load, bodies: list[bytes]) -> list[float]:
    """Send batches at their rate, whether or not those before are answered; milliseconds of each."""
    headers = {"Authorization": f"Bearer {load.run['operators'][0]['game_platform_key']}"}
    url = f"{load.run['url']}/api/internal/tournaments/{NAME}/events"
    times: list[float] = []

    async def one(body: bytes) -> None:
        began = time.perf_counter()
        async with load.http.post(url, data=body, headers=headers, raise_for_status=True) as answer:
            told = await answer.json()
            assert told["accepted"] == BATCH, told
        times.append((time.perf_counter() - began) * 1_000)

    begun, sending = time.perf_counter(), []
    for number, body in enumerate(bodies):
        await asyncio.sleep(begun + number / BATCHES_PER_S - time.perf_counter())
        sending.append(asyncio.create_task(one(body)))
    await asyncio.gather(*sending)
    return times


async def _evening(load: Load, swarm: Swarm, owner: int) -> list[tuple[str, str]]:
    api = load.run["pids"]["api"]
    bodies = _bodies((WARM_S + SECONDS) * BATCHES_PER_S)
    cut = WARM_S * BATCHES_PER_S
    await _report(load, bodies[:cut])
    await swarm.report()
    begun, before = time.perf_counter(), (cpu_of([owner]), cpu_of([api]))
    times = await _report(load, bodies[cut:])
    taken, told = time.perf_counter() - begun, await swarm.report()
    used = cpu_of([owner]) - before[0], cpu_of([api]) - before[1]
    return [
        ("facts acknowledged a second", f"{len(times) * BATCH / taken:,.0f}"),
        ("a batch of 1,000, p50 / p90 ms", f"{median(times):.0f} / {percentile(times, 90):.0f}"),
        ("messages a watcher and second (5 ticks, room)", f"{told['messages'] / WATCHERS / taken:.2f}"),
        ("lag of a frame, p50 / p90 ms", f"{told['lag_p50_ms']:.0f} / {told['lag_p90_ms']:.0f}"),
        ("owner, of a core", f"{used[0] / taken:.0%}"),
        ("front end, of a core", f"{used[1] / taken:.0%}"),
        ("owner, resident MiB", f"{psutil.Process(owner).memory_info().rss / 2**20:.0f}"),
    ]


async def _measure(run: dict[str, Any]) -> list[tuple[str, str]]:
    pool = await open_pool(run["database_url"], 2)
    await written(PostgresJournal(pool), NAME, PLAYERS, 1_000, public=True)
    await pool.close()
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=120)) as http:
        load = Load(http, run)
        await load.call("GET", f"/api/tournaments/{NAME}/status")
        for _ in range(60):
            try:
                await load.call("GET", f"/api/tournaments/{NAME}/leaderboard")
                break
            except aiohttp.ClientResponseError:
                await asyncio.sleep(1)
        owner, port = await owner_pid(run, NAME), urlsplit(run["url"]).port
        assert port is not None
        with a_swarm(port, f"/ws/tournaments/{NAME}?spectate", WATCHERS) as swarm:
            await swarm.answer()
            return await _evening(load, swarm, owner)


def measure() -> tuple[str, dict[str, Any]]:
    """The table and its figures; one run."""
    with a_redis() as client, up(PITBOSS_REDIS_URL=f"{url_of(client)}/1") as run:
        rows = asyncio.run(_measure(run))
    head = [f"{PLAYERS:,} players, {WATCHERS:,} watchers", f"{SECONDS} s"]
    return table(head, [list(row) for row in rows]), dict(rows)


if __name__ == "__main__":
    print(measure()[0])
