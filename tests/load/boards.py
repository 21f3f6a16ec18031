"""Board reads of one front end beside the same route written plainly in FastAPI over Redis, in one run.

Both with authentication and limits on, both limits in the same Redis, both boards written to five times a
second. CPU is that of the process that serves HTTP; neither Redis nor the owner is counted.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from hashlib import sha256
from typing import Any

import aiohttp
import redis

from tests.load.house import PLAYERS, Load, a_peer, spread, up
from tests.load.measure import RUNS, cpu_of, median, percentile, table
from tests.load.plain import KEY_ID, SECRET
from tests.support.servers import a_redis, url_of

READS = 3_000
CALLERS = 16
_WRITE_EVERY_S = 0.2


async def _measured(
    pid: int, read: Callable[[], Awaitable[None]], write: Callable[[], Awaitable[None]]
) -> tuple[float, float, float]:
    """CPU microseconds a read, reads a wall second, median milliseconds; writes go on meanwhile."""

    async def keep_writing() -> None:
        while True:
            await write()
            await asyncio.sleep(_WRITE_EVERY_S)

    writer = asyncio.create_task(keep_writing())
    await asyncio.sleep(0.3)
    before = cpu_of([pid])
    wall, times = await spread(read, READS, CALLERS)
    used = cpu_of([pid]) - before
    writer.cancel()
    with suppress(asyncio.CancelledError):
        await writer
    return used / READS * 1e6, READS / wall, percentile(times, 50)


def _fill(client: redis.Redis) -> None:
    client.hset("keys", KEY_ID, sha256(SECRET.encode()).hexdigest())
    client.zadd("plain", {f"u{n}": n for n in range(PLAYERS)})
    client.hset("names", mapping={f"u{n}": f"Player {n}" for n in range(PLAYERS)})


async def _compare(
    run: dict[str, Any], plain_url: str, plain_pid: int, client: redis.Redis
) -> dict[str, list[tuple[float, float, float]]]:
    found: dict[str, list[tuple[float, float, float]]] = {"Pitboss": [], "plain FastAPI over Redis": []}
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:
        load = Load(http, run)
        tournament_id = await load.tournament()
        ours = f"{run['url']}/api/tournaments/{tournament_id}/leaderboard?limit=50"
        theirs = f"{plain_url}/api/tournaments/plain/leaderboard?limit=50"
        our_key = {"Authorization": f"Bearer {run['operators'][0]['api_key']}"}
        their_key = {"Authorization": f"Bearer {KEY_ID}:{SECRET}"}

        async def get(url: str, headers: dict[str, str]) -> None:
            async with http.get(url, headers=headers, raise_for_status=True) as answer:
                assert len(await answer.read()) > 1_000

        async def scored() -> None:
            client.zincrby("plain", 1, "u1")

        for _ in range(RUNS):
            ours_cost = await _measured(
                run["pids"]["api"], lambda: get(ours, our_key), lambda: load.facts(tournament_id, 10)
            )
            found["Pitboss"].append(ours_cost)
            theirs_cost = await _measured(plain_pid, lambda: get(theirs, their_key), scored)
            found["plain FastAPI over Redis"].append(theirs_cost)
    return found


def measure() -> tuple[str, dict[str, Any]]:
    """The table and its figures: medians of RUNS runs taken in turn."""
    with a_redis() as client:
        _fill(client)
        redis_url = url_of(client)
        with (
            a_peer("tests.load.plain", redis_url) as (pid, port),
            up(PITBOSS_REDIS_URL=f"{redis_url}/1") as run,
        ):
            runs = asyncio.run(_compare(run, f"http://127.0.0.1:{port}", pid, client))
    middle = {name: [median(row[n] for row in rows) for n in range(3)] for name, rows in runs.items()}
    base = middle["plain FastAPI over Redis"][0]
    lines = [
        [name, f"{cpu:.0f}", f"{1e6 / cpu:,.0f}", f"{base / cpu:.1f}", f"{rate:,.0f}", f"{ms:.1f}"]
        for name, (cpu, rate, ms) in middle.items()
    ]
    head = ["server", "CPU us a read", "reads a CPU second", "times plain", "reads a wall second", "p50, ms"]
    return table(head, lines), {"CPU us, per wall second, p50 ms": middle}
