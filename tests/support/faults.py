"""What tests plant: a store that is away at the wrong moment, and ids that tell their order."""

from collections.abc import Awaitable, Callable
from typing import Any

from server.ports import StoreUnavailable


async def troubled(trouble: Callable[[], str | None] | None, write: Callable[[], Awaitable[Any]]) -> None:
    """A write that is refused `before` it is stored, or whose answer is lost `after`."""
    when = trouble() if trouble else None
    if when == "before":
        raise StoreUnavailable("planted before")
    await write()
    if when == "after":
        raise StoreUnavailable("planted after")


class CommandIds:
    """Ids one after the other."""

    def __init__(self, prefix: str) -> None:
        self._prefix, self._count = prefix, 0

    def command_id(self) -> str:
        self._count += 1
        return f"{self._prefix}-{self._count}"
