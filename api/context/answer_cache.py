"""Answers without a key, which may be a moment old: made once, however many ask."""

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from typing import Any

from config.door_limits import ANSWER_FRESH_MS, ANSWERS_MAX
from server.ports import Clock


class SharedAnswer:
    """Bytes that are made once, at the first call, for all who ask. What fails is made again."""

    def __init__(self, make: Callable[[], Coroutine[Any, Any, bytes]]) -> None:
        self._make = make
        self._task: asyncio.Task[bytes] | None = None

    async def find(self) -> bytes:
        """The bytes. A caller that leaves does not stop the making."""
        task = self._task
        if task is None or (task.done() and _failed(task)):
            task = self._task = asyncio.create_task(self._make())
        return await asyncio.shield(task)


class AnswerCache:
    """Bytes by key, for a second. What fails is not kept."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._made: dict[Hashable, tuple[int, SharedAnswer]] = {}

    async def find(self, key: Hashable, make: Callable[[], Coroutine[Any, Any, bytes]]) -> bytes:
        """What was made within the last second; else it is made now, once for all who wait."""
        now_ms = self._clock.monotonic_ms()
        made_ms, shared = self._made.get(key, (0, None))
        if shared is None or now_ms - made_ms >= ANSWER_FRESH_MS:
            if len(self._made) >= ANSWERS_MAX:
                self._made.clear()
            shared = SharedAnswer(make)
            self._made[key] = now_ms, shared
        return await shared.find()


def _failed(task: asyncio.Task[bytes]) -> bool:
    return task.cancelled() or task.exception() is not None
