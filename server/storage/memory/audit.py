"""The trail of deeds in memory: the twin of `audit.PostgresAudit`."""

from server.domain.ids import Tenant
from server.encoding import codec
from server.ports import AuditEntry, AuditRow


class MemoryAudit:
    """`Audit` over lists."""

    def __init__(self) -> None:
        super().__init__()
        self._trails: dict[Tenant, list[AuditRow]] = {}

    async def append(self, tenant: Tenant, entry: AuditEntry) -> None:
        rows = self._trails.setdefault(tenant, [])
        before = rows[-1].hash if rows else codec.CHAIN_START
        _, after = codec.chained_audit_entry(before, len(rows) + 1, entry)
        rows.append(AuditRow(len(rows) + 1, entry, after))

    async def trail(self, tenant: Tenant, after_seq: int, limit: int) -> list[AuditRow]:
        return self._trails.get(tenant, [])[after_seq : after_seq + limit]

    async def tenants(self) -> list[Tenant]:
        return sorted(self._trails, key=lambda tenant: (tenant.operator_id, tenant.live))
