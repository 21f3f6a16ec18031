"""Events out: how many a worker relays, and whether an endpoint that never answers delays others."""

import asyncio
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import sqlalchemy as sa

from server.domain.ids import OperatorId, Tenant
from server.ports import Endpoint, EndpointKind
from server.runtime.clock import SystemClock
from server.storage.embedded import EmbeddedPostgres
from server.storage.postgres.endpoints import PostgresEndpoints
from server.storage.postgres.engine import migrate, open_engine
from server.storage.postgres.reader import HOUSE
from tests.load.measure import cpu_of, median, percentile, table
from tests.support.served import free_port

RUNS = 5
BACKLOG = 10_000
STREAMS = 50
RATE_PER_S = 1_000
SECONDS = 10
STEP_S = 0.05
OURS, OTHERS = (Tenant(OperatorId(f"op_{name}"), live=True) for name in ("ours", "others"))
# As long as an ordinary event is.
_PADDING = "operational" * 25
# As a commit does it: events of streams, and their places in the queue.
_ADD = """
WITH next AS (
  INSERT INTO streams (id, operator_id, live, seq) SELECT s, :operator_id, true, :count
  FROM unnest(CAST(:streams AS text[])) s
  ON CONFLICT (id) DO UPDATE SET seq = streams.seq + :count RETURNING id, seq
), told AS (
  INSERT INTO outbox (tournament_id, seq, event_id, event_type, at_ms, data)
  SELECT id, n, 'evt_' || id || '_' || n, 'system.status_changed', :now_ms, :data
  FROM next, generate_series(next.seq - :count + 1, next.seq) n RETURNING tournament_id, seq
)
INSERT INTO unrouted (tournament_id, seq) SELECT tournament_id, seq FROM told ORDER BY tournament_id, seq
"""


class Bench(PostgresEndpoints):
    """A database with endpoints, and somebody who makes events."""

    async def add(self, tenant: Tenant, streams: list[int], count: int) -> None:
        """So many events to each of the streams, made now."""
        now_ms = SystemClock().now_ms()
        data = json.dumps({"status": _PADDING, "message": str(now_ms)}, separators=(",", ":")).encode()
        given = {
            "operator_id": tenant.operator_id,
            "streams": [f"house:{tenant.operator_id}:{number}" for number in streams],
            "count": count,
            "now_ms": now_ms,
            "data": data,
        }
        await self._rows(HOUSE, sa.text(_ADD).bindparams(**given))

    async def direct(self, tenant: Tenant, port: int) -> None:
        """The tenant's events go to this port."""
        url = f"http://127.0.0.1:{port}/"
        secrets = ("whsec_c2VjcmV0LXNlY3JldA==",)
        endpoint = Endpoint(f"ep_{tenant.operator_id}", "main", EndpointKind.WEBHOOK, url, secrets=secrets)
        await self.remove_endpoint(tenant, endpoint.id)
        await self.save_endpoint(tenant, endpoint)

    async def delivered(self, tenant: Tenant) -> int:
        """How many so far."""
        [(_, health)] = await self.endpoints(tenant)
        return health.delivered


class Sink:
    """A receiver in a process of its own."""

    def __init__(self, *how: str) -> None:
        self.port = free_port("127.0.0.1")
        command = [sys.executable, "-m", "tests.load.sink", str(self.port), *how]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.lags: list[float] = []

    async def listen(self) -> None:
        """Read what it says until it ends."""
        out = self.process.stdout
        assert out is not None
        while line := await asyncio.to_thread(out.readline):
            self.lags += map(float, line.split())


@contextmanager
def _processes(url: str) -> Iterator[tuple[subprocess.Popen[bytes], Sink, Sink, Sink]]:
    """A worker and three receivers: ours, the others', and one that never answers."""
    relay: subprocess.Popen[bytes] = subprocess.Popen([sys.executable, "-m", "tests.load.relay", url])
    sinks = (Sink(), Sink(), Sink("hang"))
    try:
        yield relay, *sinks
    finally:
        processes: list[subprocess.Popen[Any]] = [relay, *(sink.process for sink in sinks)]
        for process in processes:
            process.kill()
            process.wait()


