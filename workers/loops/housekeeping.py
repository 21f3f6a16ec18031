"""What must be thrown away now and then."""

import logging

from config.limits import ANSWERS_KEPT_MS, ATTEMPTS_KEPT_MS, HOUSEKEEPING_EVERY_S
from server.ports import Clock, Deliveries, KeptAnswers
from server.runtime.loops import go_round

log = logging.getLogger(__name__)


class Housekeeper:
    """Forgets answers to keyed requests once no caller can rely on them, and old lines of the delivery log."""

    def __init__(self, requests: KeptAnswers, deliveries: Deliveries, clock: Clock) -> None:
        self._requests = requests
        self._deliveries = deliveries
        self._clock = clock

    async def run(self) -> None:
        """Sweep, wait; for ever."""
        await go_round(self._clock, HOUSEKEEPING_EVERY_S, self.sweep, "housekeeping_waits")

    async def sweep(self) -> int:
        """Forget what is old; how many."""
        now_ms = self._clock.now_ms()
        answers = await self._requests.forget(now_ms - ANSWERS_KEPT_MS)
        attempts = await self._deliveries.forget_attempts(now_ms - ATTEMPTS_KEPT_MS)
        if answers or attempts:
            log.info("housekeeping_forgot", extra={"answers": answers, "attempts": attempts})
        return answers + attempts
