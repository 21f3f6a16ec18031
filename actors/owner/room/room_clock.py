"""Room time: the store's clock, read when an owner takes over and with each beat, carried on in between by a
clock that never jumps. A new owner on another node goes on with the same time."""

from contextlib import suppress

from server.ports import Clock, Journal, StoreUnavailable


class RoomClock:
    """In microseconds since 1970 UTC; never goes back, also behind what was journaled."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._offset_us = clock.now_ms() * 1_000 - clock.monotonic_ms() * 1_000
        self._last_us = 0

    async def set_by(self, journal: Journal) -> None:
        """Ask the store, whose answer is from the middle of the call. A store that is away leaves it as it
        is."""
        asked_ms = self._clock.monotonic_ms()
        with suppress(StoreUnavailable):
            store_us = await journal.now_us()
            self._offset_us = store_us - (asked_ms + self._clock.monotonic_ms()) * 500

    def not_before(self, at_us: int) -> None:
        """Something happened at this instant already."""
        self._last_us = max(self._last_us, at_us)

    def now_us(self) -> int:
        """Room time now."""
        self._last_us = max(self._last_us, self._clock.monotonic_ms() * 1_000 + self._offset_us)
        return self._last_us
