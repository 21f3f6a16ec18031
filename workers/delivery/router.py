"""The router: what was committed gets its place in the feeds, and endpoints get their cursors."""

from config.limits import ROUTE_BATCH_MAX, ROUTE_POLL_S
from server.ports import Clock, Feed
from server.runtime.loops import go_round


class Router:
    """Any number may run; the store lets one of them work at a time."""

    def __init__(self, feed: Feed, clock: Clock) -> None:
        self._feed = feed
        self._clock = clock

    async def run(self) -> None:
        """Look, route, wait; for ever. While there is more, no waiting."""
        await go_round(self._clock, ROUTE_POLL_S, self._look, "router_cannot_look")

    async def _look(self) -> None:
        while await self._feed.route(self._clock.now_ms(), ROUTE_BATCH_MAX) == ROUTE_BATCH_MAX:
            pass
