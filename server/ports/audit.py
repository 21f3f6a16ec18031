"""Looking back: everything stored of one tournament, and who changed what of an operator's own settings."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from server.domain.ids import Tenant, TournamentId
from server.domain.tournament.commands import PaymentUse
from server.domain.tournament.money.payouts import PayoutRow
from server.domain.tournament.summary import EntryRow, ResultRow, Summary
from server.ports.journal import BlockRow, Checkpoint, EventRow, PaymentRow, PostingRow, SealedSeed
from server.public_events.mapping import Announcement


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """An `actor` (a key, or the command line) does `action` to `subject`. `before` and `after` are what
    it was and becomes, as JSON-able values; None is nothing."""

    at_ms: int
    actor: str
    action: str
    subject: str
    before: Any = None
    after: Any = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class AuditRow:
    """A stored entry: `seq` counts a tenant's deeds, `hash` covers the row and the one before it."""

    seq: int
    entry: AuditEntry
    hash: bytes


class Audit(Protocol):
    """The trail of a tenant's own settings: append-only, each row chained to the one before."""

    async def append(self, tenant: Tenant, entry: AuditEntry) -> None:
        """Store a entry, before it is done: nothing changes without a row."""

    async def trail(self, tenant: Tenant, after_seq: int, limit: int) -> list[AuditRow]:
        """Rows behind a position, in order."""


@dataclass(frozen=True, slots=True)
class StoredTournament:
    """What is stored beside the log of a tournament, all of which the log implies."""

    summary: Summary
    next_due_ms: int | None
    beacon_round: int | None
    postings: Sequence[PostingRow]
    announcements: Sequence[Announcement]
    entries: Sequence[EntryRow]
    results: Sequence[ResultRow]
    payouts: Sequence[PayoutRow]
    payments: Sequence[PaymentRow] = ()


class RoomCounts(NamedTuple):
    """How many tournaments with a room a tenant has created, started, and cancelled after the start."""

    committed: int
    started: int
    cancelled_after_start: int


class Ledgers(Protocol):
    """For those who check: one look at everything of a tournament, consistent while it runs."""

    async def tournament_ids(self, after: str, limit: int) -> list[TournamentId]:
        """Of all tenants, in order of id."""

    async def stored(self, tournament_id: TournamentId) -> StoredTournament | None: ...
    async def payments(self, tenant: Tenant, payment_ids: Sequence[str]) -> dict[str, PaymentUse]:
        """Those of the payments that have paid already, with what for."""

    async def events(self, tournament_id: TournamentId, until_seq: int) -> list[EventRow]:
        """All events up to a position, in order."""

    async def checkpoints(self, tournament_id: TournamentId) -> list[Checkpoint]: ...
    def tail(self, tournament_id: TournamentId, after_seq: int) -> AsyncIterator[EventRow | BlockRow]:
        """Rows behind `after_seq` in journal order, as of one moment."""

    async def room_seed(self, tournament_id: TournamentId) -> SealedSeed | None:
        """What the chance of a room is drawn from, sealed."""

    async def room_counts(self, tenant: Tenant) -> RoomCounts:
        """What a tenant did with rooms so far."""

    async def tenants(self) -> list[Tenant]:
        """Who has a trail."""
