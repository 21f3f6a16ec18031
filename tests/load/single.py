"""The single request beside plain servers that do the same five things, in one run.

64 connections, 16 for requests of 100 facts; 1,000 players, a board that is written to five times a second
while it is read. CPU is that of the whole server side: front end, owner, Ray, workers, Postgres and Redis.
"""

import asyncio
import itertools
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote

import aiohttp
import asyncpg
import psutil
import redis as redis_client
import uvloop

from server.encoding.wire import instant
from server.runtime.clock import SystemClock
from server.storage.embedded import EmbeddedPostgres
from tests.load.charts import bars
from tests.load.house import Load, up
from tests.load.http_load import for_seconds, send_all
from tests.load.measure import RUNS, cpu_of, family, median, percentile, table
from tests.load.single_requests import OPERATIONS, PLAYERS, our_requests, plain_requests
from tests.support.served import free_port
from tests.support.servers import a_redis, url_of

SECONDS = 1.5
_PEERS = Path(__file__).parent / "peers"
_NODE_PACKAGES = ("fastify@5", "pg@8", "ioredis@5")
_WRITE_EVERY_S = 0.2
_READS = {"rank of one player", "top 50"}
PITBOSS = "Pitboss"
THREE = 3
DOCS = Path(__file__).parents[2] / "docs"


class Server(NamedTuple):
    """What is measured: where it listens, its processes, and its requests by operation."""

    port: int
    pids: Callable[[], list[int]]
    requests: dict[str, Iterator[bytes]]
    played: str = ""
    run: dict[str, Any] = {}  # noqa: RUF012 - of a named tuple, never changed


class Figure(NamedTuple):
    """Of one operation and run: a wall second's, CPU microseconds of servers and generator each, latency."""

    rate: float
    cpu_us: float
    generator_us: float
    p50_ms: float
    p99_ms: float


async def _keep_writing(server: Server) -> None:
    """A board that is read is written to."""
    while True:
        await send_all(server.port, itertools.islice(server.requests["one fact, durable"], 1), 1)
        await asyncio.sleep(_WRITE_EVERY_S)


async def measured(server: Server, name: str, seconds: float = SECONDS) -> Figure:
    """One run of one operation."""
    connections, each = OPERATIONS[name]
    writer = asyncio.create_task(_keep_writing(server)) if name in _READS else None
    before = cpu_of(server.pids())
    told = await send_all(server.port, for_seconds(server.requests[name], seconds), connections)
    used = cpu_of(server.pids()) - before
    if writer is not None:
        writer.cancel()
        await asyncio.gather(writer, return_exceptions=True)
    if told.refused:
        raise RuntimeError(f"{name}: {told.statuses}: {told.refused[0].decode()}")
    done = told.count * each
    middle, tail = percentile(told.times_ms, 50), percentile(told.times_ms, 99)
    return Figure(done / told.wall_s, used / done * 1e6, told.cpu_s / done * 1e6, middle, tail)


Run = dict[str, dict[str, Figure]]


def runs_of(server: Server) -> dict[str, list[Figure]]:
    """All operations in turn, `RUNS` times, after one that is not counted."""
    found: dict[str, list[Figure]] = {name: [] for name in OPERATIONS}
    for n in range(RUNS + 1):
        for name in OPERATIONS:
            figure = uvloop.run(measured(server, name, SECONDS if n else 0.5))
            if n:
                found[name].append(figure)
    return found


@contextmanager
def _plain(command: Callable[[str, str, int], list[str]], *, node: bool) -> Iterator[Server]:
    """A plain server with a Postgres and a Redis of its own."""
    folder = Path(tempfile.mkdtemp(prefix="pit-plain-"))
    folder.chmod(0o755)
    port = free_port("127.0.0.1")
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        if node:
            subprocess.run(
                ["npm", "install", "--silent", "--prefix", str(folder), *_NODE_PACKAGES], check=True
            )
            shutil.copy(_PEERS / "plain_fastify.js", folder)
        client = stack.enter_context(a_redis())
        postgres = EmbeddedPostgres(folder / "data")
        url = stack.enter_context(postgres)
        asyncio.run(_make_tables(url))
        _fill(client)
        process = subprocess.Popen(command(url, url_of(client), port), cwd=folder if node else None)
        stack.callback(process.wait, 60)
        stack.callback(process.terminate)
        time.sleep(3)
        assert postgres.pid is not None
        roots = [process.pid, postgres.pid, client.info()["process_id"]]
        yield Server(port, lambda: [pid for root in roots for pid in family(root)], plain_requests())


