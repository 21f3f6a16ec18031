"""The read side: what outsiders may know without asking an owner."""

from dataclasses import dataclass
from typing import Protocol

from server.domain.ids import Tenant, TournamentId
from server.domain.tournament.rules.rules import Rules
from server.domain.tournament.summary import EntryRow, ResultRow, Summary
from server.public_events.mapping import Announcement


@dataclass(frozen=True, slots=True)
class ListFilter:
    """What to list; None and () mean any. Times are UTC milliseconds and compare with the start."""

    statuses: tuple[str, ...] = ()
    game_slug: str | None = None
    format: str | None = None
    external_id: str | None = None
    start_from_ms: int | None = None
    start_until_ms: int | None = None

    def fits(self, summary: Summary) -> bool:
        """Whether a tournament is among what is wanted."""
        rules = summary.rules
        return (
            (not self.statuses or summary.status in self.statuses)
            and self.game_slug in (None, rules.game_slug)
            and self.format in (None, rules.format)
            and self.external_id in (None, rules.external_id)
            and (self.start_from_ms is None or rules.start_at_ms >= self.start_from_ms)
            and (self.start_until_ms is None or rules.start_at_ms <= self.start_until_ms)
        )


@dataclass(frozen=True, slots=True)
class RuleChange:
    """The rules from `at_ms` on; `changed` names the fields that are new, none for the first version."""

    at_ms: int
    rules: Rules
    changed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Played:
    """One entry of a user, the tournament it is in, and what became of it once results are final."""

    entry: EntryRow
    summary: Summary
    result: ResultRow | None


@dataclass(frozen=True, slots=True)
class DueRow:
    """A tournament whose next step by the clock is due."""

    tournament_id: TournamentId
    due_ms: int


@dataclass(frozen=True, slots=True)
class AwaitedBeacon:
    """A tournament whose room waits for a round of a public beacon (`server/domain/rooms/beacon.py`)."""

    tournament_id: TournamentId
    beacon: str
    number: int

    @classmethod
    def of(cls, summary: Summary, number: int) -> "AwaitedBeacon":
        """As the listing has it."""
        assert summary.rules.room is not None, "only rooms wait for a beacon"
        return cls(summary.id, summary.rules.room.beacon, number)


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """The balance of one account of one tournament."""

    account: str
    currency: str
    balance_minor: int


class Listings(Protocol):
    """The read side. Every call of a tenant names it; another tenant's rows are as good as missing."""

    async def find(self, tenant: Tenant, tournament_id: str) -> Summary | None: ...
    async def page(
        self, tenant: Tenant, want: ListFilter, limit: int, offset: int
    ) -> tuple[int, list[Summary]]:
        """How many there are in all, and one page by start time, newest first."""

    async def players(
        self, tenant: Tenant, tournament_id: str, limit: int, offset: int
    ) -> tuple[int, list[EntryRow]]:
        """All entries in registration order."""

    async def entry(self, tenant: Tenant, tournament_id: str, name: str) -> EntryRow | None:
        """The newest entry of a player id, internal player id or user id."""

    async def results(
        self, tenant: Tenant, tournament_id: str, limit: int, offset: int
    ) -> tuple[int, list[ResultRow]]:
        """The final board, best first."""

    async def played_by(
        self, tenant: Tenant, user_id: str, limit: int, offset: int
    ) -> tuple[int, list[Played]]:
        """All entries of one user, newest tournament first."""

    async def rule_changes(self, tenant: Tenant, tournament_id: str) -> list[RuleChange]:
        """Every version of the rules, oldest first."""

    async def history(
        self, tenant: Tenant, tournament_id: str, after_seq: int, limit: int
    ) -> list[Announcement]:
        """Public events in order."""

    async def balances(self, tenant: Tenant, tournament_id: str) -> list[LedgerLine]: ...
    async def due(self, until_ms: int, limit: int, after: DueRow | None = None) -> list[DueRow]:
        """Of all tenants: whose next step is due until then, longest overdue first; behind `after`."""

    async def awaiting_beacon(self, limit: int) -> list[AwaitedBeacon]:
        """Of all tenants: whose room waits for a public beacon, in order of rounds."""

    async def public(self, tenant: Tenant, limit: int, offset: int) -> tuple[int, list[Summary]]:
        """How many public tournaments of a tenant are open, running or over, and a page of them: those that
        are not over first, newest start first."""

    async def newly_overdue(self, before_ms: int, now_ms: int) -> list[tuple[Tenant, DueRow]]:
        """Of all tenants: tournaments whose step was due before then and is not done, each told once a
        step."""

    async def write_something(self, now_ms: int) -> None:
        """Write a row: a database that is full or only to be read is as good as away."""

    async def answered_in(self, tenant: Tenant, command_id: str) -> TournamentId | None:
        """The tournament whose owner has answered a command."""

    async def claim_external_id(
        self, tenant: Tenant, external_id: str, tournament_id: str, now_ms: int
    ) -> str:
        """Give an external id to a tournament, or learn which one has it. A tournament that does not use it
        loses it after a while."""

    async def release_external_id(self, tenant: Tenant, external_id: str, tournament_id: str) -> None:
        """Give an external id back, unless its tournament uses it."""

    async def find_public(self, tournament_id: str) -> Summary | None: ...
    async def operator_of(self, tournament_id: str) -> str | None:
        """Whose it is, public or not."""
