"""Endpoints and deliveries as callers read them."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from server.encoding.answer import Answer, Count, Instant, Position, extended
from server.encoding.wire import instant, instant_or_none
from server.ports import Attempt, DeliveryOutcome, Endpoint, EndpointKind, Health
from server.public_events.streams import tournament_of


class WebhookHealth(Answer):
    """How an endpoint does. Counts are of all time; `lagSeconds` is how long the oldest event waits."""

    failing_since: Instant | None
    last_delivered_at: Instant | None
    delivered: Count
    failed_attempts: Count
    dead_letters: Count
    pending_tournaments: Count
    lag_seconds: Count


class Webhook(Answer):
    """Where events go. No `eventTypes` means all. `secret` is shown once, when it is made."""

    name: str
    kind: EndpointKind
    url: str
    event_types: list[str]
    enabled: bool
    disabled_at: Instant | None
    disabled_reason: str | None
    acknowledges_payouts: bool
    created_at: Instant
    former_secret_until: Instant | None
    health: WebhookHealth | UnsetType = UNSET
    secret: str | UnsetType | None = UNSET


class RemovedWebhook(Webhook, kw_only=True):
    """A webhook that nothing is sent to any more."""

    status: Literal["removed"]


class WebhookList(Answer):
    """All endpoints of this operator in this mode."""

    webhooks: list[Webhook]


class Delivery(Answer):
    """One try to deliver an event."""

    delivery_id: str
    webhook: Annotated[str | None, Meta(description="Null: the endpoint was removed")]
    event_id: str
    event_type: str
    tournament_id: str | None
    sequence: Position
    attempt: Position
    status: DeliveryOutcome
    http_status: Annotated[int | None, Meta(description="Null: there was no answer")]
    at: Instant
    duration_ms: Count
    answer: str
    next_attempt_at: Instant | None


class DeliveryList(Answer):
    """Tries, newest first; `nextCursor` goes on with older ones."""

    deliveries: list[Delivery]
    next_cursor: str
    has_more: bool


class WebhookTest(Answer):
    """The test event, and what came back; null when no worker got to it in time."""

    event_id: str
    delivery: Delivery | None


class Redelivery(Answer):
    """How many events were queued to be sent again."""

    webhook: str
    queued: Count


def endpoint_view(endpoint: Endpoint, now_ms: int, health: Health | None = None) -> Webhook:
    """An endpoint without its secrets; with `health`, how it does."""
    rotating = now_ms < endpoint.former_until_ms
    return Webhook(
        name=endpoint.name,
        kind=endpoint.kind,
        url=endpoint.url,
        event_types=list(endpoint.types),
        enabled=endpoint.disabled_ms is None,
        disabled_at=instant_or_none(endpoint.disabled_ms),
        disabled_reason=endpoint.disabled_reason,
        acknowledges_payouts=endpoint.acknowledges,
        created_at=instant(endpoint.created_ms),
        former_secret_until=instant(endpoint.former_until_ms) if rotating else None,
        health=UNSET if health is None else _health(health, now_ms),
    )


def removed(endpoint: Endpoint, now_ms: int) -> RemovedWebhook:
    """An endpoint as it was."""
    return extended(RemovedWebhook, endpoint_view(endpoint, now_ms), status="removed")


def _health(health: Health, now_ms: int) -> WebhookHealth:
    lag_ms = 0 if health.oldest_ms is None else max(now_ms - health.oldest_ms, 0)
    return WebhookHealth(
        failing_since=instant_or_none(health.failing_since_ms),
        last_delivered_at=instant_or_none(health.last_delivered_ms),
        delivered=health.delivered,
        failed_attempts=health.failed,
        dead_letters=health.dead,
        pending_tournaments=health.pending,
        lag_seconds=lag_ms // 1_000,
    )


def attempt_view(attempt: Attempt, name: str | None) -> Delivery:
    """One try. `name` is that of its endpoint, null when there is none any more."""
    return Delivery(
        delivery_id=str(attempt.id),
        webhook=name,
        event_id=attempt.event_id,
        event_type=attempt.event_type,
        tournament_id=tournament_of(attempt.stream),
        sequence=attempt.seq,
        attempt=attempt.number,
        status=attempt.outcome,
        http_status=attempt.status,
        at=instant(attempt.at_ms),
        duration_ms=attempt.duration_ms,
        answer=attempt.answer,
        next_attempt_at=instant_or_none(attempt.next_try_ms),
    )
