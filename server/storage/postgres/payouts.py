"""Payout lines and wallets on Postgres."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from server.domain.ids import OperatorId, Tenant
from server.domain.tournament.money.payouts import OPEN, PayoutRow
from server.encoding import codec
from server.ports import ClaimedPayout, StoredPayout, Wallet
from server.storage.postgres import tables
from server.storage.postgres.reader import HOUSE, Reader, of_tenant


class PostgresPayouts(Reader):
    """`Payouts` on SQLAlchemy Core."""

    async def payouts(
        self, tenant: Tenant, tournament_id: str | None, states: Sequence[str], limit: int, offset: int
    ) -> tuple[int, list[StoredPayout]]:
        c = tables.payouts.c
        where = of_tenant(tables.payouts, tenant)
        where += [] if tournament_id is None else [c.tournament_id == tournament_id]
        where += [c.state.in_(states)] if states else []
        total = await self._rows(tenant, sa.select(sa.func.count()).select_from(tables.payouts).where(*where))
        want = sa.select(c.document, c.claimed_until_ms).where(*where).limit(limit).offset(offset)
        order = (c.made_ms, c.payout_id) if tournament_id is None else (c.position, c.payout_id)
        return total[0][0], [_owed(row) for row in await self._rows(tenant, want.order_by(*order))]

    async def payout(self, tenant: Tenant, payout_id: str) -> StoredPayout | None:
        c = tables.payouts.c
        want = sa.select(c.document, c.claimed_until_ms).where(
            *of_tenant(tables.payouts, tenant), c.payout_id == payout_id
        )
        found = await self._rows(tenant, want)
        return _owed(found[0]) if found else None

    async def claim_payouts(self, now_ms: int, until_ms: int, limit: int) -> list[ClaimedPayout]:
        c, w = tables.payouts.c, tables.wallets.c
        theirs = sa.and_(c.operator_id == w.operator_id, c.live == w.live)
        # A claim that lasts longer than any is of a clock that was ahead.
        ahead = c.claimed_until_ms > 2 * until_ms - now_ms
        free = sa.or_(c.claimed_until_ms.is_(None), c.claimed_until_ms <= now_ms, ahead)
        due = (
            sa.select(c.payout_id)
            .select_from(tables.payouts.join(tables.wallets, theirs))
            .where(c.state.in_(sorted(OPEN)), c.next_try_ms <= now_ms, free)
            .order_by(c.next_try_ms, c.payout_id)
            .limit(limit)
            .with_for_update(of=tables.payouts, skip_locked=True)
            .cte("due")
        )
        taken = (
            sa.update(tables.payouts)
            .where(c.payout_id == due.c.payout_id, theirs)
            .values(claimed_until_ms=until_ms)
            .returning(c.document, c.operator_id, c.live, w.document)
        )
        return [
            ClaimedPayout(
                codec.decode(row[0], PayoutRow),
                Tenant(OperatorId(row[1]), row[2]),
                codec.decode(row[3], Wallet),
            )
            for row in await self._rows(HOUSE, taken)
        ]

    async def hold_payouts(
        self, tenant: Tenant, tournament_id: str, payout_id: str | None, now_ms: int, until_ms: int
    ) -> bool:
        which = [*_lines(tenant, tournament_id, payout_id), tables.payouts.c.state.in_(sorted(OPEN))]
        async with self._transaction() as db:
            claims = (await db.execute(_locking(which))).scalars()
            if any((until or 0) > now_ms for until in claims):
                return False
            await db.execute(sa.update(tables.payouts).where(*which).values(claimed_until_ms=until_ms))
        return True

    async def release_payouts(
        self, tenant: Tenant, tournament_id: str, payout_id: str | None, until_ms: int
    ) -> None:
        held = tables.payouts.c.claimed_until_ms == until_ms
        which = [*_lines(tenant, tournament_id, payout_id), held]
        async with self._transaction() as db:
            await db.execute(_locking(which))
            await db.execute(sa.update(tables.payouts).where(*which).values(claimed_until_ms=None))

    async def wallet(self, tenant: Tenant) -> Wallet | None:
        want = sa.select(tables.wallets.c.document).where(*of_tenant(tables.wallets, tenant))
        found = await self._documents(tenant, want, Wallet)
        return found[0] if found else None

    async def set_wallet(self, tenant: Tenant, wallet: Wallet | None) -> None:
        if wallet is None:
            await self._rows(tenant, sa.delete(tables.wallets).where(*of_tenant(tables.wallets, tenant)))
            return
        row = {
            "operator_id": tenant.operator_id,
            "live": tenant.live,
            "document": codec.encode(wallet),
        }
        fresh = insert(tables.wallets).values(row)
        change = fresh.on_conflict_do_update(
            index_elements=[tables.wallets.c.operator_id, tables.wallets.c.live],
            set_={"document": fresh.excluded.document},
        )
        await self._rows(tenant, change)


def _lines(tenant: Tenant, tournament_id: str, payout_id: str | None) -> list[sa.ColumnElement[bool]]:
    """All lines of a tournament, or one of them."""
    c = tables.payouts.c
    one = [] if payout_id is None else [c.payout_id == payout_id]
    return [*of_tenant(tables.payouts, tenant), c.tournament_id == tournament_id, *one]


def _locking(which: list[sa.ColumnElement[bool]]) -> sa.Select[Any]:
    """Locks lines in the order in which an owner commits them (by id, bytewise): two orders are a deadlock."""
    c = tables.payouts.c
    in_order = sa.collate(c.payout_id, "C")
    return sa.select(c.claimed_until_ms).where(*which).order_by(in_order).with_for_update()


def _owed(row: Any) -> StoredPayout:
    return StoredPayout(codec.decode(row[0], PayoutRow), row[1])
