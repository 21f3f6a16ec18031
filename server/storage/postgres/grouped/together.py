"""One batch at a time; what comes meanwhile waits, and goes along with the next. Nothing waits for company."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

from config.origin import NOWHERE, within
from server.ports import StoreUnavailable

A = TypeVar("A")
R = TypeVar("R")


class Together(Generic[A, R]):
    """`work` does up to `most` things at once and gives one result each, in order. Two with the same `key_of`
    never go in one batch."""

    def __init__(
        self,
        work: Callable[[list[A]], Awaitable[list[R]]],
        most: int,
        key_of: Callable[[A], Hashable] = id,
    ) -> None:
        self._work = work
        self._most = most
        self._key_of = key_of
        self._waiting: deque[tuple[A, asyncio.Future[R]]] = deque()
        self._driving: asyncio.Task[None] | None = None

    async def do(self, one: A) -> R:
        """Its result. Raises what `work` raises for it: one that cannot be done harms no other."""
        answer: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append((one, answer))
        if self._driving is None:
            with within(NOWHERE):  # it goes on for others
                self._driving = asyncio.create_task(self._drive())
        return await answer

    async def _drive(self) -> None:
        try:
            while self._waiting:
                await self._do(self._take())
        finally:
            self._driving = None

    def _take(self) -> list[tuple[A, asyncio.Future[R]]]:
        """Those who still wait."""
        batch: dict[Hashable, tuple[A, asyncio.Future[R]]] = {}
        later = deque[tuple[A, asyncio.Future[R]]]()
        while self._waiting and len(batch) < self._most:
            one = self._waiting.popleft()
            if one[1].done():
                continue
            if self._key_of(one[0]) in batch:
                later.append(one)
            else:
                batch[self._key_of(one[0])] = one
        self._waiting.extendleft(reversed(later))
        return list(batch.values())

    async def _do(self, batch: list[tuple[A, asyncio.Future[R]]]) -> None:
        if not batch:
            return
        try:
            results = await self._work([one for one, _ in batch])
        except Exception as error:
            if len(batch) > 1 and not isinstance(error, StoreUnavailable):
                for alone in batch:
                    await self._do([alone])
                return
            for _, answer in batch:
                if not answer.done():
                    answer.set_exception(error)
            return
        for (_, answer), result in zip(batch, results, strict=True):
            if not answer.done():
                answer.set_result(result)
