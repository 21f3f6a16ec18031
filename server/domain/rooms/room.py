"""A room as it is: who has how many credits, who sits where, which flight is on, what was answered."""

from dataclasses import dataclass, field
from typing import Any, Final

ANSWERS_KEPT: Final = 32


@dataclass(slots=True)
class Purse:
    """Credits of one player, without cash value. `stake` is laid in the flight that is on, since `staked_ms`.
    `out` says why the player plays no more, `told_flight` is the last flight with a fact."""

    credits: int
    stake: int = 0
    staked_ms: int = 0
    told_flight: int = 0
    out: str | None = None


@dataclass(slots=True)
class Seat:
    """Where a player sits: one connection of one incarnation of a front end. `number` names the seat towards
    the client, also when it comes back; `away_us` is since when the connection is lost."""

    number: int
    front_end: str
    incarnation: int
    connection: int
    since_us: int
    away_us: int | None = None


@dataclass(slots=True)
class Answered:
    """The last moves of a seat: (id, digest of the move, answer), and the highest id of all."""

    seat: int
    last_id: int = 0
    kept: list[tuple[int, bytes, bytes]] = field(default_factory=list)

    def find(self, move_id: int) -> tuple[bytes, bytes] | None:
        """Digest and answer of a move that is still remembered."""
        return next(((digest, said) for known, digest, said in reversed(self.kept) if known == move_id), None)

    def keep(self, move_id: int, digest: bytes, answer: bytes) -> None:
        """Remember an answer, forget the oldest."""
        self.last_id = max(self.last_id, move_id)
        self.kept.append((move_id, digest, answer))
        del self.kept[:-ANSWERS_KEPT]


@dataclass(slots=True)
class FrontEnd:
    """A process that delivers moves: which life of it, and its last delivery that was decided."""

    incarnation: int
    number: int = 0


@dataclass(slots=True)
class Totals:
    """All credits that ever were: given + won = credits + stakes + lost."""

    given: int = 0
    won: int = 0
    lost: int = 0


@dataclass(slots=True)
class Room:
    """`at_us` is the last instant that was journaled, `settled_us` the last moment that was settled: nothing
    from before it counts any more. `drawn` says that the running flight has drawn from its link, `draws` how
    often. `wakes` and `shows` are what the game asked for, in order of time. `from_ms` and `bell_ms` bound the
    flights of this round. `answered` is by player, `former` of the seat before. `closed` says why no move is
    taken any more. `state` is the game's own.
    """

    slug: str
    version: str
    settings: dict[str, int]
    links: int
    salt: str = ""
    at_us: int = 0
    settled_us: int = 0
    from_ms: int = 0
    bell_ms: int = 0
    flight: int = 0
    in_air: bool = False
    drawn: bool = False
    draws: int = 0
    is_open: bool = False
    closed: str | None = None
    faults_in_row: int = 0
    seats_given: int = 0
    purses: dict[int, Purse] = field(default_factory=dict)
    seats: dict[int, Seat] = field(default_factory=dict)
    answered: dict[int, Answered] = field(default_factory=dict)
    former: dict[int, Answered] = field(default_factory=dict)
    front_ends: dict[str, FrontEnd] = field(default_factory=dict)
    totals: Totals = field(default_factory=Totals)
    wakes: list[int] = field(default_factory=list)
    shows: list[tuple[int, str]] = field(default_factory=list)
    state: Any = None

    @property
    def flights_left(self) -> int:
        """How many flights may still begin."""
        most = min(self.settings.get("flights") or self.links, self.links)
        return max(most - self.flight, 0)

    @property
    def is_done(self) -> bool:
        """No flight is on and none will come, whatever the clock says."""
        return not self.in_air and (self.is_open and self.flights_left == 0)

    def seated_front_ends(self) -> set[str]:
        """The front ends that players sit at: a moment is settled when all of them have promised."""
        return {seat.front_end for seat in self.seats.values() if seat.away_us is None}

    def is_balanced(self) -> bool:
        """Whether no credit has appeared or vanished."""
        have = sum(purse.credits + purse.stake for purse in self.purses.values())
        return self.totals.given + self.totals.won == have + self.totals.lost
