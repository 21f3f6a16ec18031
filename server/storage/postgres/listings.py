"""The read side and the master data on Postgres, through SQLAlchemy Core: cold paths only."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from config.limits import EXTERNAL_ID_STALE_MS
from server.domain.ids import OperatorId, Tenant, TournamentId
from server.domain.tournament.lifecycle import Status
from server.domain.tournament.summary import EntryRow, ResultRow, Summary
from server.encoding import codec
from server.ports import AwaitedBeacon, DueRow, LedgerLine, ListFilter, Played, RuleChange
from server.public_events.mapping import Announcement
from server.storage.postgres import tables
from server.storage.postgres.reader import (
    HOUSE,
    Reader,
    Scope,
    of_tenant,
)


def _owned(table: sa.Table, tenant: Tenant, tournament_id: str) -> list[Any]:
    """Rows of one tournament, if it is the tenant's."""
    owner = sa.select(1).where(
        tables.tournaments.c.id == table.c.tournament_id, *of_tenant(tables.tournaments, tenant)
    )
    return [table.c.tournament_id == tournament_id, owner.exists()]


def _uses_it() -> Any:
    """Whether the tournament of a row of `external_ids` has its external id. The names are written as text,
    because SQLAlchemy takes the subquery of an upsert to be about any row of that table."""
    c = tables.tournaments.c
    same = [
        c.id == sa.literal_column("external_ids.tournament_id"),
        c.external_id == sa.literal_column("external_ids.external_id"),
    ]
    return sa.exists(sa.select(1).where(*same))


