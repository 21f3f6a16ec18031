"""Time that a test moves."""

import asyncio
import heapq
import time


class ManualClock:
    """Stands still until `advance`; sleepers wake in the order of their deadlines."""

    def __init__(self, now_ms: int = 1_800_000_000_000) -> None:
        self._now_ms = now_ms
        self.ahead_ms = 0
        self._sleepers: list[tuple[int, int, asyncio.Future[None]]] = []
        self._count = 0

    def now_ms(self) -> int:
        return self._now_ms + self.ahead_ms

    def monotonic_ms(self) -> int:
        return self._now_ms

    def step(self, ms: int) -> None:
        """Somebody sets the wall clock; nothing else moves."""
        self.ahead_ms += ms

    async def sleep(self, seconds: float) -> None:
        self._count += 1
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._now_ms + int(seconds * 1_000), self._count, woken))
        await woken

    def jump(self, ms: int) -> None:
        """Move time without waking anybody."""
        self._now_ms += ms

    async def advance(self, ms: int) -> None:
        """Move time, waking each sleeper at its moment and letting everybody run."""
        target = self._now_ms + ms
        await settle()
        while self._sleepers and self._sleepers[0][0] <= target:
            at_ms, _, woken = heapq.heappop(self._sleepers)
            self._now_ms = max(self._now_ms, at_ms)
            if not woken.done():
                woken.set_result(None)
            await settle()
        self._now_ms = target
        await settle()


class QuickClock:
    """Real time, so many times as fast."""

    def __init__(self, times: int) -> None:
        self._times = times
        self._began_ns = time.monotonic_ns()
        self._began_ms = time.time_ns() // 1_000_000

    def now_ms(self) -> int:
        return self._began_ms + self.monotonic_ms()

    def monotonic_ms(self) -> int:
        return (time.monotonic_ns() - self._began_ns) * self._times // 1_000_000

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / self._times)


async def settle(turns: int = 50) -> None:
    """Let every task that can run, run."""
    for _ in range(turns):
        await asyncio.sleep(0)
