"""What processes have done, counted for the whole house."""

from collections.abc import Mapping
from typing import Protocol


class Counts(Protocol):
    """Counts only grow."""

    async def add_counts(self, node: str, kind: str, counts: Mapping[str, int]) -> None:
        """Add to the counts of a kind of process on a node."""
