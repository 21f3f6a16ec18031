"""The lifecycle as data (10-rules.md, section 1)."""

from enum import StrEnum
from typing import Final


class Status(StrEnum):
    """Where a tournament is in its life."""

    SCHEDULED = "scheduled"
    OPEN = "open"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


class ResultsStatus(StrEnum):
    """Finished is not final: payouts start at `final`."""

    NONE = "none"
    PROVISIONAL = "provisional"
    FINAL = "final"


TRANSITIONS: Final[dict[Status, frozenset[Status]]] = {
    Status.SCHEDULED: frozenset({Status.OPEN, Status.CANCELLED}),
    Status.OPEN: frozenset({Status.IN_PROGRESS, Status.CANCELLED}),
    Status.IN_PROGRESS: frozenset({Status.COMPLETED, Status.CANCELLED}),
    Status.COMPLETED: frozenset(),
    Status.CANCELLED: frozenset(),
}


def may_become(old: Status, new: Status) -> bool:
    """Whether the table allows the step."""
    return new in TRANSITIONS[old]


def is_over(status: Status) -> bool:
    """Nothing leaves these."""
    return not TRANSITIONS[status]
