"""One tournament takes turns of 50 ms, five a second, in a process that others share: how late are they?

`python -m tests.load.neighbours`: on loopback only. The slowness is planted (`tests/load/planted`). Callers
speak to owners as front ends do, without HTTP.
"""

import asyncio
import itertools
import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from actors.replies import Done
from actors.requests import ReportFacts
from actors.shared.policy import OWN
from server.domain.ids import TournamentId
from server.domain.tournament import commands
from server.encoding.codec import encode_facts
from server.runtime.clock import SystemClock
from tests.load.crowd import driver
from tests.load.house import up
from tests.load.measure import median, percentile, table
from tests.support.builders import HOUR_MS, command_request, create, points, register

TABLES, FACTS_EACH_PER_S = 50, 4
QUIET_S, PLANTED_S, SOON_S = 10.0, 20.0, 5.0
SLOW, TURNS_PER_S = "slow", 5
PLANTED = Path(__file__).parent / "planted"
_serial = itertools.count()


@dataclass(slots=True)
class Neighbours:
    """Tables that share a process with the slow one. `waits`: when each fact was sent, and its ms."""

    directory: Any
    waits: list[tuple[float, float]] = field(default_factory=list)

    async def made(self) -> None:
        """All in play."""
        for name in (SLOW, *self._names()):
            start_ms = SystemClock().now_ms() + HOUR_MS
            made = create(name, start_at_ms=start_ms, max_players=20)
            assert isinstance(await self.directory.create(command_request(made)), Done)
            for order in (register("u0"), register("u1"), commands.Start()):
                assert isinstance(await self.directory.ask(name, command_request(order)), Done)

    def _names(self) -> list[str]:
        return [f"table-{number}" for number in range(TABLES)]

    async def play(self) -> None:
        """A fact each, some times a second, until cancelled."""
        await asyncio.gather(*(self._table(name) for name in self._names()))

    async def _table(self, name: str) -> None:
        while True:
            began = time.monotonic()
            await self._ask(name, _facts(1))
            self.waits.append((began, (time.monotonic() - began) * 1_000))
            await asyncio.sleep(1 / FACTS_EACH_PER_S)

    async def slow(self) -> None:
        """A long turn, some times a second, until cancelled."""
        while True:
            began = time.monotonic()
            await self._ask(SLOW, _facts(1))
            await asyncio.sleep(max(0.0, began + 1 / TURNS_PER_S - time.monotonic()))

    async def _ask(self, name: str, facts: bytes) -> None:
        reply = await self.directory.ask(name, ReportFacts(facts))
        assert isinstance(reply, Done), reply

    def row(self, what: str, begins: float, ends: float) -> list[str]:
        """Of the facts that were sent in between."""
        times = [ms for at, ms in self.waits if begins <= at < ends]
        return [
            what,
            f"{len(times):,}",
            f"{median(times):.0f}",
            f"{percentile(times, 99):.0f}",
            f"{max(times):.0f}",
        ]


def _facts(count: int) -> bytes:
    return encode_facts([points(f"n{next(_serial)}", f"u{number % 2}", 1) for number in range(count)])


async def _measure(directory: Any, journal: Any) -> tuple[str, dict[str, Any]]:
    neighbours = Neighbours(directory)
    await neighbours.made()
    playing = asyncio.create_task(neighbours.play())
    await asyncio.sleep(QUIET_S)
    planted_at = time.monotonic()
    slow = asyncio.create_task(neighbours.slow())
    moved_s = None
    while time.monotonic() < planted_at + PLANTED_S:
        await asyncio.sleep(0.05)
        placed = await journal.placed(TournamentId(SLOW))
        if moved_s is None and placed is not None and placed.placement == OWN:
            moved_s = time.monotonic() - planted_at
        for task in (slow, playing):
            if task.done():
                task.result()
    for task in (slow, playing):
        task.cancel()
    rows = [
        neighbours.row("before", planted_at - QUIET_S, planted_at),
        neighbours.row(f"the first {SOON_S:.0f} s with the slow one", planted_at, planted_at + SOON_S),
        neighbours.row("after that", planted_at + SOON_S, planted_at + PLANTED_S),
    ]
    moved = "not at all" if moved_s is None else f"after {moved_s:.1f} s"
    rows.append(["the slow one moved to a process of its own", moved, "", "", ""])
    head = ["facts of neighbours", "count", "p50 ms", "p99 ms", "most"]
    return table(head, rows), {"rows": rows}


def measure() -> tuple[str, dict[str, Any]]:
    """The table and its figures; one run."""
    with up(PITBOSS_OWNERS="adaptive", PITBOSS_SHARED_OWNERS="1", PYTHONPATH=str(PLANTED)) as run:
        return driver(run, _measure, shared_owners=1)


if __name__ == "__main__":
    os.environ.setdefault("PITBOSS_LOG_LEVEL", "WARNING")
    print(measure()[0])