class PostgresListings(Reader):
    """`Listings` on SQLAlchemy Core."""

    async def find(self, tenant: Tenant, tournament_id: str) -> Summary | None:
        return await self._one(
            tenant, tables.tournaments.c.id == tournament_id, *of_tenant(tables.tournaments, tenant)
        )

    async def find_public(self, tournament_id: str) -> Summary | None:
        return await self._one(HOUSE, tables.tournaments.c.id == tournament_id, tables.tournaments.c.public)

    async def operator_of(self, tournament_id: str) -> str | None:
        c = tables.tournaments.c
        found = await self._rows(HOUSE, sa.select(c.operator_id).where(c.id == tournament_id))
        return found[0][0] if found else None

    async def _one(self, scope: Scope, *where: Any) -> Summary | None:
        found = await self._documents(scope, sa.select(tables.tournaments.c.document).where(*where), Summary)
        return found[0] if found else None

    async def page(
        self, tenant: Tenant, want: ListFilter, limit: int, offset: int
    ) -> tuple[int, list[Summary]]:
        columns = tables.tournaments.c
        where = of_tenant(tables.tournaments, tenant)
        if want.statuses:
            where.append(columns.status.in_(want.statuses))
        for column in (columns.game_slug, columns.format, columns.external_id):
            wanted = getattr(want, column.name)
            if wanted is not None:
                where.append(column == wanted)
        if want.start_from_ms is not None:
            where.append(columns.start_at_ms >= want.start_from_ms)
        if want.start_until_ms is not None:
            where.append(columns.start_at_ms <= want.start_until_ms)
        order = (columns.start_at_ms.desc(), columns.id.desc())
        return await self._paged(tenant, tables.tournaments, where, order, Summary, (limit, offset))

    async def players(
        self, tenant: Tenant, tournament_id: str, limit: int, offset: int
    ) -> tuple[int, list[EntryRow]]:
        where = _owned(tables.entries, tenant, tournament_id)
        return await self._paged(
            tenant, tables.entries, where, (tables.entries.c.player_no,), EntryRow, (limit, offset)
        )

    async def entry(self, tenant: Tenant, tournament_id: str, name: str) -> EntryRow | None:
        columns = tables.entries.c
        named = sa.or_(columns.user_id == name, columns.player_id == name, columns.internal_player_id == name)
        where = [*_owned(tables.entries, tenant, tournament_id), named]
        want = sa.select(columns.document).where(*where).order_by(columns.player_no.desc()).limit(1)
        found = await self._documents(tenant, want, EntryRow)
        return found[0] if found else None

    async def results(
        self, tenant: Tenant, tournament_id: str, limit: int, offset: int
    ) -> tuple[int, list[ResultRow]]:
        where = _owned(tables.results, tenant, tournament_id)
        return await self._paged(
            tenant, tables.results, where, (tables.results.c.position,), ResultRow, (limit, offset)
        )

    async def played_by(
        self, tenant: Tenant, user_id: str, limit: int, offset: int
    ) -> tuple[int, list[Played]]:
        e, c, r = tables.entries.c, tables.tournaments.c, tables.results.c
        where = [e.user_id == user_id, *of_tenant(tables.tournaments, tenant)]
        joined = tables.entries.join(tables.tournaments, c.id == e.tournament_id)
        total = await self._rows(tenant, sa.select(sa.func.count()).select_from(joined).where(*where))
        same = sa.and_(r.tournament_id == e.tournament_id, r.player_no == e.player_no)
        want = (
            sa.select(e.document, c.document, r.document)
            .select_from(joined.outerjoin(tables.results, same))
            .where(*where)
            .order_by(c.start_at_ms.desc(), c.id.desc(), e.player_no.desc())
            .limit(limit)
            .offset(offset)
        )
        return total[0][0], [
            Played(
                codec.decode(entry, EntryRow),
                codec.decode(summary, Summary),
                None if result is None else codec.decode(result, ResultRow),
            )
            for entry, summary, result in await self._rows(tenant, want)
        ]

    async def rule_changes(self, tenant: Tenant, tournament_id: str) -> list[RuleChange]:
        c = tables.events.c
        want = (
            sa.select(c.at_ms, c.kind, c.payload)
            .where(*_owned(tables.events, tenant, tournament_id), c.kind.in_(codec.RULE_KINDS))
            .order_by(c.seq)
        )
        return [RuleChange(row[0], *codec.rules_in(row[1], row[2])) for row in await self._rows(tenant, want)]

    async def history(
        self, tenant: Tenant, tournament_id: str, after_seq: int, limit: int
    ) -> list[Announcement]:
        c = tables.outbox.c
        want = (
            sa.select(c.event_id, c.seq, c.event_type, c.at_ms, c.data)
            .where(*_owned(tables.outbox, tenant, tournament_id), c.seq > after_seq)
            .order_by(c.seq)
            .limit(limit)
        )
        return [Announcement(*row) for row in await self._rows(tenant, want)]

    async def balances(self, tenant: Tenant, tournament_id: str) -> list[LedgerLine]:
        c = tables.postings.c
        want = (
            sa.select(c.account, c.currency, sa.cast(sa.func.sum(c.amount_minor), sa.BigInteger))
            .where(*_owned(tables.postings, tenant, tournament_id))
            .group_by(c.account, c.currency)
            .order_by(sa.collate(c.account, "C"), sa.collate(c.currency, "C"))
        )
        return [LedgerLine(*row) for row in await self._rows(tenant, want)]

    async def newly_overdue(self, before_ms: int, now_ms: int) -> list[tuple[Tenant, DueRow]]:
        c = tables.tournaments.c
        untold = sa.or_(c.overdue_told_ms.is_(None), c.overdue_told_ms < c.next_due_ms)
        late = (
            sa.update(tables.tournaments)
            .where(c.next_due_ms < before_ms, untold)
            .values(overdue_told_ms=now_ms)
            .returning(c.id, c.next_due_ms, c.operator_id, c.live)
        )
        return [
            (Tenant(OperatorId(row[2]), row[3]), DueRow(TournamentId(row[0]), row[1]))
            for row in await self._rows(HOUSE, late)
        ]

    async def write_something(self, now_ms: int) -> None:
        row = {"name": "ready", "value": str(now_ms).encode()}
        fresh = insert(tables.house).values(row)
        change = fresh.on_conflict_do_update(
            index_elements=[tables.house.c.name], set_={"value": fresh.excluded.value}
        )
        await self._rows(HOUSE, change)

    async def answered_in(self, tenant: Tenant, command_id: str) -> TournamentId | None:
        c = tables.answers.c
        joined = tables.answers.join(tables.tournaments, tables.tournaments.c.id == c.tournament_id)
        want = sa.select(c.tournament_id).select_from(joined)
        # Answers are the house's own table; the condition on the tenant stands here.
        rows = await self._rows(
            HOUSE, want.where(c.command_id == command_id, *of_tenant(tables.tournaments, tenant))
        )
        return TournamentId(rows[0][0]) if rows else None

    async def claim_external_id(
        self, tenant: Tenant, external_id: str, tournament_id: str, now_ms: int
    ) -> str:
        c = tables.external_ids.c
        row = {"external_id": external_id, "tournament_id": tournament_id, "claimed_ms": now_ms}
        fresh = insert(tables.external_ids).values(operator_id=tenant.operator_id, live=tenant.live, **row)
        age_ms = sa.func.abs(sa.literal(now_ms, sa.BigInteger) - c.claimed_ms)
        unborn = ~_uses_it()
        mine_or_stale = sa.or_(
            c.tournament_id == tournament_id, sa.and_(unborn, age_ms >= EXTERNAL_ID_STALE_MS)
        )
        change = fresh.on_conflict_do_update(
            index_elements=[c.operator_id, c.live, c.external_id],
            set_={"tournament_id": tournament_id, "claimed_ms": now_ms},
            where=mine_or_stale,
        )
        if await self._rows(tenant, change.returning(c.tournament_id)):
            return tournament_id
        own = [*of_tenant(tables.external_ids, tenant), c.external_id == external_id]
        found = await self._rows(tenant, sa.select(c.tournament_id).where(*own))
        return found[0][0] if found else ""

    async def release_external_id(self, tenant: Tenant, external_id: str, tournament_id: str) -> None:
        c = tables.external_ids.c
        own = [
            *of_tenant(tables.external_ids, tenant),
            c.external_id == external_id,
            c.tournament_id == tournament_id,
        ]
        unused = ~_uses_it()
        await self._rows(tenant, sa.delete(tables.external_ids).where(*own, unused))

    async def due(self, until_ms: int, limit: int, after: DueRow | None = None) -> list[DueRow]:
        c = tables.tournaments.c
        at = (after.due_ms, after.tournament_id) if after else (-1, "")
        behind = sa.tuple_(c.next_due_ms, c.id) > sa.tuple_(*at)
        want = (
            sa.select(c.id, c.next_due_ms)
            .where(c.next_due_ms <= until_ms, behind)
            .order_by(c.next_due_ms, c.id)
            .limit(limit)
        )
        return [DueRow(TournamentId(row[0]), row[1]) for row in await self._rows(HOUSE, want)]

    async def awaiting_beacon(self, limit: int) -> list[AwaitedBeacon]:
        c = tables.tournaments.c
        want = (
            sa.select(c.beacon_round, c.document)
            .where(c.beacon_round.is_not(None))
            .order_by(c.beacon_round, c.id)
            .limit(limit)
        )
        rows = await self._rows(HOUSE, want)
        return [AwaitedBeacon.of(codec.decode(document, Summary), number) for number, document in rows]

    async def public(self, tenant: Tenant, limit: int, offset: int) -> tuple[int, list[Summary]]:
        c = tables.tournaments.c
        where = [*of_tenant(tables.tournaments, tenant), c.public, c.status != Status.CANCELLED.value]
        order = (c.status == Status.COMPLETED.value, c.start_at_ms.desc(), c.id)
        return await self._paged(tenant, tables.tournaments, where, order, Summary, (limit, offset))
