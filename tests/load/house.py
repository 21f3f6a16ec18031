"""The whole house over HTTP on loopback: one front end, Ray, Postgres, and this load generator."""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg
import psutil

from server.encoding.wire import instant
from server.runtime.clock import SystemClock
from tests.load.measure import RUNS, cpu_of, median, percentile, table
from tests.support.served import free_port

SINGLES = 400
CALLERS = 64
BATCHES = 40
READS = 600
PLAYERS = 50


_PER_ADDRESS = (
    "PITBOSS_CONNECTIONS_PER_ADDRESS",
    "PITBOSS_SOCKETS_PER_ADDRESS",
    "PITBOSS_REQUESTS_PER_ADDRESS",
)


@contextmanager
def up(**more: str) -> Iterator[dict[str, Any]]:
    """`pitboss up` with more settings; what it wrote down about itself."""
    home = Path(tempfile.mkdtemp(prefix="pit-bench-"))
    home.chmod(0o755)
    # All load comes from this machine's own address.
    unlimited = dict.fromkeys(_PER_ADDRESS, "0")
    # One owner's process is looked at; `tests.load.crowd` is about those that many share.
    alone = {"PITBOSS_OWNERS": "dedicated"}
    env = os.environ | {"PITBOSS_HOME": str(home), "PITBOSS_PORT": "0"} | unlimited | alone | more
    command = [sys.executable, "-m", "workers.cli", "up", "--no-demo"]
    process = subprocess.Popen(command, env=env)
    try:
        while not (home / "run.json").exists():
            if process.poll() is not None:
                raise RuntimeError("pitboss up did not start")
            time.sleep(0.1)
        yield json.loads((home / "run.json").read_text())
    finally:
        process.terminate()
        process.wait(120)
        shutil.rmtree(home, ignore_errors=True)


@contextmanager
def another_front_end(run: dict[str, Any]) -> Iterator[str]:
    """One more front end of a running house: its URL."""
    port = free_port("127.0.0.1")
    env = psutil.Process(run["pids"]["api"]).environ() | {"PITBOSS_PORT": str(port)}
    process = subprocess.Popen([sys.executable, "-m", "api"], env=env)
    url = f"http://127.0.0.1:{port}"
    try:
        while not _is_ready(url):
            if process.poll() is not None:
                raise RuntimeError("the front end did not start")
            time.sleep(0.2)
        yield url
    finally:
        process.terminate()
        process.wait(60)


