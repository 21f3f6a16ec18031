"""What operators must know at once: said as events, on every outlet that works."""

from typing import Any, Final

from server.domain.ids import Tenant
from server.encoding.wire import dump
from server.ports import Feed

ALERT: Final = "system.alert"


async def alert(
    feed: Feed,
    tenant: Tenant,
    kind: str,
    message: str,
    now_ms: int,
    *,
    endpoint: str = "",
    event_id: str | None = None,
) -> None:
    """Say an alert of one operator. `endpoint` is the webhook that it is about, `event_id` the event."""
    data: dict[str, Any] = {"kind": kind, "endpoint": endpoint, "message": message, "eventId": event_id}
    await feed.say(tenant, ALERT, dump(data), now_ms)
