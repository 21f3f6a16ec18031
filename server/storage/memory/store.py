"""The stores in memory: a full twin of the Postgres ones, passing the same contract tests.

Serves tests of domain and owners, the simulator, and anything that must run without a database.
"""

from collections.abc import AsyncIterator

from config.limits import CHECKPOINTS_KEPT
from server.domain.ids import Tenant, TournamentId
from server.domain.tournament.commands import PaymentUse
from server.domain.tournament.lifecycle import Status, is_over
from server.domain.tournament.money.payouts import PayoutRow
from server.domain.tournament.summary import EntryRow, ResultRow, Summary
from server.encoding import codec
from server.ports import (
    AnswerRow,
    BlockRow,
    Checkpoint,
    Clock,
    Commit,
    EventRow,
    Fenced,
    LedgerLine,
    ListFilter,
    Misplaced,
    Played,
    Raced,
    RoomCounts,
    RuleChange,
    SealedSeed,
    StoredTournament,
)
from server.public_events.mapping import Announcement
from server.storage.memory.audit import MemoryAudit
from server.storage.memory.counts import MemoryCounts
from server.storage.memory.events import MemoryEvents
from server.storage.memory.once import MemoryOnce
from server.storage.memory.operators import MemoryOperators
from server.storage.memory.payouts import MemoryPayouts
from server.storage.memory.placements import MemoryPlacements
from server.storage.memory.requests import MemoryRequests
from server.storage.memory.rows import Stored, first_seq
from server.storage.memory.templates import MemoryTemplates
from server.storage.memory.tokens import MemoryTokens
from server.storage.memory.waiting import MemoryWaiting


