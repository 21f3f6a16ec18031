"""Cursors and endpoints as the workers see them, on Postgres: claimed, worked on, given back."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from server.domain.ids import OperatorId, Tenant
from server.encoding import codec
from server.ports import Attempt, DeliveryCursor, DeliveryOutcome, DeliveryProgress, Endpoint, Health
from server.public_events.mapping import Announcement
from server.storage.postgres import tables
from server.storage.postgres.reader import HOUSE, Reader

# A few cursors of each endpoint, so that one with many never keeps another waiting; of one that fails, one.
_CLAIM = """
WITH due AS (
  SELECT l.id, e.document, e.failing_since_ms IS NOT NULL AS failing FROM endpoints e CROSS JOIN LATERAL (
    SELECT id FROM lanes WHERE endpoint_id = e.id AND next_try_ms <= :now_ms
      AND (claimed_until_ms IS NULL OR claimed_until_ms <= :now_ms)
    ORDER BY next_try_ms LIMIT CASE WHEN e.failing_since_ms IS NULL THEN :per_endpoint ELSE 1 END
    FOR UPDATE SKIP LOCKED
  ) l
  WHERE e.disabled_ms IS NULL AND e.id <> ALL(CAST(:busy AS text[]))
), taken AS (
  UPDATE lanes SET claim = :claim, claimed_until_ms = :until_ms FROM due WHERE lanes.id = due.id
  RETURNING lanes.*, due.document, due.failing
)
SELECT l.id, l.operator_id, l.live, l.document, l.failing, l.stream, l.done_seq, l.tip_seq, l.attempts,
  l.whole,  o.event_id, o.seq, o.event_type, o.at_ms, o.data
FROM taken l LEFT JOIN LATERAL (
  SELECT * FROM outbox WHERE tournament_id = l.stream AND seq > l.done_seq AND seq <= l.tip_seq
  ORDER BY seq LIMIT :events
) o ON true ORDER BY l.id, o.seq
"""
# A statement that changes several rows locks them in the order of their ids, as the router does: two that lock
# in other orders wait for each other for ever.
_MARK = """
WITH locked AS MATERIALIZED (
  SELECT id FROM lanes WHERE id = ANY(CAST(:ids AS text[])) ORDER BY id FOR UPDATE
)
UPDATE lanes l SET done_seq = m.done_seq, attempts = m.attempts, next_try_ms = m.next_try_ms, claim = NULL,
  claimed_until_ms = NULL,
  since_ms = COALESCE((SELECT at_ms FROM outbox WHERE tournament_id = l.stream AND seq = m.done_seq + 1),
    l.since_ms)
FROM unnest(CAST(:ids AS text[]), CAST(:claims AS text[]), CAST(:done AS bigint[]), CAST(:attempts AS int[]),
  CAST(:next AS bigint[])) AS m(id, claim, done_seq, attempts, next_try_ms)
  JOIN locked ON locked.id = m.id
WHERE l.id = m.id AND l.claim = m.claim
"""
# A cursor that is done is gone: the next event of its stream makes a new one. A statement of its own: the
# router may raise the tip while the one before waits for the row, which then would be neither done nor given
# back.
_CLEAR = """
DELETE FROM lanes WHERE id = ANY(CAST(:ids AS text[])) AND claim IS NULL AND tip_seq <= done_seq
"""
_LOG = """
INSERT INTO attempts (operator_id, live, endpoint_id, stream, event_id, outcome, at_ms, document)
SELECT * FROM unnest(CAST(:operator AS text[]), CAST(:live AS boolean[]), CAST(:endpoint AS text[]),
  CAST(:stream AS text[]), CAST(:event AS text[]), CAST(:outcome AS text[]), CAST(:at_ms AS bigint[]),
  CAST(:document AS bytea[]))
