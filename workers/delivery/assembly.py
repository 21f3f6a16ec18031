"""All that brings events out, put together: the same for the house, its tests and its benchmarks."""

from collections.abc import Callable
from typing import assert_never

from actors.directory import Directory
from server.ports import Clock, Deliveries, EndpointKind, Feed, IdSource
from workers.delivery.acks import Acks
from workers.delivery.alarms import Alarms
from workers.delivery.deliverer import Deliverer
from workers.delivery.queues import Queues
from workers.delivery.router import Router
from workers.delivery.sender import Sender
from workers.delivery.webhooks import Webhooks
from workers.http_client import Caller


def delivery(
    deliveries: Deliveries,
    feed: Feed,
    directory: Directory,
    outgoing: Caller,
    queues: Queues,
    clock: Clock,
    ids: IdSource,
    jitter: Callable[[float], float],
) -> tuple[Router, Deliverer, Alarms]:
    """What must run. The caller closes `outgoing` and `queues`."""
    webhooks = Webhooks(outgoing)

    def sender_of(kind: EndpointKind) -> Sender:
        match kind:
            case EndpointKind.WEBHOOK | EndpointKind.GAME_PLATFORM:
                return webhooks
            case EndpointKind.SQS:
                return queues
        assert_never(kind)

    senders = {kind: sender_of(kind) for kind in EndpointKind}
    alarms, acks = Alarms(deliveries, feed, clock), Acks(directory, ids.command_id)
    deliverer = Deliverer(deliveries, senders, alarms, acks, clock, ids, jitter)
    return Router(feed, clock), deliverer, alarms
