"""Who waits for the clock or for a beacon, in memory: a part of the twin of `listings.PostgresListings`."""

from server.domain.ids import Tenant
from server.ports import AwaitedBeacon, DueRow
from server.storage.memory.rows import Stored


class MemoryWaiting:
    """What workers ask of all tenants."""

    _tournaments: dict[str, Stored]

    async def due(self, until_ms: int, limit: int, after: DueRow | None = None) -> list[DueRow]:
        rows = [
            DueRow(stored.summary.id, stored.next_due_ms)
            for stored in self._tournaments.values()
            if stored.next_due_ms is not None and stored.next_due_ms <= until_ms
        ]
        at = (after.due_ms, after.tournament_id) if after else (-1, "")
        behind = [row for row in rows if (row.due_ms, row.tournament_id) > at]
        return sorted(behind, key=lambda row: (row.due_ms, row.tournament_id))[:limit]

    async def awaiting_beacon(self, limit: int) -> list[AwaitedBeacon]:
        rows = [
            AwaitedBeacon.of(stored.summary, stored.beacon_round)
            for stored in self._tournaments.values()
            if stored.beacon_round is not None
        ]
        return sorted(rows, key=lambda row: (row.number, row.tournament_id))[:limit]

    async def newly_overdue(self, before_ms: int, now_ms: int) -> list[tuple[Tenant, DueRow]]:
        found = []
        for stored in self._tournaments.values():
            due_ms, told_ms = stored.next_due_ms, stored.overdue_told_ms
            if due_ms is not None and due_ms < before_ms and (told_ms is None or told_ms < due_ms):
                stored.overdue_told_ms = now_ms
                found.append((stored.summary.tenant, DueRow(stored.summary.id, due_ms)))
        return found
