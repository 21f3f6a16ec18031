"""What a process has done, counted: kept in memory, and added to the house's counts now and then."""

import asyncio
import logging
from bisect import bisect_left
from collections import Counter
from itertools import accumulate
from typing import Final

from server.ports import Clock, Counts, StoreUnavailable
from server.runtime.loops import go_round

log = logging.getLogger(__name__)

FLUSH_EVERY_S: Final = 10.0
BUCKETS_S: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
"""Upper bounds of all histograms, in seconds."""


class Counters:
    """Counts by name. A duration is counted as `name|bound` for each bound that it does not exceed, with
    `name|count` and `name|us`."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        # By name: how many fell between each bound and the one before, beyond the last one, and microseconds.
        self._durations: dict[str, list[int]] = {}

    def add(self, name: str, amount: int = 1) -> None:
        """Count something."""
        self._counts[name] += amount

    def observe(self, name: str, seconds: float) -> None:
        """Count a duration."""
        row = self._durations.get(name)
        if row is None:
            row = self._durations[name] = [0] * (len(BUCKETS_S) + 2)
        row[bisect_left(BUCKETS_S, seconds)] += 1
        row[-1] += round(seconds * 1_000_000)

    def seen(self) -> dict[str, int]:
        """All that is counted and was not taken."""
        seen = Counter(self._counts)
        for name, (*row, us) in self._durations.items():
            upto = list(accumulate(row))
            found = {f"{name}|{bound}": n for bound, n in zip(BUCKETS_S, upto, strict=False) if n}
            seen.update(found | {f"{name}|count": upto[-1], f"{name}|us": us})
        return dict(seen)

    def take(self) -> dict[str, int]:
        """What was counted since the last call."""
        taken, self._counts, self._durations = self.seen(), Counter(), {}
        return taken

    def give_back(self, taken: dict[str, int]) -> None:
        """Count again what could not be kept."""
        self._counts.update(taken)


def keep_adding(
    counters: Counters, counts: Counts, clock: Clock, node: str, kind: str
) -> "asyncio.Task[None]":
    """Add what a process has counted to the counts of its kind on its node, until the task is cancelled."""

    async def add() -> None:
        if taken := counters.take():
            try:
                await counts.add_counts(node, kind, taken)
            except StoreUnavailable:
                counters.give_back(taken)

    return asyncio.create_task(go_round(clock, FLUSH_EVERY_S, add, "cannot_count"))