class MemoryStore(
    MemoryOperators,
    MemoryRequests,
    MemoryTemplates,
    MemoryPayouts,
    MemoryAudit,
    MemoryCounts,
    MemoryEvents,
    MemoryOnce,
    MemoryPlacements,
    MemoryTokens,
    MemoryWaiting,
):
    """All stores over dictionaries."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._tournaments: dict[str, Stored] = {}
        super().__init__()
        self.commits = 0

    # Journal

    async def begin(self, commit: Commit) -> bool:
        if commit.tournament_id in self._tournaments:
            return False
        assert commit.summary is not None, "a new tournament has a listing row"
        self._tournaments[commit.tournament_id] = Stored(commit.summary)
        self._store(self._tournaments[commit.tournament_id], commit)
        self._tournaments[commit.tournament_id].seed = commit.seed
        self._tournaments[commit.tournament_id].placement = commit.placement
        return True

    async def take_over(
        self, tournament_id: TournamentId, holder: str, placement: str | None = None
    ) -> int | None:
        stored = self._tournaments.get(tournament_id)
        if stored is None:
            return None
        if placement not in (None, stored.placement):
            raise Misplaced(tournament_id)
        stored.epoch = max(stored.epoch + 1, self._clock.now_ms())
        stored.holder, stored.beat_ms = holder, self._clock.now_ms()
        return stored.epoch

    async def commit(self, commit: Commit) -> None:
        self._store(self._owned(commit.tournament_id, commit.epoch, commit.after), commit)

    async def holds(self, tournament_id: TournamentId, epoch: int, head: bytes) -> bool:
        stored = self._tournaments.get(tournament_id)
        return stored is not None and stored.epoch == epoch and stored.log[-1].hash == head

    def _owned(self, tournament_id: str, epoch: int, head: bytes | None = None) -> Stored:
        stored = self._tournaments.get(tournament_id)
        if stored is None or stored.epoch != epoch or head not in (None, stored.log[-1].hash):
            raise Fenced(tournament_id)
        return stored

    def _store(self, stored: Stored, commit: Commit) -> None:
        tenant = stored.summary.tenant
        if any((tenant, row.payment_id) in self._paid for row in commit.payments):
            raise Raced(commit.tournament_id)
        self.commits += 1
        written = {row.seq for row in commit.events} | {row.first_seq for row in commit.blocks}
        assert not written & {first_seq(row) for row in stored.log}, "a position is written once"
        for row in commit.payments:
            self._paid[tenant, row.payment_id] = PaymentUse(commit.tournament_id, row.player_id, row.kind)
        stored.payments += commit.payments
        stored.log = sorted([*stored.log, *commit.events, *commit.blocks], key=first_seq)
        stored.postings += commit.postings
        self._announce(stored.summary.tenant, commit.tournament_id, commit.announcements)
        stored.answers |= {row.command_id: row for row in commit.answers}
        stored.entries |= commit.entries
        if commit.results is not None:
            stored.results = commit.results
        rows = [codec.decode(codec.encode(row), PayoutRow) for row in commit.payouts]
        self._keep_payouts(stored.summary.tenant, rows)
        if commit.summary is not None:
            stored.summary, stored.next_due_ms = commit.summary, commit.next_due_ms
            stored.beacon_round = commit.beacon_round

    async def tail(self, tournament_id: TournamentId, after_seq: int) -> AsyncIterator[EventRow | BlockRow]:
        for row in list(self._tournaments[tournament_id].log):
            if first_seq(row) > after_seq:
                yield row

    async def room_seed(self, tournament_id: TournamentId) -> SealedSeed | None:
        stored = self._tournaments.get(tournament_id)
        return None if stored is None else stored.seed

    async def room_counts(self, tenant: Tenant) -> RoomCounts:
        rooms = [one for one in self._tournaments.values() if one.seed and one.summary.tenant == tenant]
        began = [one for one in rooms if one.summary.started_at_ms is not None]
        cancelled = [one for one in began if one.summary.status is Status.CANCELLED]
        return RoomCounts(len(rooms), len(began), len(cancelled))

    async def now_us(self) -> int:
        return self._clock.now_ms() * 1_000

    async def command_ids(self, tournament_id: TournamentId) -> list[str]:
        return list(self._tournaments[tournament_id].answers)

    async def answer(self, tournament_id: TournamentId, command_id: str) -> AnswerRow | None:
        stored = self._tournaments.get(tournament_id)
        return None if stored is None else stored.answers.get(command_id)

    async def checkpoints(self, tournament_id: TournamentId) -> list[Checkpoint]:
        return self._tournaments[tournament_id].checkpoints[::-1]

    async def save_checkpoint(self, tournament_id: TournamentId, epoch: int, point: Checkpoint) -> None:
        stored = self._owned(tournament_id, epoch)
        others = [other for other in stored.checkpoints if other.seq != point.seq]
        stored.checkpoints = [*others, point][-CHECKPOINTS_KEPT:]

    async def heartbeat(self, tournament_id: TournamentId, epoch: int, head: bytes | None = None) -> bool:
        stored = self._tournaments.get(tournament_id)
        if stored is None or stored.epoch != epoch or head not in (None, stored.log[-1].hash):
            return False
        stored.beat_ms = self._clock.now_ms()
        return True

    async def silent_for_s(self, tournament_id: TournamentId) -> float | None:
        stored = self._tournaments.get(tournament_id)
        if stored is None or stored.beat_ms is None:
            return None
        return (self._clock.now_ms() - stored.beat_ms) / 1_000

    # Books

    async def tournament_ids(self, after: str, limit: int) -> list[TournamentId]:
        return sorted(stored.summary.id for stored in self._tournaments.values() if stored.summary.id > after)[
            :limit
        ]

    async def stored(self, tournament_id: TournamentId) -> StoredTournament | None:
        stored = self._tournaments.get(tournament_id)
        if stored is None:
            return None
        owed = [one.row for _, one in self._owed.values() if one.row.tournament_id == tournament_id]
        return StoredTournament(
            summary=stored.summary,
            next_due_ms=stored.next_due_ms,
            beacon_round=stored.beacon_round,
            postings=stored.postings,
            announcements=self._outbox[tournament_id],
            entries=[stored.entries[no] for no in sorted(stored.entries)],
            results=stored.results,
            payouts=sorted(owed, key=lambda row: row.payout.id),
            payments=stored.payments,
        )

    async def events(self, tournament_id: TournamentId, until_seq: int) -> list[EventRow]:
        rows = [row for row in self._tournaments[tournament_id].log if isinstance(row, EventRow)]
        return [row for row in rows if row.seq <= until_seq]

    # Listings

    def _has_external_id(self, tournament_id: str, external_id: str) -> bool:
        stored = self._tournaments.get(tournament_id)
        return stored is not None and stored.summary.rules.external_id == external_id

    def _visible(self, tenant: Tenant, tournament_id: str) -> Stored | None:
        stored = self._tournaments.get(tournament_id)
        return stored if stored is not None and stored.summary.tenant == tenant else None

    async def find(self, tenant: Tenant, tournament_id: str) -> Summary | None:
        stored = self._visible(tenant, tournament_id)
        return None if stored is None else stored.summary

    async def page(
        self, tenant: Tenant, want: ListFilter, limit: int, offset: int
    ) -> tuple[int, list[Summary]]:
        of_tenant = (s.summary for s in self._tournaments.values() if s.summary.tenant == tenant)
        found = [summary for summary in of_tenant if want.fits(summary)]
        found.sort(key=lambda summary: (summary.rules.start_at_ms, summary.id), reverse=True)
        return len(found), found[offset : offset + limit]

    async def players(
        self, tenant: Tenant, tournament_id: str, limit: int, offset: int
    ) -> tuple[int, list[EntryRow]]:
        stored = self._visible(tenant, tournament_id)
        rows = [] if stored is None else [stored.entries[no] for no in sorted(stored.entries)]
        return len(rows), rows[offset : offset + limit]

    async def entry(self, tenant: Tenant, tournament_id: str, name: str) -> EntryRow | None:
        stored = self._visible(tenant, tournament_id)
        rows = [] if stored is None else [stored.entries[no] for no in sorted(stored.entries, reverse=True)]
        return next((r for r in rows if name in (r.player_id, r.internal_player_id, r.user_id)), None)

    async def results(
        self, tenant: Tenant, tournament_id: str, limit: int, offset: int
    ) -> tuple[int, list[ResultRow]]:
        stored = self._visible(tenant, tournament_id)
        rows = [] if stored is None else stored.results
        return len(rows), rows[offset : offset + limit]

    async def played_by(
        self, tenant: Tenant, user_id: str, limit: int, offset: int
    ) -> tuple[int, list[Played]]:
        found = [
            Played(entry, stored.summary, next((r for r in stored.results if r.player_no == no), None))
            for stored in self._tournaments.values()
            for no, entry in stored.entries.items()
            if stored.summary.tenant == tenant and entry.user_id == user_id
        ]
        found.sort(
            key=lambda row: (row.summary.rules.start_at_ms, row.summary.id, row.entry.player_no), reverse=True
        )
        return len(found), found[offset : offset + limit]

    async def rule_changes(self, tenant: Tenant, tournament_id: str) -> list[RuleChange]:
        stored = self._visible(tenant, tournament_id)
        rows = [] if stored is None else [row for row in stored.log if isinstance(row, EventRow)]
        return [
            RuleChange(row.at_ms, *codec.rules_in(row.kind, row.payload))
            for row in rows
            if row.kind in codec.RULE_KINDS
        ]

    async def history(
        self, tenant: Tenant, tournament_id: str, after_seq: int, limit: int
    ) -> list[Announcement]:
        rows = [] if self._visible(tenant, tournament_id) is None else self._outbox[tournament_id]
        return [row for row in rows if row.seq > after_seq][:limit]

    async def balances(self, tenant: Tenant, tournament_id: str) -> list[LedgerLine]:
        stored = self._visible(tenant, tournament_id)
        sums: dict[tuple[str, str], int] = {}
        for row in [] if stored is None else stored.postings:
            key = row.posting.account, row.posting.currency
            sums[key] = sums.get(key, 0) + row.posting.amount_minor
        return [LedgerLine(account, currency, sums[account, currency]) for account, currency in sorted(sums)]

    async def answered_in(self, tenant: Tenant, command_id: str) -> TournamentId | None:
        of_tenant = (one for one in self._tournaments.values() if one.summary.tenant == tenant)
        return next((one.summary.id for one in of_tenant if command_id in one.answers), None)

    async def public(self, tenant: Tenant, limit: int, offset: int) -> tuple[int, list[Summary]]:
        of_tenant = (s.summary for s in self._tournaments.values() if s.summary.tenant == tenant)
        shown = [one for one in of_tenant if one.rules.public and one.status is not Status.CANCELLED]
        shown.sort(key=lambda summary: (is_over(summary.status), -summary.rules.start_at_ms, summary.id))
        return len(shown), shown[offset : offset + limit]

    async def operator_of(self, tournament_id: str) -> str | None:
        stored = self._tournaments.get(tournament_id)
        return None if stored is None else stored.summary.tenant.operator_id

    async def find_public(self, tournament_id: str) -> Summary | None:
        stored = self._tournaments.get(tournament_id)
        return stored.summary if stored is not None and stored.summary.rules.public else None
