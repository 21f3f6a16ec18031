"""Feed, endpoints and cursors in memory: the twin of `feed`, `endpoints` and `deliveries`."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import count

from server.domain.ids import Tenant
from server.ports import (
    Attempt,
    AttemptFilter,
    DeliveryCursor,
    DeliveryOutcome,
    DeliveryProgress,
    Endpoint,
    FeedRow,
    Health,
)
from server.public_events.catalogue import fault
from server.public_events.mapping import Announcement, event_id
from server.public_events.streams import house_stream, probe_stream, wants


@dataclass(slots=True)
class _Outlet:
    """An endpoint and how it does."""

    tenant: Tenant
    endpoint: Endpoint
    health: Health = field(default_factory=Health)
    behind_told: bool = False


@dataclass(slots=True)
class _Cursor:
    """A row of `cursors`."""

    cursor: DeliveryCursor
    since_ms: int
    next_try_ms: int
    claimed_until_ms: int = 0


class MemoryEvents:
    """`Feed`, `Endpoints` and `Deliveries` over dictionaries. Every event that a test or the simulator makes
    is held against the catalogue here."""

    def __init__(self) -> None:
        super().__init__()
        self._outbox: dict[str, list[Announcement]] = {}
        self._whose: dict[str, Tenant] = {}
        self._unrouted: list[tuple[str, Announcement]] = []
        self._feeds: dict[Tenant, list[FeedRow]] = {}
        self._outlets: dict[str, _Outlet] = {}
        self._cursors: dict[str, _Cursor] = {}
        self._attempts: list[Attempt] = []
        self._attempt_ids = count(1)

    def _announce(self, tenant: Tenant, stream: str, events: Sequence[Announcement]) -> None:
        for event in events:
            wrong = fault(event.event_type, event.data)
            assert wrong is None, f"{event.event_type} is not what was published: {wrong}"
        self._whose[stream] = tenant
        self._outbox.setdefault(stream, []).extend(events)
        self._unrouted += [(stream, event) for event in events]

    # Feed

    async def feed(self, tenant: Tenant, after_no: int, limit: int) -> list[FeedRow]:
        return self._feeds.get(tenant, [])[after_no : after_no + limit]

    async def say(self, tenant: Tenant, event_type: str, data: bytes, now_ms: int) -> Announcement:
        stream = house_stream(tenant)
        seq = len(self._outbox.get(stream, ())) + 1
        event = Announcement(event_id(stream, seq), seq, event_type, now_ms, data)
        self._announce(tenant, stream, [event])
        return event

    async def audience(self) -> list[Tenant]:
        return list({*self._whose.values(), *(outlet.tenant for outlet in self._outlets.values())})

    async def route(self, now_ms: int, limit: int) -> int:
        taken, self._unrouted = self._unrouted[:limit], self._unrouted[limit:]
        for stream, event in taken:
            tenant = self._whose[stream]
            rows = self._feeds.setdefault(tenant, [])
            rows.append(FeedRow(len(rows) + 1, stream, event))
            for outlet in self._outlets.values():
                if outlet.tenant == tenant and wants(outlet.endpoint.types, event.event_type):
                    self._show(outlet, stream, event, now_ms)
        return len(taken)

    def _show(self, outlet: _Outlet, stream: str, event: Announcement, now_ms: int) -> None:
        name = f"{outlet.endpoint.id}/{stream}"
        row = self._cursors.get(name)
        if row is None:
            self._open(name, outlet, stream, (event.seq, event.seq), False, event.at_ms, now_ms)
        else:
            row.cursor = replace(row.cursor, tip_seq=event.seq)

    def _open(
        self,
        name: str,
        outlet: _Outlet,
        stream: str,
        seqs: tuple[int, int],
        whole: bool,
        since_ms: int,
        now_ms: int,
    ) -> None:
        first, last = seqs
        cursor = DeliveryCursor(
            name, "", outlet.tenant, outlet.endpoint, False, stream, first - 1, last, 0, whole
        )
        self._cursors.setdefault(name, _Cursor(cursor, since_ms, now_ms))

    # Endpoints

    async def endpoints(self, tenant: Tenant) -> list[tuple[Endpoint, Health]]:
        own = [outlet for outlet in self._outlets.values() if outlet.tenant == tenant]
        return sorted(
            ((outlet.endpoint, self._health(outlet)) for outlet in own), key=lambda pair: pair[0].name
        )

    def _health(self, outlet: _Outlet) -> Health:
        since = [row.since_ms for row in self._cursors_of(outlet.endpoint.id)]
        return replace(outlet.health, pending=len(since), oldest_ms=min(since, default=None))

    def _cursors_of(self, endpoint_id: str) -> list[_Cursor]:
        return [row for row in self._cursors.values() if row.cursor.endpoint.id == endpoint_id]

    async def save_endpoint(self, tenant: Tenant, endpoint: Endpoint) -> None:
        outlet = self._outlets.setdefault(endpoint.id, _Outlet(tenant, endpoint))
        outlet.endpoint = endpoint
        outlet.health = replace(outlet.health, failing_since_ms=None)
        for row in self._cursors_of(endpoint.id):
            row.next_try_ms = 0

    async def remove_endpoint(self, tenant: Tenant, endpoint_id: str) -> None:
        if (outlet := self._outlets.get(endpoint_id)) is not None and outlet.tenant == tenant:
            del self._outlets[endpoint_id]
            for row in self._cursors_of(endpoint_id):
                del self._cursors[row.cursor.id]

    async def attempts(self, tenant: Tenant, want: AttemptFilter, limit: int) -> list[Attempt]:
        found = [
            one
            for one in reversed(self._attempts)
            if one.tenant == tenant
            and all(
                getattr(want, name) in (None, getattr(one, name))
                for name in ("endpoint_id", "outcome", "event_id", "stream")
            )
            and (want.before is None or one.id < want.before)
        ]
        return found[:limit]

    async def send_again(
        self,
        tenant: Tenant,
        endpoint_id: str,
        ranges: Sequence[tuple[str, int, int]],
        whole: bool,
        now_ms: int,
    ) -> int:
        outlet = self._outlets[endpoint_id]
        for stream, first, last in ranges:
            name = f"{endpoint_id}/{stream}/{first}-{last}"
            self._open(name, outlet, stream, (first, last), whole, now_ms, now_ms)
        return sum(last - first + 1 for _, first, last in ranges)

    async def probe(self, tenant: Tenant, endpoint_id: str, name: str, event: Announcement) -> None:
        stream = probe_stream(tenant, name)
        self._whose[stream], self._outbox[stream] = tenant, [event]
        cursor = f"{endpoint_id}/{stream}"
        self._open(cursor, self._outlets[endpoint_id], stream, (1, 1), True, event.at_ms, event.at_ms)

    async def event(self, tenant: Tenant, event_id: str) -> tuple[str, Announcement] | None:
        for stream, events in self._outbox.items():
            for event in events:
                if event.event_id == event_id and self._whose[stream] == tenant:
                    return stream, event
        return None

    # Deliveries

    async def claim_cursors(
        self, claim: str, now_ms: int, until_ms: int, per_endpoint: int, events: int, busy: Sequence[str]
    ) -> list[DeliveryCursor]:
        claimed = []
        for name, outlet in self._outlets.items():
            if outlet.endpoint.disabled_ms is not None or name in busy:
                continue
            failing = outlet.health.failing_since_ms is not None
            due = [
                row
                for row in self._cursors_of(name)
                if row.next_try_ms <= now_ms and row.claimed_until_ms <= now_ms
            ]
            due.sort(key=lambda row: row.next_try_ms)
            for row in due[: 1 if failing else per_endpoint]:
                row.claimed_until_ms = until_ms
                row.cursor = replace(row.cursor, claim=claim, endpoint=outlet.endpoint)
                claimed.append(replace(row.cursor, failing=failing, events=self._next(row.cursor, events)))
        return claimed

    def _next(self, cursor: DeliveryCursor, limit: int) -> tuple[Announcement, ...]:
        found = [
            event for event in self._outbox[cursor.stream] if cursor.done_seq < event.seq <= cursor.tip_seq
        ]
        return tuple(found[:limit])

    async def mark(self, marks: Sequence[DeliveryProgress], attempts: Sequence[Attempt], now_ms: int) -> None:
        self._attempts += [replace(one, id=next(self._attempt_ids)) for one in attempts]
        for name in {one.endpoint_id for one in attempts}:
            self._count(name, [one for one in attempts if one.endpoint_id == name], now_ms)
        for mark in marks:
            row = self._cursors.get(mark.cursor_id)
            if row is None or row.cursor.claim != mark.claim:
                continue
            if row.cursor.tip_seq <= mark.done_seq:
                del self._cursors[mark.cursor_id]
                continue
            row.cursor = replace(row.cursor, claim="", done_seq=mark.done_seq, attempts=mark.attempts)
            row.next_try_ms, row.claimed_until_ms = mark.next_try_ms, 0
            row.since_ms = next((e.at_ms for e in self._next(row.cursor, 1)), row.since_ms)

    def _count(self, endpoint_id: str, attempts: Sequence[Attempt], now_ms: int) -> None:
        outlet = self._outlets.get(endpoint_id)
        if outlet is None:
            return
        health, of = outlet.health, [one.outcome for one in attempts]
        delivered = of.count(DeliveryOutcome.DELIVERED)
        since = None if delivered else health.failing_since_ms or now_ms
        outlet.health = replace(
            health,
            delivered=health.delivered + delivered,
            failed=health.failed + len(of) - delivered,
            dead=health.dead + of.count(DeliveryOutcome.DEAD),
            last_delivered_ms=now_ms if delivered else health.last_delivered_ms,
            failing_since_ms=since,
        )
        if delivered and health.failing_since_ms is not None:
            for row in self._cursors_of(endpoint_id):
                row.next_try_ms = min(row.next_try_ms, now_ms)

    async def disable(self, endpoint_id: str, reason: str, now_ms: int) -> bool:
        outlet = self._outlets.get(endpoint_id)
        if outlet is None or outlet.endpoint.disabled_ms is not None:
            return False
        outlet.endpoint = replace(outlet.endpoint, disabled_ms=now_ms, disabled_reason=reason)
        return True

    async def failing(self, before_ms: int) -> list[tuple[Tenant, Endpoint]]:
        return [
            (outlet.tenant, outlet.endpoint)
            for outlet in self._outlets.values()
            if (outlet.health.failing_since_ms or before_ms) < before_ms
            and outlet.endpoint.disabled_ms is None
        ]

    async def fallen_behind(self, before_ms: int, now_ms: int) -> list[tuple[Tenant, Endpoint, Health]]:
        failing = []
        for outlet in self._outlets.values():
            health = self._health(outlet)
            late = health.oldest_ms is not None and health.oldest_ms < before_ms
            if late and not outlet.behind_told and outlet.endpoint.disabled_ms is None:
                outlet.behind_told = True
                failing.append((outlet.tenant, outlet.endpoint, health))
        return failing

    async def caught_up(self, before_ms: int) -> list[tuple[Tenant, Endpoint]]:
        recovered = []
        for outlet in self._outlets.values():
            late = any(row.since_ms < before_ms for row in self._cursors_of(outlet.endpoint.id))
            if outlet.behind_told and not late and outlet.endpoint.disabled_ms is None:
                outlet.behind_told = False
                recovered.append((outlet.tenant, outlet.endpoint))
        return recovered

    async def forget_attempts(self, before_ms: int) -> int:
        recent = [one for one in self._attempts if one.at_ms >= before_ms]
        dropped, self._attempts = len(self._attempts) - len(recent), recent
        return dropped

    async def totals(self, now_ms: int) -> dict[str, int]:
        outlets = list(self._outlets.values())
        at_work = [one for one in outlets if one.endpoint.disabled_ms is None]
        since = [row.since_ms for one in at_work for row in self._cursors_of(one.endpoint.id)]
        return {
            "unrouted": len(self._unrouted),
            "cursors": len(self._cursors),
            "oldest_ms": max(now_ms - min(since, default=now_ms), 0),
            "delivered": sum(one.health.delivered for one in outlets),
            "failed": sum(one.health.failed for one in outlets),
            "dead": sum(one.health.dead for one in outlets),
            "endpoints": len(outlets),
            "failing": sum(one.health.failing_since_ms is not None for one in at_work),
            "disabled": len(outlets) - len(at_work),
        }
