"""What must be thrown away now and then."""

import logging

from config.limits import ANSWERS_KEPT_MS, HOUSEKEEPING_EVERY_S
from server.ports import Clock, RequestAnswers, StoreUnavailable

log = logging.getLogger(__name__)


class Housekeeper:
    """Forgets answers to keyed requests once nobody can rely on them."""

    def __init__(self, requests: RequestAnswers, clock: Clock) -> None:
        self._requests = requests
        self._clock = clock

    async def run(self) -> None:
        """Sweep, wait; for ever."""
        while True:
            try:
                await self.sweep()
            except StoreUnavailable as error:
                log.warning("housekeeping_waits reason=%s", error)
            await self._clock.sleep(HOUSEKEEPING_EVERY_S)

    async def sweep(self) -> int:
        """Forget what is old; how many."""
        gone = await self._requests.forget(self._clock.now_ms() - ANSWERS_KEPT_MS)
        if gone:
            log.info("housekeeping_forgot answers=%d", gone)
        return gone
