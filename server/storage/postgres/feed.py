"""The feed on Postgres: every committed event gets its place in the order of its tenant, and its cursors."""

import sqlalchemy as sa

from server.domain.ids import OperatorId, Tenant
from server.ports import FeedRow
from server.public_events.mapping import Announcement, event_id
from server.public_events.streams import house_stream
from server.storage.postgres import tables
from server.storage.postgres.reader import HOUSE, Reader

# One router at a time: positions have no gap, and none appears behind a reader's cursor later.
_ONE_AT_A_TIME = "SELECT pg_try_advisory_xact_lock(hashtext('pitboss.route'))"
# Events of one stream are committed one after the other, so a prefix of the queue has no hole in a stream.
# A cursor that is there is raised; where there is none, everything before the first of these was sent.
_ROUTE = """
WITH taken AS (
  DELETE FROM unrouted WHERE no IN (SELECT no FROM unrouted ORDER BY no LIMIT :limit)
  RETURNING no, tournament_id, seq
), known AS (
  SELECT q.no, o.tournament_id AS stream, o.seq, o.event_type, o.at_ms,
    COALESCE(r.operator_id, s.operator_id) AS operator_id, COALESCE(r.live, s.live) AS live
  FROM taken q JOIN outbox o USING (tournament_id, seq)
    LEFT JOIN tournaments r ON r.id = o.tournament_id LEFT JOIN streams s ON s.id = o.tournament_id
), placed AS (
  INSERT INTO feed (operator_id, live, no, stream, seq)
  SELECT k.operator_id, k.live, COALESCE(last.no, 0)
      + row_number() OVER (PARTITION BY k.operator_id, k.live ORDER BY k.no), k.stream, k.seq
  FROM known k LEFT JOIN LATERAL (
    SELECT f.no FROM feed f WHERE f.operator_id = k.operator_id AND f.live = k.live ORDER BY f.no DESC LIMIT 1
  ) last ON true
), shown AS (
  INSERT INTO lanes (id, operator_id, live, endpoint_id, stream, whole, done_seq, tip_seq, attempts, since_ms,
    next_try_ms)
  SELECT e.id || '/' || k.stream, e.operator_id, e.live, e.id, k.stream, false, min(k.seq) - 1, max(k.seq), 0,
    min(k.at_ms), :now_ms
  FROM known k JOIN endpoints e ON e.operator_id = k.operator_id AND e.live = k.live
  WHERE cardinality(e.types) = 0 OR EXISTS (SELECT 1 FROM unnest(e.types) AS want WHERE k.event_type = want
    OR (right(want, 2) = '.*' AND starts_with(k.event_type, left(want, -1))))
  GROUP BY e.id, e.operator_id, e.live, k.stream ORDER BY 1
  ON CONFLICT (id) DO UPDATE SET tip_seq = excluded.tip_seq
)
SELECT count(*) FROM taken
"""
_SAY = """
WITH own AS (
  INSERT INTO streams (id, operator_id, live, seq) VALUES (:stream, :operator_id, :live, 1)
  ON CONFLICT (id) DO UPDATE SET seq = streams.seq + 1 RETURNING seq
), told AS (
  INSERT INTO outbox (tournament_id, seq, event_id, event_type, at_ms, data)
  SELECT :stream, seq, :prefix || seq, :event_type, :now_ms, :data FROM own RETURNING seq
), queued AS (
  INSERT INTO unrouted (tournament_id, seq) SELECT :stream, seq FROM told
)
SELECT seq FROM own
"""


class PostgresFeed(Reader):
    """`Feed` on SQLAlchemy Core."""

    async def feed(self, tenant: Tenant, after_no: int, limit: int) -> list[FeedRow]:
        f, o = tables.feed.c, tables.outbox.c
        want = (
            sa.select(f.no, f.stream, o.event_id, o.seq, o.event_type, o.at_ms, o.data)
            .join_from(tables.feed, tables.outbox, sa.and_(f.stream == o.tournament_id, f.seq == o.seq))
            .where(f.operator_id == tenant.operator_id, f.live == tenant.live, f.no > after_no)
            .order_by(f.no)
            .limit(limit)
        )
        return [FeedRow(row[0], row[1], Announcement(*row[2:])) for row in await self._rows(tenant, want)]

    async def say(self, tenant: Tenant, event_type: str, data: bytes, now_ms: int) -> Announcement:
        stream = house_stream(tenant)
        given = {
            "stream": stream,
            "operator_id": tenant.operator_id,
            "live": tenant.live,
            "prefix": event_id(stream, 0)[:-1],
            "event_type": event_type,
            "now_ms": now_ms,
            "data": data,
        }
        found = await self._rows(HOUSE, sa.text(_SAY).bindparams(**given))
        seq = found[0][0]
        return Announcement(event_id(stream, seq), seq, event_type, now_ms, data)

    async def audience(self) -> list[Tenant]:
        of = (sa.select(table.c.operator_id, table.c.live) for table in (tables.tournaments, tables.endpoints))
        return [Tenant(OperatorId(row[0]), row[1]) for row in await self._rows(HOUSE, sa.union(*of))]

    async def route(self, now_ms: int, limit: int) -> int:
        async with self._transaction() as db:
            if not (await db.execute(sa.text(_ONE_AT_A_TIME))).scalar_one():
                return 0
            done = await db.execute(sa.text(_ROUTE), {"limit": limit, "now_ms": now_ms})
            return int(done.scalar_one())