async def _make_tables(url: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute((_PEERS / "schema.sql").read_text())
    await connection.close()


def _fill(client: redis_client.Redis) -> None:
    client.zadd("board", {f"u{n}": n for n in range(PLAYERS)})
    client.hset("names", mapping={f"u{n}": f"Player {n}" for n in range(PLAYERS)})


def plain_fastapi() -> Any:
    """FastAPI, asyncpg, redis-py, uvicorn with uvloop and httptools."""
    module = "tests.load.peers.plain_fastapi"
    return _plain(lambda url, redis, port: [sys.executable, "-m", module, url, redis, str(port)], node=False)


def plain_fastify() -> Any:
    """Fastify, pg, ioredis."""

    def command(url: str, redis: str, port: int) -> list[str]:
        return ["node", "plain_fastify.js", unquote(url.partition("host=")[2]), redis, str(port)]

    return _plain(command, node=True)


@contextmanager
def pitboss(**more: str) -> Iterator[Server]:
    """Ours with a Redis: a tournament in play and one that sells."""
    with a_redis() as client, up(PITBOSS_REDIS_URL=f"{url_of(client)}/1", **more) as run:
        played, sold = asyncio.run(_tournaments(run))
        roots = [run["pids"]["api"], run["pids"]["postgres"], client.info()["process_id"]]
        roots.append(psutil.Process(run["pids"]["api"]).ppid())
        requests = our_requests(run["operators"][0], played, sold)
        port = int(run["url"].rpartition(":")[2])
        yield Server(
            port, lambda: sorted({pid for root in roots for pid in family(root)}), requests, played, run
        )


async def _tournaments(run: dict[str, Any]) -> tuple[str, str]:
    start = instant(SystemClock().now_ms() + 7_200_000)
    common = {"name": "Bench", "startTime": start, "gameSlug": "crash-classic", "maxPlayers": 100_000}
    common |= {"visibility": "public"}
    async with aiohttp.ClientSession() as http:
        load = Load(http, run)
        played = (await load.call("POST", "/api/tournaments", common))["tournamentId"]
        path = f"/api/tournaments/{played}"
        for first in range(0, PLAYERS, 20):
            names = ({"userId": f"u{n}"} for n in range(first, first + 20))
            await asyncio.gather(*(load.call("POST", f"{path}/players", body) for body in names))
        await load.call("POST", f"{path}/start", {})
        sold = (await load.call("POST", "/api/tournaments", common | {"entryFee": 10}))["tournamentId"]
    return played, sold


def _servers() -> dict[str, Callable[[], Any]]:
    found: dict[str, Callable[[], Any]] = {PITBOSS: pitboss, "plain FastAPI": plain_fastapi}
    if all(map(shutil.which, ("node", "npm"))):
        return found | {"Fastify (Node)": plain_fastify}
    print("The Node peer is not measured here: node or npm is missing.", flush=True)
    return found


def medians(runs: Iterable[Figure]) -> Figure:
    """The middle of each figure by itself."""
    return Figure(*(median(column) for column in zip(*runs, strict=True)))


def one_run() -> Run:
    """All servers one after the other: medians by server and operation."""
    found = {}
    for name, make in _servers().items():
        with make() as server:
            found[name] = {operation: medians(runs) for operation, runs in runs_of(server).items()}
    return found


def ratios(run: Run) -> dict[str, float]:
    """How many times a peer's answers a second ours are, by operation and peer."""
    return {
        f"{operation}, to {peer}": run[PITBOSS][operation].rate / run[peer][operation].rate
        for operation in OPERATIONS
        for peer in run
        if peer != PITBOSS
    }


def measure() -> tuple[str, dict[str, Any]]:
    """The table and its figures: the middle of three runs, each of which gives medians of `RUNS`."""
    runs = [one_run() for _ in range(THREE)]
    middle = {s: {o: medians(run[s][o] for run in runs) for o in OPERATIONS} for s in runs[0]}
    lines = [[name, *(_cell(middle[server][name]) for server in middle)] for name in OPERATIONS]
    head = ["a second, CPU us of all servers each (p50 / p99 ms)", *middle]
    spread = [
        [name, *(f"{ratios(run)[name]:.2f}" for run in runs), f"{ratios(middle)[name]:.2f}"]
        for name in ratios(middle)
    ]
    (DOCS / "single-requests.svg").write_text(chart(middle))
    tables = table(head, lines) + "\n![the same as a chart](single-requests.svg)\n\n"
    tables += table(["times as many a second", "run 1", "run 2", "run 3", "of the middles"], spread)
    figures = {server: {name: one._asdict() for name, one in of.items()} for server, of in middle.items()}
    return tables, {"middle": figures, "ratios": ratios(middle)}


def _cell(figure: Figure) -> str:
    return f"{figure.rate:,.0f}, {figure.cpu_us:,.0f} ({figure.p50_ms:.1f} / {figure.p99_ms:.1f})"


def chart(run: Run) -> str:
    """Answers a second by operation and server."""
    return bars("Answers a second, logarithmic", {o: {s: run[s][o].rate for s in run} for o in OPERATIONS})
