"""What a game reports, and what becomes of it."""

from enum import IntEnum
from typing import Final, NamedTuple


class Fact(NamedTuple):
    """One thing that happened in a game, usually a round. Decimals are integers scaled by POINT_SCALE,
    instants UTC milliseconds by the game's clock."""

    event_id: str
    player: str
    kind: str
    points: int | None
    bet: int | None
    win: int | None
    multiplier: int | None
    round_id: str | None
    opened_at_ms: int | None
    occurred_at_ms: int | None
    game: str | None = None


# The kind of a fact that puts its player out, where the game decides that; every other kind scores.
ELIMINATION: Final = "elimination"


class Counted(NamedTuple):
    """A fact as it is journalled: whose it is, the fact, and when it came by our clock."""

    player_no: int
    fact: Fact
    at_ms: int = 0


def moment_of(fact: Fact, at_ms: int, seq: int) -> tuple[int, int]:
    """When a fact happened: by the game's clock where it says, else by ours in the order of the journal."""
    return (at_ms, seq) if fact.occurred_at_ms is None else (fact.occurred_at_ms, 0)


class Scored(NamedTuple):
    """A fact that counts, worth `value`, which came at `at_ms` as journal position `seq`."""

    fact: Fact
    value: int
    at_ms: int
    seq: int

    @property
    def moment(self) -> tuple[int, int]:
        """When it happened, as the tallies see it."""
        return moment_of(self.fact, self.at_ms, self.seq)


class Outcome(IntEnum):
    """The answer to one fact. Only ACCEPTED changes a score; AFTER_BELL and OUT_OF_RANGE are recorded."""

    ACCEPTED = 0
    DUPLICATE = 1
    UNKNOWN_PLAYER = 2
    PLAYER_REMOVED = 3
    NOT_STARTED = 4
    AFTER_BELL = 5
    CANCELLED = 6
    MISSING_VALUE = 7
    OUT_OF_RANGE = 8
    PLAYER_ELIMINATED = 9
    NOT_ALLOWED = 10


OUTCOMES: Final = tuple(Outcome)
"""By their numbers: a look is ten times as fast as `Outcome(number)`."""
