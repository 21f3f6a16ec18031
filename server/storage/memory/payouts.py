"""Payout lines and wallets in memory: the twin of `payouts.PostgresPayouts`."""

from collections.abc import Sequence

from server.domain.ids import Tenant
from server.domain.tournament.money.payouts import OPEN, PayoutRow
from server.ports import ClaimedPayout, StoredPayout, Wallet


class MemoryPayouts:
    """`Payouts` over dictionaries. Rows are kept as they were stored, so that no owner changes them later."""

    def __init__(self) -> None:
        super().__init__()
        self._owed: dict[str, tuple[Tenant, StoredPayout]] = {}
        self._wallets: dict[Tenant, Wallet] = {}

    def _keep_payouts(self, tenant: Tenant, rows: list[PayoutRow]) -> None:
        self._owed |= {row.payout.id: (tenant, StoredPayout(row)) for row in rows}

    async def payouts(
        self, tenant: Tenant, tournament_id: str | None, states: Sequence[str], limit: int, offset: int
    ) -> tuple[int, list[StoredPayout]]:
        found = [
            owed
            for of, owed in self._owed.values()
            if of == tenant
            and tournament_id in (None, owed.row.tournament_id)
            and (not states or owed.row.payout.state in states)
        ]
        found.sort(key=_by_age if tournament_id is None else _by_place)
        return len(found), found[offset : offset + limit]

    async def payout(self, tenant: Tenant, payout_id: str) -> StoredPayout | None:
        of, owed = self._owed.get(payout_id, (None, None))
        return owed if of == tenant else None

    async def claim_payouts(self, now_ms: int, until_ms: int, limit: int) -> list[ClaimedPayout]:
        due = [
            (tenant, owed)
            for tenant, owed in self._owed.values()
            if tenant in self._wallets
            and owed.row.payout.state in OPEN
            and (owed.row.payout.next_try_ms is not None and owed.row.payout.next_try_ms <= now_ms)
            and (owed.claimed_until_ms is None or not now_ms < owed.claimed_until_ms <= 2 * until_ms - now_ms)
        ]
        due.sort(key=lambda pair: (pair[1].row.payout.next_try_ms or 0, pair[1].row.payout.id))
        for tenant, owed in due[:limit]:
            self._owed[owed.row.payout.id] = (tenant, StoredPayout(owed.row, until_ms))
        return [ClaimedPayout(owed.row, tenant, self._wallets[tenant]) for tenant, owed in due[:limit]]

    async def hold_payouts(
        self, tenant: Tenant, tournament_id: str, payout_id: str | None, now_ms: int, until_ms: int
    ) -> bool:
        found = [one for one in self._lines(tenant, tournament_id, payout_id) if one.row.payout.state in OPEN]
        if any((owed.claimed_until_ms or 0) > now_ms for owed in found):
            return False
        self._owed |= {owed.row.payout.id: (tenant, StoredPayout(owed.row, until_ms)) for owed in found}
        return True

    async def release_payouts(
        self, tenant: Tenant, tournament_id: str, payout_id: str | None, until_ms: int
    ) -> None:
        for owed in self._lines(tenant, tournament_id, payout_id):
            if owed.claimed_until_ms == until_ms:
                self._owed[owed.row.payout.id] = (tenant, StoredPayout(owed.row))

    def _lines(self, tenant: Tenant, tournament_id: str, payout_id: str | None) -> list[StoredPayout]:
        return [
            owed
            for of, owed in self._owed.values()
            if of == tenant
            and owed.row.tournament_id == tournament_id
            and payout_id in (None, owed.row.payout.id)
        ]

    async def wallet(self, tenant: Tenant) -> Wallet | None:
        return self._wallets.get(tenant)

    async def set_wallet(self, tenant: Tenant, wallet: Wallet | None) -> None:
        if wallet is None:
            self._wallets.pop(tenant, None)
        else:
            self._wallets[tenant] = wallet


def _by_age(owed: StoredPayout) -> tuple[int, str]:
    return owed.row.payout.made_at_ms, owed.row.payout.id


def _by_place(owed: StoredPayout) -> tuple[float, str]:
    place = owed.row.payout.position
    return float("inf") if place is None else place, owed.row.payout.id
