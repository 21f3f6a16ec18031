"""What travels between a player and the room in which a tournament is played."""

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, UnsetType, field

from server.broadcast.frame_base import Epoch, Frame, Part
from server.encoding.answer import Count

RoomMs = Annotated[int, Meta(description="Room time: milliseconds since 1970 UTC by the store's clock")]
MoveId = Annotated[int, Meta(description="Counts up, by one seat", ge=1)]


class RoomState(Frame, tag="room_state"):
    """The whole room where a tournament is played here, as all may see it: on joining, after a gap, and
    when the tournament's owner changed. `state` is the game's; crash games have `flight`, `phase` and
    `startsAtMs`. `opensMs` is when the public beacon comes without which the room does not open."""

    room_id: str
    game: str
    version: str
    epoch: Epoch
    seq: Count
    room_ms: RoomMs
    open: bool
    opens_ms: RoomMs | None
    closed: str | None
    flight: Count
    state: dict[str, Any]


class RoomEvent(Part):
    """One thing that happened in the room."""

    kind: str
    at_ms: RoomMs
    data: dict[str, Any]


class RoomEvents(Frame, tag="room_events"):
    """What happened since the frame before, at most ten frames a second; what is urgent leaves at once. `seq`
    grows by one a frame; `leftOut` ordinary events did not fit."""

    epoch: Epoch
    seq: Count
    events: list[RoomEvent]
    left_out: Count


class Hand(Frame, tag="hand"):
    """The room as this player alone may see it, newest only. Credits have no cash value."""

    flight: Count
    credits: Count
    stake: Count
    state: dict[str, Any]


class Told(Frame, tag="told"):
    """Something that the game tells this player."""

    kind: str
    data: dict[str, Any]


class Joined(Frame, tag="joined"):
    """This connection has the player's seat; ids of moves go on behind `lastId`."""

    seat: Count
    last_id: Count


class Played(Frame, tag="played"):
    """A move was made and is stored: `stampMs` is the moment at which it counts. `again` marks the answer to a
    move that was sent before."""

    id: MoveId
    flight: Count
    stamp_ms: RoomMs
    answer: dict[str, Any]
    again: Literal[True] | UnsetType = UNSET


class RefusedMove(Frame, tag="refused"):
    """A move changed nothing, or, without an id, a seat was not given. `stampMs` is null where the front end
    itself said no."""

    id: MoveId | None
    error: str
    stamp_ms: RoomMs | None
    detail: dict[str, Any]
    again: Literal[True] | UnsetType = UNSET


class SendJoin(Frame, tag="join"):
    """Take the player's seat in the room; with `seat` the one that this client had before."""

    seat: Count = 0


class SendLeave(Frame, tag="leave"):
    """Give the seat up. A stake stays."""


class SendPlay(Frame, tag="play"):
    """Make a move: `with` are its arguments. `flight` is the one that it is meant for. A move that arrives
    after `untilMs` is refused as `expired`: what lay in a dead line is not made late."""

    id: MoveId
    flight: Count
    move: str
    with_: dict[str, Any] = field(name="with", default_factory=dict)
    until_ms: RoomMs | None = None
