"""Endpoints and the log of what was sent to them, on Postgres."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from server.domain.ids import Tenant
from server.encoding import codec
from server.ports import Attempt, AttemptFilter, Endpoint, Health
from server.public_events.mapping import Announcement
from server.public_events.streams import probe_stream
from server.storage.postgres import tables
from server.storage.postgres.reader import HOUSE, Reader, of_tenant

_PROBE = """
WITH stream AS (INSERT INTO streams (id, operator_id, live, seq) VALUES (:stream, :operator_id, :live, 1)),
event AS (INSERT INTO outbox (tournament_id, seq, event_id, event_type, at_ms, data)
  VALUES (:stream, 1, :event_id, :event_type, :now_ms, :data))
INSERT INTO lanes (id, operator_id, live, endpoint_id, stream, whole, done_seq, tip_seq, attempts, since_ms,
  next_try_ms)
VALUES (:endpoint_id || '/' || :stream, :operator_id, :live, :endpoint_id, :stream, true, 0, 1, 0, :now_ms,
  :now_ms)
"""


class PostgresEndpoints(Reader):
    """`Endpoints` on SQLAlchemy Core."""

    async def endpoints(self, tenant: Tenant) -> list[tuple[Endpoint, Health]]:
        e, w = tables.endpoints.c, tables.lanes.c
        waiting = (
            sa.select(w.endpoint_id, sa.func.count().label("pending"), sa.func.min(w.since_ms).label("oldest"))
            .where(*of_tenant(tables.lanes, tenant))
            .group_by(w.endpoint_id)
            .subquery()
        )
        want = (
            sa.select(e.document, e.failing_since_ms, e.last_delivered_ms, e.delivered, e.failed, e.dead,
                      sa.func.coalesce(waiting.c.pending, 0), waiting.c.oldest)
            .join_from(tables.endpoints, waiting, e.id == waiting.c.endpoint_id, isouter=True)
            .where(*of_tenant(tables.endpoints, tenant))
            .order_by(e.name)
        )  # fmt: skip
        return [(codec.decode(row[0], Endpoint), Health(*row[1:])) for row in await self._rows(tenant, want)]

    async def save_endpoint(self, tenant: Tenant, endpoint: Endpoint) -> None:
        row: dict[str, Any] = {
            "name": endpoint.name,
            "types": list(endpoint.types),
            "disabled_ms": endpoint.disabled_ms,
            "document": codec.encode(endpoint),
        }
        fresh = insert(tables.endpoints).values(
            id=endpoint.id, operator_id=tenant.operator_id, live=tenant.live, **row
        )
        begun_anew = row | {"failing_since_ms": None}
        change = fresh.on_conflict_do_update(index_elements=[tables.endpoints.c.id], set_=begun_anew)
        own = [*of_tenant(tables.lanes, tenant), tables.lanes.c.endpoint_id == endpoint.id]
        await self._all_of(tenant, change, sa.update(tables.lanes).where(*own).values(next_try_ms=0))

    async def remove_endpoint(self, tenant: Tenant, endpoint_id: str) -> None:
        own = [*of_tenant(tables.endpoints, tenant), tables.endpoints.c.id == endpoint_id]
        pending = [*of_tenant(tables.lanes, tenant), tables.lanes.c.endpoint_id == endpoint_id]
        await self._all_of(
            tenant, sa.delete(tables.endpoints).where(*own), sa.delete(tables.lanes).where(*pending)
        )

    async def attempts(self, tenant: Tenant, want: AttemptFilter, limit: int) -> list[Attempt]:
        c = tables.attempts.c
        where = of_tenant(tables.attempts, tenant)
        for column in (c.endpoint_id, c.outcome, c.event_id, c.stream):
            wanted = getattr(want, column.name)
            if wanted is not None:
                where.append(column == wanted)
        if want.before is not None:
            where.append(c.id < want.before)
        page = sa.select(c.id, c.document).where(*where).order_by(c.id.desc()).limit(limit)
        found = await self._rows(tenant, page)
        return [replace(codec.decode(row[1], Attempt), id=row[0]) for row in found]

    async def send_again(
        self,
        tenant: Tenant,
        endpoint_id: str,
        ranges: Sequence[tuple[str, int, int]],
        whole: bool,
        now_ms: int,
    ) -> int:
        if not ranges:
            return 0
        rows = [
            {
                "id": f"{endpoint_id}/{stream}/{first}-{last}",
                "operator_id": tenant.operator_id,
                "live": tenant.live,
                "endpoint_id": endpoint_id,
                "stream": stream,
                "whole": whole,
                "done_seq": first - 1,
                "tip_seq": last,
                "attempts": 0,
                "since_ms": now_ms,
                "next_try_ms": now_ms,
            }
            for stream, first, last in ranges
        ]
        # Asked for once more while it is still on its way changes nothing.
        await self._rows(tenant, insert(tables.lanes).values(rows).on_conflict_do_nothing())
        return sum(last - first + 1 for _, first, last in ranges)

    async def probe(self, tenant: Tenant, endpoint_id: str, name: str, event: Announcement) -> None:
        given = {
            "stream": probe_stream(tenant, name),
            "operator_id": tenant.operator_id,
            "live": tenant.live,
            "endpoint_id": endpoint_id,
            "event_id": event.event_id,
            "event_type": event.event_type,
            "now_ms": event.at_ms,
            "data": event.data,
        }
        await self._rows(HOUSE, sa.text(_PROBE).bindparams(**given))

    async def event(self, tenant: Tenant, event_id: str) -> tuple[str, Announcement] | None:
        o = tables.outbox.c
        want = sa.select(o.tournament_id, o.event_id, o.seq, o.event_type, o.at_ms, o.data)
        # The role sees this tenant's events alone; row-level security is the condition here.
        found = await self._rows(tenant, want.where(o.event_id == event_id))
        return (found[0][0], Announcement(*found[0][1:])) if found else None