"""
# Rows are locked in one order, so that two workers never wait for each other.
_COUNT = """
WITH told AS (
  SELECT * FROM unnest(CAST(:ids AS text[]), CAST(:delivered AS bigint[]), CAST(:failed AS bigint[]),
    CAST(:dead AS bigint[])) AS m(id, delivered, failed, dead)
), own AS (
  SELECT e.id, e.failing_since_ms FROM endpoints e JOIN told USING (id) ORDER BY e.id FOR UPDATE OF e
), waiting AS MATERIALIZED (
  SELECT l.id FROM lanes l JOIN told m ON l.endpoint_id = m.id JOIN own ON own.id = m.id
  WHERE m.delivered > 0 AND own.failing_since_ms IS NOT NULL AND l.next_try_ms > :now_ms
  ORDER BY l.id FOR UPDATE OF l
), woken AS (
  UPDATE lanes l SET next_try_ms = :now_ms FROM waiting WHERE l.id = waiting.id
)
UPDATE endpoints e SET delivered = e.delivered + m.delivered, failed = e.failed + m.failed,
  dead = e.dead + m.dead,
  last_delivered_ms = CASE WHEN m.delivered > 0 THEN :now_ms ELSE e.last_delivered_ms END,
  failing_since_ms = CASE WHEN m.delivered > 0 THEN NULL ELSE COALESCE(e.failing_since_ms, :now_ms) END
FROM told m JOIN own ON own.id = m.id WHERE e.id = m.id
"""
_BEHIND = """
UPDATE endpoints e SET behind_told_ms = :now_ms FROM (
  SELECT endpoint_id, count(*) AS pending, min(since_ms) AS oldest FROM lanes GROUP BY endpoint_id
) w
WHERE w.endpoint_id = e.id AND w.oldest < :before_ms AND e.behind_told_ms IS NULL AND e.disabled_ms IS NULL
RETURNING e.operator_id, e.live, e.document, e.failing_since_ms, e.last_delivered_ms, e.delivered, e.failed,
  e.dead, w.pending, w.oldest
"""
_CAUGHT_UP = """
UPDATE endpoints e SET behind_told_ms = NULL
WHERE e.behind_told_ms IS NOT NULL AND e.disabled_ms IS NULL
  AND NOT EXISTS (SELECT 1 FROM lanes WHERE endpoint_id = e.id AND since_ms < :before_ms)
RETURNING e.operator_id, e.live, e.document
"""
_TOTALS = """
SELECT (SELECT count(*) FROM unrouted) AS unrouted, (SELECT count(*) FROM lanes) AS cursors,
  (SELECT COALESCE(greatest(:now_ms - min(l.since_ms), 0), 0)
    FROM lanes l JOIN endpoints e ON e.id = l.endpoint_id WHERE e.disabled_ms IS NULL) AS oldest_ms,
  COALESCE(sum(delivered), 0) AS delivered, COALESCE(sum(failed), 0) AS failed, COALESCE(sum(dead), 0) AS dead,
  count(*) AS endpoints, count(failing_since_ms) FILTER (WHERE disabled_ms IS NULL) AS failing,
  count(disabled_ms) AS disabled
