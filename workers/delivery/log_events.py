"""Events as lines of the worker's log."""

import logging

from server.ports import DeliveryCursor
from server.public_events.mapping import Announcement
from workers.delivery.sender import DeliveryResult, DeliveryVerdict

log = logging.getLogger(__name__)


class LogLines:
    """`Sender` to the log. Always taken."""

    async def send(self, lane: DeliveryCursor, event: Announcement, now_ms: int) -> DeliveryResult:
        log.info("event", extra={"event_id": event.event_id, "event_type": event.event_type})
        return DeliveryResult(DeliveryVerdict.TAKEN)
