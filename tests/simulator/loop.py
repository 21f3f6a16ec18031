"""An event loop whose time stands still while anybody can run, and jumps to the next deadline when nobody
can."""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")
# An ordinary run takes a few thousand.
STEPS_MAX = 60_000
START_MS = 1_800_000_000_000


class EndlessRun(AssertionError):  # noqa: N818 - it is the run that is endless
    """Somebody goes round in circles."""


class _NoWaiting(selectors.SelectSelector):
    """Nothing outside is waited for: a timeout passes at once."""

    skipped_s = 0.0
    steps = 0
    steps_max = STEPS_MAX

    def select(self, timeout: float | None = None) -> list[Any]:
        self.steps += 1
        if self.steps > self.steps_max:
            raise EndlessRun(
                f"still running after {self.steps_max} steps, {self.skipped_s:.0f} s into the evening"
            )
        found = super().select(0)
        if not found:
            assert timeout is not None, "everybody waits and nobody will ever run again"
            self.skipped_s += timeout
        return found


class VirtualLoop(asyncio.SelectorEventLoop):
    """`time()` is virtual; a whole day passes in as many steps as something happens in it."""

    def __init__(self, steps_max: int = STEPS_MAX) -> None:
        self._virtual = _NoWaiting()
        self._virtual.steps_max = steps_max
        super().__init__(self._virtual)
        # Two deadlines closer than this are one moment: a step must always reach the next one.
        self._clock_resolution = 1e-6

        # Who is cancelled in the end may have found something that was told already.
        self.set_exception_handler(lambda *_: None)

    def time(self) -> float:
        return self._virtual.skipped_s

    def forgive(self) -> None:
        """Count steps anew, so that the last goodbyes are possible."""
        self._virtual.steps = 0


class VirtualClock:
    """`Clock` of a virtual loop."""

    def __init__(self, loop: VirtualLoop) -> None:
        self._loop = loop
        self._ahead_ms = 0

    def now_ms(self) -> int:
        return START_MS + self.monotonic_ms() + self._ahead_ms

    def monotonic_ms(self) -> int:
        return int(self._loop.time() * 1_000)

    def correct(self) -> None:
        """Somebody sets it right."""
        self._ahead_ms = 0

    def step(self, ms: int) -> None:
        """Somebody sets the wall clock; nothing else moves."""
        self._ahead_ms += ms

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


def run_virtually(make: Any, steps_max: int = STEPS_MAX) -> Any:
    """The result of the coroutine that `make(clock)` gives, on a loop of its own."""
    loop = VirtualLoop(steps_max)
    try:
        work: Coroutine[Any, Any, Any] = make(VirtualClock(loop))
        return loop.run_until_complete(work)
    finally:
        loop.forgive()
        loop.run_until_complete(_bury(asyncio.all_tasks(loop)))
        loop.close()


async def _bury(left: set[asyncio.Task[Any]]) -> None:
    for task in left:
        task.cancel()
    await asyncio.wait_for(asyncio.gather(*left, return_exceptions=True), 60)
