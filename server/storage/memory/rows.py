"""What the memory twin keeps of one tournament."""

from dataclasses import dataclass, field

from server.domain.tournament.summary import EntryRow, ResultRow, Summary
from server.ports import AnswerRow, BlockRow, Checkpoint, EventRow, PaymentRow, PostingRow, SealedSeed


@dataclass(slots=True)
class Stored:
    """Everything of one tournament."""

    summary: Summary
    epoch: int = 0
    beat_ms: int | None = None
    holder: str = ""
    placement: str | None = None
    alone: bool = False
    next_due_ms: int | None = None
    beacon_round: int | None = None
    overdue_told_ms: int | None = None
    log: list[EventRow | BlockRow] = field(default_factory=list)
    postings: list[PostingRow] = field(default_factory=list)
    answers: dict[str, AnswerRow] = field(default_factory=dict)
    entries: dict[int, EntryRow] = field(default_factory=dict)
    results: list[ResultRow] = field(default_factory=list)
    payments: list[PaymentRow] = field(default_factory=list)
    checkpoints: list[Checkpoint] = field(default_factory=list)
    seed: SealedSeed | None = None


def first_seq(row: EventRow | BlockRow) -> int:
    """Where a row stands in the journal."""
    return row.seq if isinstance(row, EventRow) else row.first_seq
