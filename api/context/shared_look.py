"""One look at the store for all who ask for the same at the same time."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class SharedLook(Generic[K, V]):
    """A look begins after all who share it have come, so each sees what was stored before it asked. Those who
    come while one is under way wait for the next one."""

    def __init__(self, look: Callable[[K], Awaitable[V]]) -> None:
        self._look = look
        self._running: dict[K, asyncio.Task[V]] = {}
        self._next: dict[K, asyncio.Task[V]] = {}

    async def find(self, key: K) -> V:
        """What the look finds. A caller that leaves does not stop it for the others."""
        task = self._next.get(key)
        if task is None:
            task = self._next[key] = asyncio.create_task(self._after(key, self._running.get(key)))
            task.add_done_callback(_seen)
        return await asyncio.shield(task)

    async def _after(self, key: K, before: asyncio.Task[V] | None) -> V:
        if before is not None:
            await asyncio.wait([before])
        self._running[key] = self._next.pop(key)
        try:
            return await self._look(key)
        finally:
            if key not in self._next:
                del self._running[key]


def _seen(task: asyncio.Task[V]) -> None:
    """All who asked may be gone: asyncio would log a failure that no caller took."""
    if not task.cancelled():
        task.exception()
