"""Boards pushed to watchers, beside FastAPI's WebSocket over Redis pub/sub, in one run; and what watchers cost
an owner. CPU is that of the process that holds the sockets; messages are as long as ours are."""

import asyncio
import json
import random
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import psutil
import redis

from server.encoding.wire import instant
from server.runtime.clock import SystemClock
from tests.load.house import PLAYERS, Load, a_peer, another_front_end, owner_pid, up
from tests.load.measure import cpu_of, median, table
from tests.load.plain_socket import CHANNEL
from tests.support.servers import a_redis, url_of

SOCKETS = 5_000
RUNS = 3
SECONDS = 8
# At this many the peer has more to send than a core can.
SATURATING = 9_500
FRAMES_PER_S = 5
OURS, TUNED, PLAIN = (
    "Pitboss",
    "FastAPI over Redis pub/sub, deflate off",
    "FastAPI over Redis pub/sub, as it comes",
)
GROWING = (100, 1_000, 5_000)

DeliveryResult = dict[str, float]
Say = Callable[[], Awaitable[None]]


class Swarm:
    """A process of watchers, from here."""

    def __init__(self, port: int, path: str, sockets: int) -> None:
        command = [sys.executable, "-m", "tests.load.swarm", str(port), path, str(sockets), "300"]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    async def answer(self) -> DeliveryResult:
        """Its next line."""
        assert self.process.stdout is not None
        line = await asyncio.to_thread(self.process.stdout.readline)
        told: DeliveryResult = json.loads(line)
        return told

    async def report(self) -> DeliveryResult:
        """What it counted since it was last asked."""
        assert self.process.stdin is not None
        self.process.stdin.write(b"\n")
        self.process.stdin.flush()
        return await self.answer()


@contextmanager
def a_swarm(port: int, path: str, sockets: int) -> Iterator[Swarm]:
    """Connecting, until the block ends."""
    found = Swarm(port, path, sockets)
    try:
        yield found
    finally:
        found.process.kill()
        found.process.wait(30)


async def paced(say: Say, seconds: float) -> None:
    """Call `say` at the rate of frames."""
    due = time.monotonic()
    until = due + seconds
    while due < until:
        await say()
        due = max(due + 1 / FRAMES_PER_S, time.monotonic())
        await asyncio.sleep(due - time.monotonic())


async def served(pid: int, port: int, path: str, sockets: int, say: Say, others: list[int]) -> DeliveryResult:
    """One run: memory a socket, messages a CPU second, lag; and the share of a core that others took."""
    before = psutil.Process(pid).memory_info().rss
    with a_swarm(port, path, sockets) as swarm:
        await swarm.answer()
        await paced(say, 2)
        memory = psutil.Process(pid).memory_info().rss - before
        await swarm.report()
        used, theirs = psutil.Process(pid).cpu_times(), cpu_of(others)
        await paced(say, SECONDS)
        await asyncio.sleep(0.5)
        told = await swarm.report()
        now, others_s = psutil.Process(pid).cpu_times(), cpu_of(others) - theirs
    user_s, system_s = now.user - used.user, now.system - used.system
    await asyncio.sleep(2)
    return told | {
        "kib_each": memory / 1024 / sockets,
        "per_cpu_s": told["messages"] / (user_s + system_s),
        "user_us": user_s / told["messages"] * 1e6,
        "system_us": system_s / told["messages"] * 1e6,
        "delivered": told["messages"] / (sockets * SECONDS * FRAMES_PER_S),
        "core": (user_s + system_s) / SECONDS,
        "others_core": others_s / SECONDS,
    }


async def _theirs(client: redis.Redis, redis_url: str, sockets: int, size: int, *flags: str) -> DeliveryResult:
    luck = random.Random(1)

    async def say() -> None:
        head = f'{{"type":"delta","serverTime":"{instant(SystemClock().now_ms())}","rows":'
        client.publish(CHANNEL, head + _rows(size, luck) + "}")

    with a_peer("tests.load.plain_socket", redis_url, *flags) as (pid, port):
        return await served(pid, port, "/ws/board", sockets, say, [])


