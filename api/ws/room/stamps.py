"""The stamps of a front end: room time at which a message was received here, by a hybrid logical clock.

A stamp is never before anything that was shown here before, so who has seen a flight crash cannot click before
it. How far our clock is off is asked in pings of its own; the quickest answer of the last 30 seconds counts,
because the room's moment lies somewhere within the call. While an owner is away the last one holds.
"""

from collections import deque

from config.limits import ROOM_PING_BEST_OF_MS
from server.ports import Clock


class StampClock:
    """Of one room. Microseconds of room time; `uncertainty_us` is by how much a stamp may be wrong."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._offset_us = 0
        self._last_us = 0
        self._samples: deque[tuple[int, int, int]] = deque()
        self.is_set = False
        self.uncertainty_us = 0

    def correct(self, room_us: int, asked_ms: int, answered_ms: int) -> None:
        """An owner said `room_us` between two moments of our monotonic clock."""
        trip_ms = answered_ms - asked_ms
        offset_us = room_us - (asked_ms + answered_ms) * 500
        self._samples.append((answered_ms, trip_ms, offset_us))
        while self._samples[0][0] < answered_ms - ROOM_PING_BEST_OF_MS:
            self._samples.popleft()
        _, best_ms, self._offset_us = min(self._samples, key=lambda sample: sample[1])
        self.uncertainty_us = best_ms * 500
        self.is_set = True

    def heard(self, room_us: int) -> None:
        """Something of this moment was received here, and may be shown from now on."""
        self._last_us = max(self._last_us, room_us)

    def stamp(self) -> int:
        """The next stamp: behind the last one, and behind all that was heard."""
        self._last_us = max(self._clock.monotonic_ms() * 1_000 + self._offset_us, self._last_us + 1)
        return self._last_us

    def promise(self) -> int:
        """A moment before which no later stamp will be."""
        return self.stamp()
