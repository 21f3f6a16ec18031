"""What a room is told, what it answers, and the batch in which both are stored."""

from enum import IntEnum
from typing import Any, NamedTuple

from server.domain.scoring.fact import Counted


class Kind(IntEnum):
    """What an input says. The first ones come from front ends, the others from the tournament and its
    clock."""

    PLAY = 1
    JOIN = 2
    LEAVE = 3
    DROP = 4
    FLOOD = 5
    OPENS = 10
    ENTERS = 11
    GETS = 12
    GOES = 13
    CLOSES = 14
    WAKE = 20
    AWAY = 21


class Input(NamedTuple):
    """One input, of any kind. `stamp_us` is room time in microseconds. From a front end: its name, the
    `number` of the delivery and the `nth` place in it.

    PLAY: `seat`, `move_id`, `flight`, `word` is the move, `body` its arguments as they came. JOIN: `seat` is
    the one to come back to, 0 for a new one; `connection` names the socket, `amount` the incarnation. FLOOD:
    `amount` messages were refused unread. OPENS: `word` is the salt, `amount` the bell in ms, `players` who
    plays, from `from_ms` on. ENTERS: `amount` credits. GETS: `amount` credits more, or instead where `word` is
    "replaces". GOES, CLOSES: `word` says why. WAKE: `amount` is the moment in ms. AWAY: a seat's grace is
    over.
    """

    kind: int
    stamp_us: int
    front_end: str = ""
    number: int = 0
    nth: int = 0
    player: int = -1
    seat: int = 0
    connection: int = 0
    move_id: int = 0
    flight: int = 0
    word: str = ""
    body: bytes = b""
    amount: int = 0
    from_ms: int = 0
    players: tuple[int, ...] = ()

    @property
    def place(self) -> tuple[int, str, int, int]:
        """The order in which inputs of a batch are decided."""
        return self.stamp_us, self.front_end, self.number, self.nth


class Delivered(NamedTuple):
    """A delivery of a front end that is decided as a whole. A front end that starts again is another
    incarnation and counts from 1."""

    front_end: str
    incarnation: int
    number: int


class Batch(NamedTuple):
    """What one commit says of a room: what came in, and enough of what came out to go on without the game.

    `voided` are the inputs (by index) at which the game failed. `digest` covers all answers, facts and
    credits; `credits` are (player, credits, stake) after the batch, of those that changed. `flight` is the
    running or last one, `in_air` whether it runs, `done` whether the last one there will be is over. `reveals`
    are the links of flights that ended, (flight, link).
    """

    slug: str
    version: str
    at_us: int
    inputs: list[Input]
    voided: list[int]
    digest: bytes
    facts: list[Counted]
    credits: list[tuple[int, int, int]]
    deliveries: list[Delivered]
    flight: int
    in_air: bool
    done: bool
    reveals: list[tuple[int, bytes]]


class Shown(NamedTuple):
    """Something that all in the room are told; `urgent` does not wait for others to go along."""

    kind: str
    at_ms: int
    data: dict[str, Any]
    urgent: bool = False


class Told(NamedTuple):
    """Something that one player is told."""

    player: int
    kind: str
    data: dict[str, Any]


class Unseated(NamedTuple):
    """A connection that lost its seat to another one of the same player."""

    player: int
    front_end: str
    connection: int


class RoomFact(NamedTuple):
    """What a flight was worth to a player: whole credits, `multiplier` in hundredths. `opened_ms` is when the
    stake was laid, `at_ms` when it was decided."""

    player: int
    flight: int
    bet: int
    win: int
    points: int
    multiplier: int | None
    opened_ms: int
    at_ms: int
