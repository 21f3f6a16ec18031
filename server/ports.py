"""What the house needs from outside, as Protocols. Adapters live in `storage` and `broadcast`."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from server.announcements import Announcement
from server.domain.ids import OperatorId, Tenant, TournamentId
from server.domain.postings import Posting
from server.domain.tournament.rules import Rules
from server.domain.tournament.summary import EntryRow, ResultRow, Summary


class Fenced(Exception):  # noqa: N818 - a fact of life of an owner, not a mistake
    """Another owner has taken the tournament over: stop, answer nobody, forget everything."""


class StoreUnavailable(Exception):  # noqa: N818
    """The store cannot be reached or the outcome of a write is unknown."""


class Clock(Protocol):
    """Time from outside."""

    def now_ms(self) -> int:
        """Milliseconds since 1970 UTC."""

    async def sleep(self, seconds: float) -> None:
        """Wait at least `seconds`."""


class IdSource(Protocol):
    """Fresh ids from outside."""

    def tournament_id(self) -> str: ...
    def player_id(self) -> str: ...
    def command_id(self) -> str: ...
    def short_id(self, length: int = 12) -> str: ...
    def secret(self) -> str: ...


@dataclass(frozen=True, slots=True)
class EventRow:
    """One stored domain event. `hash` covers the row before it."""

    seq: int
    kind: str
    at_ms: int
    actor: str
    payload: bytes
    hash: bytes


@dataclass(frozen=True, slots=True)
class BlockRow:
    """One stored block of counted facts, positions `first_seq` to `last_seq`."""

    first_seq: int
    last_seq: int
    at_ms: int
    payload: bytes
    hash: bytes


@dataclass(frozen=True, slots=True)
class PostingRow:
    """One ledger line and the journal position that caused it."""

    seq: int
    line: int
    posting: Posting


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """The first answer to a command id; `input_hash` tells a repetition from a reuse."""

    command_id: str
    input_hash: bytes
    answer: bytes


@dataclass(slots=True)
class Commit:
    """Everything that one transaction carries. Rows are in journal order."""

    tournament_id: TournamentId
    epoch: int
    events: list[EventRow] = field(default_factory=list)
    blocks: list[BlockRow] = field(default_factory=list)
    postings: list[PostingRow] = field(default_factory=list)
    announcements: list[Announcement] = field(default_factory=list)
    answers: list[AnswerRow] = field(default_factory=list)
    entries: dict[int, EntryRow] = field(default_factory=dict)
    results: list[ResultRow] = field(default_factory=list)
    summary: Summary | None = None
    next_due_ms: int | None = None

    def is_empty(self) -> bool:
        """Nothing to store."""
        return not (self.events or self.blocks or self.answers)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A state at a journal position, with the digest of its bytes and the chain's head there."""

    seq: int
    digest: bytes
    chain: bytes
    payload: bytes


class Journal(Protocol):
    """The ordered log of each tournament, its lease, and all that is written with it."""

    async def birth(self, commit: Commit) -> bool:
        """Store the first commit of a new tournament; False, changing nothing, when it exists."""

    async def take_over(self, tournament_id: TournamentId, holder: str) -> int | None:
        """Become the owner: the new epoch, or None when there is no such tournament."""

    async def commit(self, commit: Commit) -> None:
        """Store all or nothing. `Fenced` when the epoch is not the newest; `StoreUnavailable` when
        the outcome is unknown: it may have been stored."""

    def tail(self, tournament_id: TournamentId, after_seq: int) -> AsyncIterator[EventRow | BlockRow]:
        """Rows behind `after_seq` in journal order."""

    async def command_ids(self, tournament_id: TournamentId) -> list[str]:
        """Every answered command of a tournament."""

    async def answer(self, tournament_id: TournamentId, command_id: str) -> AnswerRow | None:
        """The first answer to a command."""

    async def checkpoints(self, tournament_id: TournamentId) -> list[Checkpoint]:
        """Kept checkpoints, newest first."""

    async def save_checkpoint(self, tournament_id: TournamentId, epoch: int, point: Checkpoint) -> None:
        """Keep a checkpoint, forget all but the newest few. `Fenced` as in `commit`."""

    async def heartbeat(self, tournament_id: TournamentId, epoch: int) -> bool:
        """Show life; False when the epoch is not the newest any more."""

    async def silent_for_s(self, tournament_id: TournamentId) -> float | None:
        """Seconds since the owner last showed life; None when there never was an owner."""


@dataclass(frozen=True, slots=True)
class ListFilter:
    """What to list; None means any. Times are UTC milliseconds and compare with the start."""

    status: str | None = None
    game_slug: str | None = None
    start_from_ms: int | None = None
    start_until_ms: int | None = None


@dataclass(frozen=True, slots=True)
class RuleChange:
    """The rules from `at_ms` on; `changed` names the fields that are new, none for the first version."""

    at_ms: int
    rules: Rules
    changed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DueRow:
    """A tournament whose next step by the clock is due."""

    tournament_id: TournamentId
    due_ms: int


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

    async def rule_changes(self, tenant: Tenant, tournament_id: str) -> list[RuleChange]:
        """Every version of the rules, oldest first."""

    async def history(
        self, tenant: Tenant, tournament_id: str, after_seq: int, limit: int
    ) -> list[Announcement]:
        """Public events in order."""

    async def balances(self, tenant: Tenant, tournament_id: str) -> list[LedgerLine]: ...
    async def due(self, now_ms: int, limit: int) -> list[DueRow]:
        """Of all tenants: what the schedule must move, longest overdue first."""

    async def public(self, limit: int) -> list[Summary]:
        """Public tournaments of all tenants that are open, running or just over, newest start first."""

    async def find_public(self, tournament_id: str) -> Summary | None: ...


@dataclass(frozen=True, slots=True)
class Operator:
    """A tenant's master data. `games` maps a game slug to its URL template (`{jwt}` is replaced)."""

    id: OperatorId
    name: str
    games: dict[str, str]
    origins: tuple[str, ...] = ()
    currency: str = "USD"


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A stored key: never the secret, only its SHA-256."""

    key_id: str
    tenant: Tenant
    name: str
    role: str
    secret_sha256: bytes
    permissions: tuple[str, ...]
    expires_at_ms: int | None = None


class Operators(Protocol):
    """Tenants and their keys."""

    async def add(self, operator: Operator) -> None:
        """Create, or replace the master data of, an operator."""

    async def add_key(self, key: ApiKey) -> None: ...
    async def key(self, key_id: str) -> ApiKey | None: ...
    async def operator(self, operator_id: str) -> Operator | None: ...
    async def keys(self, operator_id: str) -> Sequence[ApiKey]: ...
