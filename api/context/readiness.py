"""Whether this front end can serve: it can write, its clocks are good, and it is not about to stop."""

from api.context.clock_watch import ClockWatch
from config.limits import READY_FOR_MS
from server.ports import Clock, Listings, StoreUnavailable


class Readiness:
    """Asked by load balancers; the database is asked at most every other second."""

    def __init__(self, listings: Listings, clock: Clock, clocks: ClockWatch) -> None:
        self._listings = listings
        self._clocks = clocks
        self._clock = clock
        self._looked_ms: int | None = None
        self._missing: dict[str, str] = {}
        self.drains = False

    async def missing(self) -> dict[str, str]:
        """What is missing, by name; nothing when all is there."""
        if self.drains:
            return {"front_end": "is about to stop"}
        if (trouble := self._clocks.trouble()) is not None:
            return {"clock": trouble}
        now_ms = self._clock.monotonic_ms()
        if self._looked_ms is None or now_ms - self._looked_ms >= READY_FOR_MS:
            self._looked_ms = now_ms
            try:
                await self._listings.write_something(self._clock.now_ms())
                self._missing = {}
            except StoreUnavailable as error:
                self._missing = {"database": str(error)}
        return self._missing
