"""Limits within one process: exact for one front end, and what remains when Redis is away."""

from asyncio import Future, get_running_loop
from collections.abc import Sequence

from config.door_limits import LIMITER_NAMES_MAX, LIMITER_SWEEP_AT
from server.ports import Clock, Verdict, Window
from server.ports.limits import verdict_of


class MemoryLimiter:
    """`Limiter` over a dictionary: window name -> (begins anew at, used)."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._used: dict[str, tuple[int, int]] = {}
        self._sweep_at = LIMITER_SWEEP_AT

    def hit(self, windows: Sequence[Window], cost: int = 1) -> Future[Verdict]:
        verdict: Future[Verdict] = get_running_loop().create_future()
        verdict.set_result(self.count(windows, cost))
        return verdict

    def count(self, windows: Sequence[Window], cost: int = 1) -> Verdict:
        """`hit`, for who need not wait."""
        now_ms = self._clock.monotonic_ms()
        if len(self._used) > self._sweep_at:
            self._sweep(now_ms)
        found = [self._window(window, now_ms) for window in windows]
        allowed = all(used + cost <= w.limit for w, (_, used) in zip(windows, found, strict=True))
        if allowed:
            found = [(ends_ms, used + cost) for ends_ms, used in found]
            self._used |= {window.name: seen for window, seen in zip(windows, found, strict=True)}
        used = [count for _, count in found]
        left_ms = [ends_ms - now_ms for ends_ms, _ in found]
        return verdict_of(windows, used, left_ms, allowed=allowed, cost=cost)

    def _sweep(self, now_ms: int) -> None:
        """Forget windows that are over, not with every request; of too many the oldest."""
        current = [(name, seen) for name, seen in self._used.items() if seen[0] > now_ms]
        self._used = dict(current[-LIMITER_NAMES_MAX // 2 :])
        self._sweep_at = max(LIMITER_SWEEP_AT, 2 * len(self._used))

    def _window(self, window: Window, now_ms: int) -> tuple[int, int]:
        seen = self._used.get(window.name)
        return seen if seen is not None and seen[0] > now_ms else (now_ms + window.window_ms, 0)
