"""All that brings events out, put together: the same for the house, its tests and its benchmarks."""

from collections.abc import Callable

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
    senders: dict[EndpointKind, Sender] = {
        EndpointKind.WEBHOOK: webhooks,
        EndpointKind.GAME_PLATFORM: webhooks,
        EndpointKind.SQS: queues,
    }
    alarms, acks = Alarms(deliveries, feed, clock), Acks(directory, ids.command_id)
    deliverer = Deliverer(deliveries, senders, alarms, acks, clock, ids, jitter)
    return Router(feed, clock), deliverer, alarms
