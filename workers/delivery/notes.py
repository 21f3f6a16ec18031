"""What was tried, written down together: a commit for each try would cost more than the try."""

import asyncio
import logging

from config.limits import DELIVERY_NOTE_EVERY_S
from server.ports import Attempt, Clock, Deliveries, DeliveryProgress, StoreUnavailable
from server.runtime.loops import go_round

log = logging.getLogger(__name__)


class Notes:
    """Collects for a moment, then writes. While the store is away everything is kept; marks whose claim has
    run out by then change nothing."""

    def __init__(self, deliveries: Deliveries, clock: Clock) -> None:
        self._deliveries = deliveries
        self._clock = clock
        self._attempts: list[Attempt] = []
        self._marks: list[DeliveryProgress] = []
        self._some = asyncio.Event()

    def tried(self, attempt: Attempt) -> None:
        """One try more."""
        self._attempts.append(attempt)
        self._some.set()

    def came(self, mark: DeliveryProgress) -> None:
        """A cursor is given back."""
        self._marks.append(mark)
        self._some.set()

    async def run(self) -> None:
        """Wait for something, collect, write; for ever."""
        await go_round(self._clock, 0, self._collect, "deliveries_cannot_be_noted")

    async def _collect(self) -> None:
        await self._some.wait()
        await self._clock.sleep(DELIVERY_NOTE_EVERY_S)
        await self.write()

    async def write(self) -> None:
        """Write what there is."""
        self._some.clear()
        marks, attempts = self._marks, self._attempts
        self._marks, self._attempts = [], []
        try:
            await self._deliveries.mark(marks, attempts, self._clock.now_ms())
        except StoreUnavailable as error:
            log.warning("deliveries_cannot_be_noted", extra={"reason": str(error)})
            self._marks, self._attempts = marks + self._marks, attempts + self._attempts
            self._some.set()
