"""The router: what was committed gets its place in the feeds, and endpoints get their lanes."""

import logging

from config.limits import ROUTE_BATCH_MAX, ROUTE_POLL_S
from server.ports import Clock, Feed, StoreUnavailable

log = logging.getLogger(__name__)


class Router:
    """Any number may run; the store lets one of them work at a time."""

    def __init__(self, feed: Feed, clock: Clock) -> None:
        self._feed = feed
        self._clock = clock

    async def run(self) -> None:
        """Look, route, wait; for ever. While there is more, no waiting."""
        while True:
            try:
                while await self._feed.route(self._clock.now_ms(), ROUTE_BATCH_MAX) == ROUTE_BATCH_MAX:
                    pass
            except StoreUnavailable as error:
                log.warning("router_cannot_look reason=%s", error)
            await self._clock.sleep(ROUTE_POLL_S)
