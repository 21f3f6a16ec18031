"""The ordered log of each tournament, and all that is written with it."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from server.domain.ids import Tenant, TournamentId
from server.domain.postings import Posting
from server.domain.tournament.commands import PaymentUse
from server.domain.tournament.money.payouts import PayoutRow
from server.domain.tournament.summary import EntryRow, ResultRow, Summary
from server.encoding.codec import FACTS
from server.public_events.mapping import Announcement


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
    """One stored block of counted facts, positions `first_seq` to `last_seq`. A block of the kind `room` is a
    batch of a room: itself at `first_seq`, its facts behind it."""

    first_seq: int
    last_seq: int
    at_ms: int
    payload: bytes
    hash: bytes
    kind: str = FACTS


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


@dataclass(frozen=True, slots=True)
class PaymentRow:
    """A payment id that has paid for a sale (`kind` as in `Sale`). Of one tenant it pays once, for ever."""

    payment_id: str
    player_id: str
    kind: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class SealedSeed:
    """The last link of a room's chain, encrypted by the key of this name, which is not in the database."""

    key_id: str
    nonce: bytes
    sealed: bytes


@dataclass(slots=True)
class Commit:
    """Everything that one transaction carries. Rows are in journal order. `results` replace all there were;
    None leaves them as they are."""

    tournament_id: TournamentId
    epoch: int
    after: bytes | None = None
    """The hash of the row that the log must end with, so that a log that was set back is not written on."""
    events: list[EventRow] = field(default_factory=list)
    blocks: list[BlockRow] = field(default_factory=list)
    postings: list[PostingRow] = field(default_factory=list)
    announcements: list[Announcement] = field(default_factory=list)
    answers: list[AnswerRow] = field(default_factory=list)
    entries: dict[int, EntryRow] = field(default_factory=dict)
    results: list[ResultRow] | None = None
    payments: list[PaymentRow] = field(default_factory=list)
    payouts: list[PayoutRow] = field(default_factory=list)
    summary: Summary | None = None
    next_due_ms: int | None = None
    beacon_round: int | None = None
    """The round of a public beacon that its room waits for."""
    seed: SealedSeed | None = None
    """Of a new tournament that is played in a room."""
    placement: str | None = None
    """Where a new tournament lives."""

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

    async def begin(self, commit: Commit) -> bool:
        """Store the first commit of a new tournament; False, changing nothing, when it exists."""

    async def take_over(
        self, tournament_id: TournamentId, holder: str, placement: str | None = None
    ) -> int | None:
        """Become the owner: the new epoch, or None when there is no such tournament. With a `placement` only
        where that is the tournament's; else `Misplaced`, and nothing has changed."""

    async def commit(self, commit: Commit) -> None:
        """Store all or nothing. `Fenced` when the epoch is not the newest or the log does not end where the
        owner left it; `StoreUnavailable` when
        the outcome is unknown: it may have been stored; `Raced` when a payment of it was used meanwhile."""

    async def holds(self, tournament_id: TournamentId, epoch: int, head: bytes) -> bool:
        """Whether the epoch is the newest now, and the log ends with the row of this hash."""

    async def payments(self, tenant: Tenant, payment_ids: Sequence[str]) -> dict[str, PaymentUse]:
        """Those of the payments that have paid already, with what for."""

    def tail(self, tournament_id: TournamentId, after_seq: int) -> AsyncIterator[EventRow | BlockRow]:
        """Rows behind `after_seq` in journal order."""

    async def room_seed(self, tournament_id: TournamentId) -> SealedSeed | None:
        """What the chance of a room is drawn from, sealed; None where there is no room."""

    async def now_us(self) -> int:
        """The store's clock in microseconds since 1970 UTC: one for all owners, wherever they are."""

    async def command_ids(self, tournament_id: TournamentId) -> list[str]:
        """Every answered command of a tournament."""

    async def answer(self, tournament_id: TournamentId, command_id: str) -> AnswerRow | None:
        """The first answer to a command."""

    async def checkpoints(self, tournament_id: TournamentId) -> list[Checkpoint]:
        """Kept checkpoints, newest first."""

    async def save_checkpoint(self, tournament_id: TournamentId, epoch: int, point: Checkpoint) -> None:
        """Keep a checkpoint, forget all but the newest few. `Fenced` as in `commit`."""

    async def heartbeat(self, tournament_id: TournamentId, epoch: int, head: bytes | None = None) -> bool:
        """Show life; False when the epoch is not the newest any more, or the log does not end with `head`."""

    async def silent_for_s(self, tournament_id: TournamentId) -> float | None:
        """Seconds since the owner last showed life; None when there never was an owner."""
