"""Endpoints and deliveries as callers read them."""

from typing import Any

from server.encoding.wire import instant, instant_or_none
from server.ports import Attempt, Endpoint, Health
from server.public_events.streams import tournament_of


def endpoint_view(endpoint: Endpoint, now_ms: int, health: Health | None = None) -> dict[str, Any]:
    """An endpoint without its secrets; with `health`, how it does."""
    rotating = now_ms < endpoint.former_until_ms
    view = {
        "name": endpoint.name,
        "kind": endpoint.kind.value,
        "url": endpoint.url,
        "eventTypes": list(endpoint.types),
        "enabled": endpoint.disabled_ms is None,
        "disabledAt": instant_or_none(endpoint.disabled_ms),
        "disabledReason": endpoint.disabled_reason,
        "acknowledgesPayouts": endpoint.acknowledges,
        "createdAt": instant(endpoint.created_ms),
        "formerSecretUntil": instant(endpoint.former_until_ms) if rotating else None,
    }
    return view if health is None else view | {"health": _health(health, now_ms)}


def _health(health: Health, now_ms: int) -> dict[str, Any]:
    lag_ms = 0 if health.oldest_ms is None else max(now_ms - health.oldest_ms, 0)
    return {
        "failingSince": instant_or_none(health.failing_since_ms),
        "lastDeliveredAt": instant_or_none(health.last_delivered_ms),
        "delivered": health.delivered,
        "failedAttempts": health.failed,
        "deadLetters": health.dead,
        "pendingTournaments": health.pending,
        "lagSeconds": lag_ms // 1_000,
    }


def attempt_view(attempt: Attempt, name: str | None) -> dict[str, Any]:
    """One try. `name` is that of its endpoint, null when there is none any more."""
    return {
        "deliveryId": str(attempt.id),
        "webhook": name,
        "eventId": attempt.event_id,
        "eventType": attempt.event_type,
        "tournamentId": tournament_of(attempt.stream),
        "sequence": attempt.seq,
        "attempt": attempt.number,
        "status": attempt.outcome.value,
        "httpStatus": attempt.status,
        "at": instant(attempt.at_ms),
        "durationMs": attempt.duration_ms,
        "answer": attempt.answer,
        "nextAttemptAt": instant_or_none(attempt.next_try_ms),
    }
