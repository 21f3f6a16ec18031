"""Counts of processes in memory: the twin of `counts.PostgresCounts`."""

from collections import Counter
from collections.abc import Mapping


class MemoryCounts:
    """`Counts` over a dictionary."""

    def __init__(self) -> None:
        super().__init__()
        self._counts: Counter[tuple[str, str]] = Counter()

    async def add_counts(self, node: str, kind: str, counts: Mapping[str, int]) -> None:
        for name, value in counts.items():
            self._counts[kind, name] += value