FROM endpoints
"""


class PostgresDeliveries(Reader):
    """`Deliveries` on SQLAlchemy Core."""

    async def claim_cursors(
        self, claim: str, now_ms: int, until_ms: int, per_endpoint: int, events: int, busy: Sequence[str]
    ) -> list[DeliveryCursor]:
        given = {"claim": claim, "now_ms": now_ms, "until_ms": until_ms, "per_endpoint": per_endpoint}
        want = sa.text(_CLAIM).bindparams(**given, events=events, busy=list(busy))
        cursors: dict[str, DeliveryCursor] = {}
        rows: dict[str, list[Announcement]] = {}
        for row in await self._rows(HOUSE, want):
            if row.id not in cursors:
                cursors[row.id], rows[row.id] = _cursor(row, claim), []
            if row.seq is not None:
                rows[row.id].append(Announcement(*row[10:]))
        return [replace(cursor, events=tuple(rows[name])) for name, cursor in cursors.items()]

    async def mark(self, marks: Sequence[DeliveryProgress], attempts: Sequence[Attempt], now_ms: int) -> None:
        async with self._transaction() as db:
            if attempts:
                await db.execute(sa.text(_LOG), _columns(attempts))
                await db.execute(sa.text(_COUNT), _counts(attempts) | {"now_ms": now_ms})
            if marks:
                given = {
                    "ids": [mark.cursor_id for mark in marks],
                    "claims": [mark.claim for mark in marks],
                    "done": [mark.done_seq for mark in marks],
                    "attempts": [mark.attempts for mark in marks],
                    "next": [mark.next_try_ms for mark in marks],
                }
                await db.execute(sa.text(_MARK), given)
                await db.execute(sa.text(_CLEAR), {"ids": given["ids"]})

    async def disable(self, endpoint_id: str, reason: str, now_ms: int) -> bool:
        c = tables.endpoints.c
        found = await self._rows(HOUSE, sa.select(c.document).where(c.id == endpoint_id))
        if not found:
            return False
        endpoint = replace(codec.decode(found[0][0], Endpoint), disabled_ms=now_ms, disabled_reason=reason)
        change = (
            sa.update(tables.endpoints)
            .where(c.id == endpoint_id, c.disabled_ms.is_(None), c.document == found[0][0])
            .values(disabled_ms=now_ms, document=codec.encode(endpoint))
            .returning(c.id)
        )
        return bool(await self._rows(HOUSE, change))

    async def failing(self, before_ms: int) -> list[tuple[Tenant, Endpoint]]:
        c = tables.endpoints.c
        want = sa.select(c.operator_id, c.live, c.document)
        found = await self._rows(HOUSE, want.where(c.failing_since_ms < before_ms, c.disabled_ms.is_(None)))
        return [_endpoint(row) for row in found]

    async def fallen_behind(self, before_ms: int, now_ms: int) -> list[tuple[Tenant, Endpoint, Health]]:
        found = await self._rows(HOUSE, sa.text(_BEHIND).bindparams(before_ms=before_ms, now_ms=now_ms))
        return [(*_endpoint(row), Health(*row[3:])) for row in found]

    async def caught_up(self, before_ms: int) -> list[tuple[Tenant, Endpoint]]:
        found = await self._rows(HOUSE, sa.text(_CAUGHT_UP).bindparams(before_ms=before_ms))
        return [_endpoint(row) for row in found]

    async def forget_attempts(self, before_ms: int) -> int:
        old = (
            sa.delete(tables.attempts)
            .where(tables.attempts.c.at_ms < before_ms)
            .returning(tables.attempts.c.id)
        )
        return len(await self._rows(HOUSE, old))

    async def totals(self, now_ms: int) -> dict[str, int]:
        found = await self._rows(HOUSE, sa.text(_TOTALS).bindparams(now_ms=now_ms))
        return {name: int(value) for name, value in found[0]._mapping.items()}


def _endpoint(row: Any) -> tuple[Tenant, Endpoint]:
    return Tenant(OperatorId(row.operator_id), row.live), codec.decode(row.document, Endpoint)


def _cursor(row: Any, claim: str) -> DeliveryCursor:
    tenant, endpoint = _endpoint(row)
    place = (row.stream, row.done_seq, row.tip_seq, row.attempts, row.whole)
    return DeliveryCursor(row.id, claim, tenant, endpoint, row.failing, *place)


def _columns(attempts: Sequence[Attempt]) -> dict[str, list[Any]]:
    return {
        "operator": [one.tenant.operator_id for one in attempts],
        "live": [one.tenant.live for one in attempts],
        "endpoint": [one.endpoint_id for one in attempts],
        "stream": [one.stream for one in attempts],
        "event": [one.event_id for one in attempts],
        "outcome": [one.outcome.value for one in attempts],
        "at_ms": [one.at_ms for one in attempts],
        "document": [codec.encode(one) for one in attempts],
    }


def _counts(attempts: Sequence[Attempt]) -> dict[str, list[Any]]:
    """Per endpoint; the last try counts as failed and as dead."""
    ids = sorted({one.endpoint_id for one in attempts})

    def count(*outcomes: DeliveryOutcome) -> list[int]:
        return [sum(one.endpoint_id == name and one.outcome in outcomes for one in attempts) for name in ids]

    return {
        "ids": list(ids),
        "delivered": count(DeliveryOutcome.DELIVERED),
        "failed": count(DeliveryOutcome.FAILED, DeliveryOutcome.DEAD),
        "dead": count(DeliveryOutcome.DEAD),
    }
