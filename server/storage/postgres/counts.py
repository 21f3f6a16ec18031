"""Counts of processes on Postgres, over asyncpg alone."""

from abc import abstractmethod
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

T = TypeVar("T")
# In the order of names: two that add at once wait for each other, and never in a circle.
_ADD = (
    "INSERT INTO process_counts AS known (node, kind, name, value)"
    " SELECT $1, $2, * FROM unnest($3::text[], $4::bigint[]) ORDER BY 3"
    " ON CONFLICT (node, kind, name) DO UPDATE SET value = known.value + excluded.value"
)


class PostgresCounts:
    """`Counts`; the class that mixes it in says where connections come from."""

    @abstractmethod
    async def run(self, work: Callable[[Any], Awaitable[T]]) -> T: ...

    async def add_counts(self, node: str, kind: str, counts: Mapping[str, int]) -> None:
        names = sorted(counts)
        values = [counts[name] for name in names]
        await self.run(lambda db: db.execute(_ADD, node, kind, names, values))
