"""How long one fact takes when there is room: at a tenth of the greatest rate, alone and beside watchers."""

import asyncio
import itertools
from typing import Any

import uvloop

from tests.load.http_load import send_paced
from tests.load.measure import RUNS, median, percentile, table
from tests.load.single import Server, measured, pitboss
from tests.load.watchers import a_swarm

FACT = "one fact, durable"
WATCHERS, CONNECTIONS, SECONDS = 1_000, 20, 10


async def _paced(server: Server, rate: float) -> tuple[float, float]:
    facts = itertools.islice(server.requests[FACT], int(rate * SECONDS))
    told = await send_paced(server.port, facts, CONNECTIONS, rate)
    if told.refused:
        raise RuntimeError(told.refused[0].decode())
    return percentile(told.times_ms, 50), percentile(told.times_ms, 99)


async def _beside_watchers(server: Server, rate: float) -> list[tuple[float, float]]:
    with a_swarm(server.port, f"/ws/tournaments/{server.played}?spectate", WATCHERS) as swarm:
        await swarm.answer()
        return [await _paced(server, rate) for _ in range(RUNS)]


def measure() -> tuple[str, dict[str, Any]]:
    """The table and its figures."""
    with pitboss() as server:
        greatest = median(uvloop.run(measured(server, FACT)).rate for _ in range(RUNS))
        rate = greatest / 10
        runs = {
            "nothing else": [uvloop.run(_paced(server, rate)) for _ in range(RUNS)],
            f"{WATCHERS:,} watchers of the same board": asyncio.run(_beside_watchers(server, rate)),
        }
    middle = {name: [median(column) for column in zip(*found, strict=True)] for name, found in runs.items()}
    lines = [[name, f"{rate:,.0f}", f"{p50:.1f}", f"{p99:.1f}"] for name, (p50, p99) in middle.items()]
    return table(["beside", "facts a second", "p50, ms", "p99, ms"], lines), {
        "p50, p99 ms": middle,
        "rate": rate,
    }