def _is_ready(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/readyz", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


@contextmanager
def a_peer(module: str, redis_url: str, *flags: str) -> Iterator[tuple[int, int]]:
    """A peer over Redis, fresh for each run, because memory of an earlier one stays taken: pid and port."""
    port = free_port("127.0.0.1")
    process = subprocess.Popen([sys.executable, "-m", module, redis_url, str(port), *flags])
    try:
        time.sleep(3)
        yield process.pid, port
    finally:
        process.terminate()
        process.wait(60)


class Load:
    """One session of a casino and its game platform."""

    def __init__(self, http: aiohttp.ClientSession, run: dict[str, Any]) -> None:
        self.http, self.run = http, run
        self.serial = 0

    async def call(self, method: str, path: str, body: Any = None, key: str = "api_key") -> Any:
        """One request that must succeed."""
        headers = {"Authorization": f"Bearer {self.run['operators'][0][key]}"}
        url = self.run["url"] + path
        async with self.http.request(method, url, json=body, headers=headers, raise_for_status=True) as answer:
            return await answer.json()

    async def tournament(self, **more: Any) -> str:
        """Created, filled, started."""
        start = instant(SystemClock().now_ms() + 3_600_000)
        body = {"name": "Bench", "startTime": start, "gameSlug": "crash-classic"} | more
        made = await self.call("POST", "/api/tournaments", body)
        path = f"/api/tournaments/{made['tournamentId']}"
        for n in range(PLAYERS):
            await self.call("POST", f"{path}/players", {"userId": f"u{n}"})
        await self.call("POST", f"{path}/start", {})
        return str(made["tournamentId"])

    async def facts(self, tournament_id: str, count: int) -> None:
        """Report `count` fresh facts and wait until they are durable."""
        self.serial += 1
        serial = self.serial
        facts = [
            {"event_id": f"{serial}-{n}", "player": f"u{(serial + n) % PLAYERS}", "points": n % 9 + 1}
            for n in range(count)
        ]
        path = f"/api/internal/tournaments/{tournament_id}/events"
        told = await self.call("POST", path, {"events": facts}, "game_platform_key")
        assert told["accepted"] == count


async def spread(work: Callable[[], Awaitable[None]], count: int, callers: int) -> tuple[float, list[float]]:
    """Run `work` `count` times by `callers` at once: wall seconds, and the milliseconds of each."""
    left, times = iter(range(count)), []

    async def caller() -> None:
        for _ in left:
            began = time.perf_counter()
            await work()
            times.append((time.perf_counter() - began) * 1_000)

    began = time.perf_counter()
    await asyncio.gather(*(caller() for _ in range(callers)))
    return time.perf_counter() - began, times


async def _throughput(load: Load, tournament_id: str, owner: int) -> list[list[str]]:
    api = load.run["pids"]["api"]
    board = f"/api/tournaments/{tournament_id}/leaderboard"

    async def read() -> None:
        await load.call("GET", board)

    cases: list[tuple[str, Callable[[], Awaitable[None]], int, int, int]] = [
        ("single fact, one caller (idle)", lambda: load.facts(tournament_id, 1), SINGLES, 1, 1),
        (
            f"single facts, {CALLERS} callers (loaded)",
            lambda: load.facts(tournament_id, 1),
            5 * SINGLES,
            CALLERS,
            1,
        ),
        ("batches of 100, 8 callers", lambda: load.facts(tournament_id, 100), 5 * BATCHES, 8, 100),
        ("board reads (top 50), 16 callers", read, READS, 16, 1),
    ]
    rows = []
    for name, work, count, callers, each in cases:
        rates, middles, tails, fronts, owners = [], [], [], [], []
        for _ in range(RUNS):
            before = cpu_of([api]), cpu_of([owner])
            wall, times = await spread(work, count, callers)
            done = count * each
            rates.append(done / wall)
            middles.append(percentile(times, 50))
            tails.append(percentile(times, 99))
            fronts.append((cpu_of([api]) - before[0]) / done * 1e6)
            owners.append((cpu_of([owner]) - before[1]) / done * 1e6)
        cells = [f"{median(rates):,.0f}", f"{median(middles):.1f} / {median(tails):.1f}"]
        rows.append([name, *cells, f"{median(fronts):.0f}", f"{median(owners):.0f}"])
    return rows


async def owner_pid(run: dict[str, Any], tournament_id: str) -> int:
    """The process of an owner."""
    connection = await asyncpg.connect(run["database_url"])
    holder = await connection.fetchval("SELECT holder FROM leases WHERE tournament_id = $1", tournament_id)
    await connection.close()
    return int(holder.rpartition("/")[2])


async def _life(load: Load) -> list[list[str]]:
    activations, recoveries, memories = [], [], []
    for _ in range(RUNS):
        start = instant(SystemClock().now_ms() + 3_600_000)
        body = {"name": "Bench", "startTime": start, "gameSlug": "crash-classic"}
        made = await load.call("POST", "/api/tournaments", body)
        began = time.perf_counter()
        await load.call("GET", f"/api/tournaments/{made['tournamentId']}/leaderboard")
        activations.append(time.perf_counter() - began)
    tournament_id = await load.tournament()
    for _ in range(RUNS):
        await load.facts(tournament_id, 100)
        pid = await owner_pid(load.run, tournament_id)
        memory = psutil.Process(pid).memory_full_info()
        memories.append((memory.rss / 2**20, memory.uss / 2**20))
        os.kill(pid, signal.SIGKILL)
        began = time.perf_counter()
        await load.facts(tournament_id, 1)
        recoveries.append(time.perf_counter() - began)
    rss, own = median(m[0] for m in memories), median(m[1] for m in memories)
    return [
        ["first answer of a tournament without an owner (new Ray actor)", f"{median(activations):.2f} s"],
        ["next acknowledged fact after SIGKILL of the owner", f"{median(recoveries):.2f} s"],
        ["memory of an owner's process, resident", f"{rss:.0f} MiB"],
        ["of it, its own (not shared with other processes)", f"{own:.0f} MiB"],
    ]


async def _measure(run: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as http:
        load = Load(http, run)
        tournament_id = await load.tournament()
        rates = await _throughput(load, tournament_id, await owner_pid(run, tournament_id))
        life = await _life(load)
    head = ["over HTTP", "per wall second", "p50 / p99, ms", "front end CPU us each", "owner CPU us each"]
    return table(head, rates) + "\n" + table(["life of an owner", "median"], life), {
        "rates": rates,
        "life": life,
    }


def measure() -> tuple[str, dict[str, Any]]:
    """The tables and their figures."""
    with up() as run:
        return asyncio.run(_measure(run))
