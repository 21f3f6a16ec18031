"""Answers to anybody that may be a moment old: made once, however many ask."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable

from server.ports import Clock

_FRESH_MS = 1_000
_KEPT_MAX = 1_000


class Moments:
    """Bytes by key, for a second. What fails is not kept."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._made: dict[Hashable, tuple[int, asyncio.Task[bytes]]] = {}

    async def find(self, key: Hashable, make: Callable[[], Awaitable[bytes]]) -> bytes:
        """What was made within the last second; else it is made now, once for all who wait."""
        now_ms = self._clock.monotonic_ms()
        made_ms, task = self._made.get(key, (0, None))
        if task is None or now_ms - made_ms >= _FRESH_MS or (task.done() and _failed(task)):
            if len(self._made) >= _KEPT_MAX:
                self._made.clear()
            task = asyncio.ensure_future(_awaited(make))
            self._made[key] = now_ms, task
        return await asyncio.shield(task)


async def _awaited(make: Callable[[], Awaitable[bytes]]) -> bytes:
    return await make()


def _failed(task: asyncio.Task[bytes]) -> bool:
    return task.cancelled() or task.exception() is not None
