"""What operators must know about their endpoints."""

import logging

from config.limits import ALARM_POLL_S, BEHIND_AFTER_MS, DISABLE_AFTER_MS
from server.domain.ids import Tenant
from server.ports import Clock, Deliveries, Endpoint, Feed
from server.public_events.mapping import Announcement
from server.public_events.streams import tournament_of
from server.reports.alerts import alert
from server.runtime.loops import go_round

log = logging.getLogger(__name__)


class Alarms:
    """Watches endpoints; disables those that had nothing but failures for days."""

    def __init__(self, deliveries: Deliveries, feed: Feed, clock: Clock) -> None:
        self._deliveries = deliveries
        self._feed = feed
        self._clock = clock

    async def run(self) -> None:
        """Look, tell, wait; for ever."""
        await go_round(self._clock, ALARM_POLL_S, self.look, "alarms_cannot_look")

    async def look(self) -> None:
        """Tell what changed."""
        now_ms = self._clock.now_ms()
        for tenant, endpoint in await self._deliveries.failing(now_ms - DISABLE_AFTER_MS):
            days = DISABLE_AFTER_MS // 86_400_000
            await self.disable(tenant, endpoint, f"Nothing but failures for {days} days")
        late_ms = now_ms - BEHIND_AFTER_MS
        for tenant, endpoint, health in await self._deliveries.fallen_behind(late_ms, now_ms):
            seconds = (now_ms - (health.oldest_ms or now_ms)) // 1_000
            text = f"{health.pending} streams wait, the first of them for {seconds} s"
            await self._say(tenant, "endpoint_behind", endpoint, text)
        for tenant, endpoint in await self._deliveries.caught_up(late_ms):
            await self._say(tenant, "endpoint_caught_up", endpoint, "Nothing waits for long any more")

    async def disable(self, tenant: Tenant, endpoint: Endpoint, reason: str) -> None:
        """No more tries; what comes is kept for it."""
        if await self._deliveries.disable(endpoint.id, reason, self._clock.now_ms()):
            await self._say(tenant, "endpoint_disabled", endpoint, reason)

    async def dead(self, tenant: Tenant, endpoint: Endpoint, stream: str, event: Announcement) -> None:
        """An event was given up. Not told about events of the house: an alarm about an alarm never ends."""
        if tournament_of(stream) is not None:
            text = f"{event.event_id} was not taken for over a day"
            await self._say(tenant, "dead_letter", endpoint, text, event.event_id)

    async def _say(
        self, tenant: Tenant, kind: str, endpoint: Endpoint, text: str, event_id: str | None = None
    ) -> None:
        fields = {"endpoint": endpoint.id, "operator": tenant.operator_id, "text": text}
        log.warning(kind, extra=fields)
        now_ms = self._clock.now_ms()
        await alert(self._feed, tenant, kind, text, now_ms, endpoint=endpoint.name, event_id=event_id)