def _rows(size: int, luck: random.Random) -> str:
    """Rows as ours are, `size` bytes of them, and other ones each time, as ours are those that changed."""
    rows, position, points = "", 0, 9_000
    players = luck.sample(range(PLAYERS), PLAYERS)
    while len(rows) < size - 90:
        number = players[position % PLAYERS]
        position, points = position + 1, points - luck.randrange(200)
        row = {
            "position": position,
            "rank": position,
            "playerId": f"01a1fe04e149{number * 2654435761 % 2**32:08x}",
            "displayName": f"u{number}",
            "points": points,
        }
        rows += json.dumps(row, separators=(",", ":")) + ","
    return f"[{rows[:-1]}]"


async def _ours(load: Load, run: dict[str, Any], sockets: int) -> DeliveryResult:
    tournament_id = await load.tournament(visibility="public")
    owner = await owner_pid(run, tournament_id)
    port = urlsplit(run["url"]).port
    assert port is not None

    async def say() -> None:
        await load.facts(tournament_id, 3)

    path = f"/ws/tournaments/{tournament_id}?spectate"
    return await served(run["pids"]["api"], port, path, sockets, say, [owner])


def _house(redis_url: str, sockets: list[int]) -> list[DeliveryResult]:
    """Runs with a fresh front end. Facts come in by another one, as the peer's come from a publisher."""

    async def runs(run: dict[str, Any], entrance: str) -> list[DeliveryResult]:
        async with aiohttp.ClientSession() as http:
            load = Load(http, run | {"url": entrance})
            await load.facts(await load.tournament(), 100)
            return [await _ours(load, run, count) for count in sockets]

    with up(PITBOSS_REDIS_URL=f"{redis_url}/1") as run, another_front_end(run) as entrance:
        return asyncio.run(runs(run, entrance))


def _beside(client: redis.Redis, redis_url: str, sockets: int, runs: int) -> dict[str, list[DeliveryResult]]:
    found: dict[str, list[DeliveryResult]] = {OURS: [], TUNED: [], PLAIN: []}
    for _ in range(runs):
        [ours] = _house(redis_url, [sockets])
        size = round(ours["length"])
        found[OURS].append(ours)
        found[TUNED].append(asyncio.run(_theirs(client, redis_url, sockets, size, "--no-deflate")))
        found[PLAIN].append(asyncio.run(_theirs(client, redis_url, sockets, size)))
    return found


def _table(sockets: int, found: dict[str, list[DeliveryResult]]) -> str:
    rows = []
    for name, runs in found.items():
        middle = {key: median(told[key] for told in runs) for key in runs[0]}
        cells = [
            f"{middle['per_cpu_s']:,.0f}",
            f"{middle['user_us']:.1f} + {middle['system_us']:.1f}",
            f"{middle['delivered']:.0%}",
            f"{middle['core']:.0%}",
            f"{middle['lag_p50_ms']:,.0f} / {middle['lag_p90_ms']:,.0f}",
            f"{middle['kib_each']:.1f}",
            f"{middle['bytes'] / middle['messages']:,.0f} of {middle['length']:,.0f}",
        ]
        rows.append([name, *cells])
    head = [
        f"{sockets:,} sockets, {FRAMES_PER_S} frames/s",
        "messages a CPU second",
        "CPU us each: own + kernel",
    ]
    head += [
        "delivered of those due",
        "of a core",
        "lag p50 / p90, ms",
        "KiB a socket",
        "bytes a message, of its text",
    ]
    return table(head, rows)


def measure() -> tuple[str, dict[str, Any]]:
    """The tables and their figures."""
    with a_redis() as client:
        redis_url = url_of(client)
        beside = _beside(client, redis_url, SOCKETS, RUNS)
        crowd = _beside(client, redis_url, SATURATING, 1)
        growing = _house(redis_url, list(GROWING))
    more = [
        [f"{count:,}", f"{told['others_core']:.1%}", f"{told['core']:.0%}", f"{told['lag_p50_ms']:.0f}"]
        for count, told in zip(GROWING, growing, strict=True)
    ]
    below = table(["watchers", "owner, of a core", "front end, of a core", "lag p50, ms"], more)
    tables = [_table(SOCKETS, beside), _table(SATURATING, crowd), below]
    return "\n".join(tables), {"beside": beside, "crowd": crowd, "growing": growing}


if __name__ == "__main__":
    print(measure()[0])
