"""What may happen once only, in memory: payments and external ids."""

from collections.abc import Sequence

from config.limits import EXTERNAL_ID_STALE_MS
from server.domain.ids import Tenant
from server.domain.tournament.commands import PaymentUse


class MemoryOnce:
    """Payments and external ids over dictionaries."""

    def __init__(self) -> None:
        super().__init__()
        self._paid: dict[tuple[Tenant, str], PaymentUse] = {}
        self._external: dict[tuple[Tenant, str], tuple[str, int]] = {}

    def _has_external_id(self, tournament_id: str, external_id: str) -> bool:
        raise NotImplementedError

    async def payments(self, tenant: Tenant, payment_ids: Sequence[str]) -> dict[str, PaymentUse]:
        return {name: self._paid[tenant, name] for name in payment_ids if (tenant, name) in self._paid}

    async def write_something(self, now_ms: int) -> None:
        """Memory can always be written."""

    async def claim_external_id(
        self, tenant: Tenant, external_id: str, tournament_id: str, now_ms: int
    ) -> str:
        owner, claimed_ms = self._external.get((tenant, external_id), (tournament_id, now_ms))
        stale = (
            not self._has_external_id(owner, external_id) and abs(now_ms - claimed_ms) >= EXTERNAL_ID_STALE_MS
        )
        if stale or owner == tournament_id:
            self._external[tenant, external_id] = tournament_id, now_ms
            return tournament_id
        return owner

    async def release_external_id(self, tenant: Tenant, external_id: str, tournament_id: str) -> None:
        owner, _ = self._external.get((tenant, external_id), ("", 0))
        if owner == tournament_id and not self._has_external_id(owner, external_id):
            del self._external[tenant, external_id]
