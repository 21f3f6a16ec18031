"""Events as webhooks, signed by the Standard Webhooks spec."""

from config.limits import EVENT_DATA_BYTES_MAX
from server.ports import DeliveryCursor, Endpoint
from server.public_events.envelope import body_of
from server.public_events.mapping import Announcement
from workers.delivery.sender import DeliveryResult, DeliveryVerdict
from workers.http_client import Caller, Unreachable
from workers.signing import signed


class Webhooks:
    """`Sender` over HTTP. Any 2xx is success, 410 ends it, everything else is tried again; redirects are
    answers like any other."""

    def __init__(self, outgoing: Caller) -> None:
        self._outgoing = outgoing

    async def send(self, cursor: DeliveryCursor, event: Announcement, now_ms: int) -> DeliveryResult:
        body = body_of(cursor.tenant.operator_id, cursor.stream, event, EVENT_DATA_BYTES_MAX)
        headers = signed(event.event_id, body, _secrets(cursor.endpoint, now_ms), now_ms)
        try:
            answer = await self._outgoing.post(cursor.endpoint.url, body, headers)
        except Unreachable as error:
            return DeliveryResult(DeliveryVerdict.AGAIN, reason=str(error))
        return DeliveryResult(
            _verdict(answer.status), answer.status, answer.body, retry_after_s=answer.retry_after_s
        )


def _secrets(endpoint: Endpoint, now_ms: int) -> tuple[str, ...]:
    """The newest, and while rotating those before it."""
    return endpoint.secrets if now_ms < endpoint.former_until_ms else endpoint.secrets[:1]


def _verdict(status: int) -> DeliveryVerdict:
    if 200 <= status < 300:
        return DeliveryVerdict.TAKEN
    return DeliveryVerdict.GONE if status == 410 else DeliveryVerdict.AGAIN
