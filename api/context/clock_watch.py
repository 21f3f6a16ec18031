"""Whether this front end's clocks may stamp moves: the wall clock does not jump, and room time is known
well."""

from collections.abc import Callable

from config.limits import CLOCK_LOOK_MAX_MS, CLOCK_STEP_MS, CLOCK_TROUBLE_MS, STAMP_UNCERTAINTY_US
from server.ports import Clock


class ClockWatch:
    """Looked at whenever readiness is asked. `uncertainty_us` says by how much the worst stamp may be
    wrong."""

    def __init__(self, clock: Clock, uncertainty_us: Callable[[], int]) -> None:
        self._clock = clock
        self._uncertainty_us = uncertainty_us
        self._looked_ms = clock.monotonic_ms()
        self._offset_ms = clock.now_ms() - self._looked_ms
        self._stepped_ms: int | None = None
        self._uncertain_ms: int | None = None

    def trouble(self) -> str | None:
        """What is wrong, None for nothing. A step is told for ten seconds; room time that is known badly, once
        it has been for so long."""
        mono_ms = self._clock.monotonic_ms()
        offset_ms, elapsed_ms = self._clock.now_ms() - mono_ms, mono_ms - self._looked_ms
        # Over a longer time a clock that is corrected slowly moves as far as one that is set.
        if abs(offset_ms - self._offset_ms) > CLOCK_STEP_MS and elapsed_ms <= CLOCK_LOOK_MAX_MS:
            self._stepped_ms = mono_ms
        self._looked_ms, self._offset_ms = mono_ms, offset_ms
        if self._stepped_ms is not None and mono_ms - self._stepped_ms < CLOCK_TROUBLE_MS:
            return "the wall clock was set"
        return self._uncertain(mono_ms)

    def _uncertain(self, mono_ms: int) -> str | None:
        if self._uncertainty_us() <= STAMP_UNCERTAINTY_US:
            self._uncertain_ms = None
            return None
        since_ms = self._uncertain_ms = mono_ms if self._uncertain_ms is None else self._uncertain_ms
        return "room time is not known well enough" if mono_ms - since_ms >= CLOCK_TROUBLE_MS else None
