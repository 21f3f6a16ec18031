"""Looking back on Postgres: the trail of deeds, and everything that is stored of one tournament."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from server.domain.ids import OperatorId, Tenant, TournamentId
from server.domain.postings import Posting
from server.domain.tournament.commands import PaymentUse
from server.domain.tournament.money.payouts import PayoutRow
from server.domain.tournament.summary import EntryRow, ResultRow, Summary
from server.encoding import codec
from server.ports import (
    AuditEntry,
    AuditRow,
    BlockRow,
    Checkpoint,
    EventRow,
    Journal,
    PaymentRow,
    PostingRow,
    RoomCounts,
    SealedSeed,
    StoredTournament,
)
from server.public_events.mapping import Announcement
from server.storage.postgres import tables
from server.storage.postgres.reader import HOUSE, Reader, of_tenant

_APPEND_TRIES = 50


class PostgresAudit(Reader):
    """`Audit` on SQLAlchemy Core."""

    async def append(self, tenant: Tenant, entry: AuditEntry) -> None:
        """Two who append at once take the same number; the second one sees that and takes the next."""
        for _ in range(_APPEND_TRIES):
            newest = sa.select(tables.audit.c.seq, tables.audit.c.hash).where(*of_tenant(tables.audit, tenant))
            found = await self._rows(tenant, newest.order_by(tables.audit.c.seq.desc()).limit(1))
            seq, before = found[0] if found else (0, codec.CHAIN_START)
            payload, after = codec.chained_audit_entry(before, seq + 1, entry)
            row = {"operator_id": tenant.operator_id, "live": tenant.live, "seq": seq + 1}
            try:
                await self._rows(
                    tenant, sa.insert(tables.audit).values(row | {"deed": payload, "hash": after})
                )
                return
            except sa.exc.IntegrityError:
                continue
        raise RuntimeError("the audit trail is written to without a pause")

    async def trail(self, tenant: Tenant, after_seq: int, limit: int) -> list[AuditRow]:
        c = tables.audit.c
        want = sa.select(c.seq, c.deed, c.hash).where(*of_tenant(tables.audit, tenant), c.seq > after_seq)
        rows = await self._rows(tenant, want.order_by(c.seq).limit(limit))
        return [AuditRow(row[0], msgspec.json.decode(row[1], type=AuditEntry), row[2]) for row in rows]


class PostgresBooks(Reader):
    """`Books` on SQLAlchemy Core, the log by way of the journal."""

    def __init__(self, engine: AsyncEngine, journal: Journal) -> None:
        super().__init__(engine)
        self._journal = journal

    async def tournament_ids(self, after: str, limit: int) -> list[TournamentId]:
        c = tables.tournaments.c
        rows = await self._rows(HOUSE, sa.select(c.id).where(c.id > after).order_by(c.id).limit(limit))
        return [TournamentId(row[0]) for row in rows]

    async def stored(self, tournament_id: TournamentId) -> StoredTournament | None:
        c = tables.tournaments.c
        want = sa.select(c.document, c.next_due_ms, c.beacon_round).where(c.id == tournament_id)
        found = await self._rows(HOUSE, want)
        if not found:
            return None
        p, o = tables.postings.c, tables.outbox.c
        postings = await self._of(
            tournament_id,
            tables.postings,
            p.seq,
            p.line,
            p.account,
            p.currency,
            p.amount_minor,
            p.kind,
            p.tender,
        )
        rows = await self._of(tournament_id, tables.outbox, o.event_id, o.seq, o.event_type, o.at_ms, o.data)
        m = tables.payments.c
        paid = await self._of(tournament_id, tables.payments, m.payment_id, m.player_id, m.kind, m.at_ms)
        return StoredTournament(
            summary=codec.decode(found[0][0], Summary),
            next_due_ms=found[0][1],
            beacon_round=found[0][2],
            postings=[PostingRow(row[0], row[1], Posting(*row[2:])) for row in postings],
            announcements=[Announcement(*row) for row in sorted(rows, key=lambda row: row[1])],
            entries=await self._all(tournament_id, tables.entries, tables.entries.c.player_no, EntryRow),
            results=await self._all(tournament_id, tables.results, tables.results.c.position, ResultRow),
            payouts=await self._all(tournament_id, tables.payouts, tables.payouts.c.payout_id, PayoutRow),
            payments=[PaymentRow(*row) for row in paid],
        )

    async def payments(self, tenant: Tenant, payment_ids: Sequence[str]) -> dict[str, PaymentUse]:
        return await self._journal.payments(tenant, payment_ids)

    async def _of(self, tournament_id: str, table: sa.Table, *columns: Any) -> Sequence[Any]:
        want = sa.select(*columns).where(table.c.tournament_id == tournament_id).order_by(*columns[:2])
        return await self._rows(HOUSE, want)

    async def _all(self, tournament_id: str, table: sa.Table, order: Any, cls: Any) -> list[Any]:
        want = sa.select(table.c.document).where(table.c.tournament_id == tournament_id).order_by(order)
        return await self._documents(HOUSE, want, cls)

    async def events(self, tournament_id: TournamentId, until_seq: int) -> list[EventRow]:
        e = tables.events.c
        want = sa.select(e.seq, e.kind, e.at_ms, e.actor, e.payload, e.hash)
        where = (e.tournament_id == tournament_id, e.seq <= until_seq)
        return [EventRow(*row) for row in await self._rows(HOUSE, want.where(*where).order_by(e.seq))]

    async def checkpoints(self, tournament_id: TournamentId) -> list[Checkpoint]:
        return await self._journal.checkpoints(tournament_id)

    async def tail(self, tournament_id: TournamentId, after_seq: int) -> AsyncIterator[EventRow | BlockRow]:
        async for row in self._journal.tail(tournament_id, after_seq):
            yield row

    async def room_seed(self, tournament_id: TournamentId) -> SealedSeed | None:
        return await self._journal.room_seed(tournament_id)

    async def room_counts(self, tenant: Tenant) -> RoomCounts:
        s, t, e = tables.room_seeds.c, tables.tournaments.c, tables.events.c
        began = sa.exists().where(e.tournament_id == t.id, e.kind == "started")
        rooms = (
            sa.select(t.status, began.label("began"))
            .join_from(tables.room_seeds, tables.tournaments, s.tournament_id == t.id)
            .where(*of_tenant(tables.tournaments, tenant))
            .subquery()
        )
        began_after_all = sa.and_(rooms.c.began, rooms.c.status == "cancelled")
        sums = [sa.func.count(), *(sa.func.count().filter(one) for one in (rooms.c.began, began_after_all))]
        (row,) = await self._rows(HOUSE, sa.select(*sums).select_from(rooms))
        return RoomCounts(*row)

    async def tenants(self) -> list[Tenant]:
        c = tables.audit.c
        rows = await self._rows(HOUSE, sa.select(c.operator_id, c.live).distinct().order_by(c.operator_id))
        return [Tenant(OperatorId(row[0]), row[1]) for row in rows]