def _postgres() -> list[int]:
    return [one.pid for one in psutil.process_iter(["name"]) if one.info["name"] == "postgres"]


async def _backlog(bench: Bench, relay: int) -> dict[str, float]:
    """A backlog is sent: events a second, and CPU microseconds an event of worker and Postgres."""
    clock, before = SystemClock(), await bench.delivered(OURS)
    postgres = _postgres()
    cpu, db, begun = cpu_of([relay]), cpu_of(postgres), clock.now_ms()
    await bench.add(OURS, list(range(STREAMS)), BACKLOG // STREAMS)
    while await bench.delivered(OURS) < before + BACKLOG:
        await asyncio.sleep(0.1)
    seconds = (clock.now_ms() - begun) / 1_000
    return {
        "rate": BACKLOG / seconds,
        "worker_us": (cpu_of([relay]) - cpu) / BACKLOG * 1e6,
        "postgres_us": (cpu_of(postgres) - db) / BACKLOG * 1e6,
    }


async def _steady(bench: Bench, relay: int, ours: Sink) -> dict[str, float]:
    """RATE_PER_S events a second, half of them ours; how late ours came."""
    ours.lags.clear()
    cpu, per_step = cpu_of([relay]), round(RATE_PER_S * STEP_S / 2)
    loop = asyncio.get_running_loop()
    begun = loop.time()
    for step in range(round(SECONDS / STEP_S)):
        some = [(step * per_step + n) % STREAMS for n in range(per_step)]
        await asyncio.gather(bench.add(OURS, some, 1), bench.add(OTHERS, some, 1))
        await asyncio.sleep(begun + (step + 1) * STEP_S - loop.time())
    used, taken = cpu_of([relay]) - cpu, loop.time() - begun
    await asyncio.sleep(1.5)
    return {
        "p50": median(ours.lags),
        "p90": percentile(ours.lags, 90),
        "taken": len(ours.lags) / (SECONDS / STEP_S * per_step),
        "core": used / taken,
    }


async def _measure(url: str) -> dict[str, list[dict[str, float]]]:
    engine = open_engine(url)
    bench = Bench(engine)
    found: dict[str, list[dict[str, float]]] = {"backlog": [], "both take": [], "one hangs": []}
    with _processes(url) as (relay, ours, others, hangs):
        listening = [asyncio.create_task(sink.listen()) for sink in (ours, others, hangs)]
        await bench.direct(OURS, ours.port)
        await asyncio.sleep(3)
        for _ in range(RUNS):
            found["backlog"].append(await _backlog(bench, relay.pid))
            for name, sink in (("both take", others), ("one hangs", hangs)):
                await bench.direct(OTHERS, sink.port)
                found[name].append(await _steady(bench, relay.pid, ours))
                await bench.remove_endpoint(OTHERS, f"ep_{OTHERS.operator_id}")
    await asyncio.gather(*listening)
    await engine.dispose()
    return found


def measure() -> tuple[str, dict[str, Any]]:
    """The tables and their figures: medians of RUNS runs taken in turn."""
    folder = Path(tempfile.mkdtemp(prefix="pit-"))
    folder.chmod(0o755)
    try:
        with EmbeddedPostgres(folder / "pg") as url:
            migrate(url)
            found = asyncio.run(_measure(url))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    middle = {name: {key: median(run[key] for run in runs) for key in runs[0]} for name, runs in found.items()}
    of = middle["backlog"]
    backlog = [[f"{of['rate']:,.0f}", f"{of['worker_us']:.0f}", f"{of['postgres_us']:.0f}"]]
    steady = [
        [name, f"{row['p50']:.0f}", f"{row['p90']:.0f}", f"{row['taken']:.0%}", f"{row['core']:.0%}"]
        for name, row in list(middle.items())[1:]
    ]
    text = table(["a backlog: events/s of one worker", "worker us CPU", "Postgres us CPU"], backlog)
    head = [f"{RATE_PER_S:,} events/s, half ours", "ours p50 ms", "p90 ms", "ours taken", "worker, of a core"]
    return f"{text}\n{table(head, steady)}", {"runs": found, "medians": middle}


if __name__ == "__main__":
    print(measure()[0])
