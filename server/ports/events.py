"""Public events on their way out: the feed of an operator, and the endpoints that its events are sent to.

A *stream* is a tournament, or one of the house's own per tenant; its events are numbered without a gap. A
*cursor* is one stream to one endpoint while something of it is still to be sent.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, Protocol

from server.domain.ids import Tenant
from server.public_events.mapping import Announcement


class EndpointKind(StrEnum):
    """What an endpoint is."""

    WEBHOOK = "webhook"
    SQS = "sqs"
    GAME_PLATFORM = "game_platform"


class DeliveryOutcome(StrEnum):
    """What became of one try to send an event."""

    DELIVERED = "delivered"
    FAILED = "failed"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where events go. `types` are event types, or families as `player.*`; none means all. `secrets` sign, the
    newest first; those after it until `former_until_ms`. `acknowledges`: its answers may say what became of
    payouts."""

    id: str
    name: str
    kind: EndpointKind
    url: str
    types: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    former_until_ms: int = 0
    acknowledges: bool = False
    created_ms: int = 0
    disabled_ms: int | None = None
    disabled_reason: str | None = None


@dataclass(frozen=True, slots=True)
class Health:
    """How an endpoint does. `pending` streams wait, the first of them since `oldest_ms`; counts are of all
    time. `failing_since_ms` is null after any success."""

    failing_since_ms: int | None = None
    last_delivered_ms: int | None = None
    delivered: int = 0
    failed: int = 0
    dead: int = 0
    pending: int = 0
    oldest_ms: int | None = None


class FeedRow(NamedTuple):
    """An event in the feed of a tenant; `no` grows by one an event."""

    no: int
    stream: str
    event: Announcement


@dataclass(frozen=True, slots=True)
class DeliveryCursor:
    """What a worker has claimed: the next events of a stream, all up to `tip_seq` of which are due. `attempts`
    were made for the first of them. Only with its `claim` a worker can say what became of it."""

    id: str
    claim: str
    tenant: Tenant
    endpoint: Endpoint
    failing: bool
    stream: str
    done_seq: int
    tip_seq: int
    attempts: int
    whole: bool
    """Whether the endpoint's filter is left aside."""
    events: tuple[Announcement, ...] = ()


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try: `status` is of HTTP, null without an answer; `answer` is clipped."""

    endpoint_id: str
    tenant: Tenant
    stream: str
    seq: int
    event_id: str
    event_type: str
    number: int
    at_ms: int
    duration_ms: int
    outcome: DeliveryOutcome
    status: int | None = None
    answer: str = ""
    next_try_ms: int | None = None
    id: int = 0


@dataclass(frozen=True, slots=True)
class DeliveryProgress:
    """How far a cursor has come; it is given back. `next_try_ms` is when what is left is due."""

    cursor_id: str
    claim: str
    done_seq: int
    attempts: int
    next_try_ms: int


@dataclass(frozen=True, slots=True)
class AttemptFilter:
    """Which tries to list; None means any. `before` is the id of an attempt: older ones follow."""

    endpoint_id: str | None = None
    outcome: str | None = None
    event_id: str | None = None
    stream: str | None = None
    before: int | None = None


class Feed(Protocol):
    """All public events of a tenant, in one order."""

    async def feed(self, tenant: Tenant, after_no: int, limit: int) -> list[FeedRow]:
        """Events after a position, oldest first."""

    async def say(self, tenant: Tenant, event_type: str, data: bytes, now_ms: int) -> Announcement:
        """An event of the house itself, in the tenant's stream for that."""

    async def audience(self) -> list[Tenant]:
        """All tenants that have anything that events are about."""

    async def route(self, now_ms: int, limit: int) -> int:
        """Give committed events their place in the feeds and show them to endpoints; how many. Any number of
        workers may do so at once; one of them works."""


class Endpoints(Protocol):
    """Endpoints as their operator sees them."""

    async def endpoints(self, tenant: Tenant) -> list[tuple[Endpoint, Health]]:
        """All, by name."""

    async def save_endpoint(self, tenant: Tenant, endpoint: Endpoint) -> None:
        """Make it or replace it. What waits for it is due at once: it goes on where it stood."""

    async def remove_endpoint(self, tenant: Tenant, endpoint_id: str) -> None:
        """Forget it and what it was still to get."""

    async def attempts(self, tenant: Tenant, want: AttemptFilter, limit: int) -> list[Attempt]:
        """Newest first."""

    async def send_again(
        self,
        tenant: Tenant,
        endpoint_id: str,
        ranges: Sequence[tuple[str, int, int]],
        whole: bool,
        now_ms: int,
    ) -> int:
        """Queue events of streams once more, each range (stream, first seq, last seq) by itself; how many
        events that are at most."""

    async def probe(self, tenant: Tenant, endpoint_id: str, name: str, event: Announcement) -> None:
        """An event for one endpoint alone, which no other sees."""

    async def event(self, tenant: Tenant, event_id: str) -> tuple[str, Announcement] | None:
        """Stream and event."""


class Deliveries(Protocol):
    """What workers need to deliver. All of them together never have a cursor twice."""

    async def claim_cursors(
        self, claim: str, now_ms: int, until_ms: int, per_endpoint: int, events: int, busy: Sequence[str]
    ) -> list[DeliveryCursor]:
        """Of each enabled endpoint that is not `busy`: due cursors, longest due first, with their next events;
        of one that fails, a single cursor."""

    async def mark(self, marks: Sequence[DeliveryProgress], attempts: Sequence[Attempt], now_ms: int) -> None:
        """Write down what was tried. A cursor that is done is gone; one that another worker has claimed since
        is left alone. An endpoint that answers again has all its cursors due."""

    async def disable(self, endpoint_id: str, reason: str, now_ms: int) -> bool:
        """False when it was disabled already."""

    async def failing(self, before_ms: int) -> list[tuple[Tenant, Endpoint]]:
        """Enabled endpoints that had nothing but failures since then."""

    async def fallen_behind(self, before_ms: int, now_ms: int) -> list[tuple[Tenant, Endpoint, Health]]:
        """Endpoints with something pending since then, each told once."""

    async def caught_up(self, before_ms: int) -> list[tuple[Tenant, Endpoint]]:
        """Those that had fallen behind and are not any more, each told once."""

    async def forget_attempts(self, before_ms: int) -> int:
        """Drop old rows of the log; how many."""

    async def totals(self, now_ms: int) -> dict[str, int]:
        """Of all tenants: `unrouted`, `cursors`, `oldest_ms` (age of the oldest pending event), `delivered`,
        `failed`, `dead`, `endpoints`, `failing`, `disabled`."""
