"""Every message of the player socket as a type: frames are built from these, so is the AsyncAPI document, and
tests decode every frame by them."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from server.broadcast.frame_base import Epoch, Frame, Part
from server.broadcast.room_messages import (
    Hand,
    Joined,
    Played,
    RefusedMove,
    RoomEvents,
    RoomState,
    SendJoin,
    SendLeave,
    SendPlay,
    Told,
)
from server.domain.tournament.lifecycle import ResultsStatus, Status
from server.domain.tournament.money.payouts import PayoutState
from server.encoding.answer import Amount, Count, Instant, Points, Position, Rank

Seq = Annotated[int, Meta(description="Grows by one a frame of the board", ge=0)]
RoomStatus = Literal["waiting", "active", "closed"]
LifecycleEvent = Literal[
    "opened",
    "started",
    "round_started",
    "round_ended",
    "completed",
    "results_final",
    "cancelled",
    "eliminated",
    "removed",
    "disqualified",
    "maintenance",
]


class _BoardFrame(Frame):
    epoch: Epoch
    seq: Seq
    server_time: Instant


class Row(Part):
    """A row of the board. Ties share a rank, never a position."""

    position: Position
    rank: Rank
    player_id: str
    display_name: str
    points: Points
    eliminated: Literal[True] | UnsetType = UNSET


class Prize(Part):
    """What a place gets if nothing more is sold."""

    position: Position
    prize: Amount


class Flag(Part):
    """Whether something may be done now, and if not, why."""

    allowed: bool
    reason: str | None


class Capabilities(Part):
    """What this client may do now."""

    play: Flag
    register: Flag
    rebuy: Flag


class Rounds(Part):
    """Which round is on, of how many."""

    current: Count
    total: Annotated[int, Meta(ge=1)]


class Player(Part):
    """Who this socket belongs to."""

    player_id: str
    internal_player_id: str
    display_name: str


class ResumePosition(Part):
    """Where to come back to: `?resume=<epoch>:<seq>`."""

    epoch: int
    seq: int


class Welcome(Frame, tag="welcome"):
    """Always first."""

    protocol: int
    server_time: Instant
    tournament_id: str
    name: str
    status: Status
    rules_version: int
    round: Rounds
    room_id: str
    start_time: Instant | None
    ends_at: Instant | None
    me: Player | None
    can: Capabilities
    resume: ResumePosition


class Snapshot(_BoardFrame, tag="snapshot"):
    """The whole top of the board. Replaces everything that was known."""

    tournament_id: str
    status: Status
    results_status: ResultsStatus
    rows: list[Row]
    total: Count
    prizes: list[Prize]
    currency: str


class Delta(_BoardFrame, tag="delta"):
    """What changed since the frame before: drop `left` and every row whose player or position is in `rows`,
    add `rows`, sort by position."""

    rows: list[Row]
    left: list[str]
    total: Count
    prizes: list[Prize] | UnsetType = UNSET


class Lifecycle(Frame, tag="lifecycle", kw_only=True):
    """The tournament moved on. `eliminated`, `removed` and `disqualified` (told to that player alone; after
    the last two the socket closes) and `maintenance` (this front end is about to stop) are no frames of the
    board and have no `seq`."""

    epoch: Epoch | UnsetType = UNSET
    seq: Seq | UnsetType = UNSET
    server_time: Instant
    event: LifecycleEvent
    status: Status | UnsetType = UNSET
    started_at: Instant | UnsetType | None = UNSET
    ends_at: Instant | UnsetType | None = UNSET
    grace_ends_at: Instant | UnsetType | None = UNSET
    round: int | UnsetType | None = UNSET
    reason: str | UnsetType | None = UNSET


class Me(Frame, tag="me"):
    """Where this player stands and what moved since the last one; on change, at most once a second."""

    server_time: Instant
    position: Position
    rank: Rank
    points: Points
    moved: Annotated[int, Meta(description="Places won, negative when lost")]
    points_moved: Points
    points_to_next_prize: Points | None
    prize: Amount


class OwnPayout(Part):
    """One thing owed to this player: an `amount` in a `tender`, or a `quantity` of `code`."""

    kind: str
    amount: Amount | None
    tender: str | None
    code: str | None
    quantity: int | None
    state: PayoutState


class Payouts(Frame, tag="payouts"):
    """What is owed to this player, all of it: prizes once results are final, refunds once they are due. Told
    again when the state of one changes. A player's socket stays for ten seconds after the end of the
    tournament, or until all is paid."""

    server_time: Instant
    currency: str
    payouts: list[OwnPayout]


class Room(Frame, tag="room"):
    """The game room, and how many sockets are in it on all front ends."""

    room_id: str
    status: RoomStatus
    active_connections: Count


class Around(Frame, tag="around"):
    """Answer to `around`: the rows about this player."""

    server_time: Instant
    total: Count
    rows: list[Row]


class Pong(Frame, tag="pong"):
    """Answer to `ping`."""

    server_time: Instant


class Auth(Frame, tag="auth"):
    """Answer to an `auth` that renewed the token."""

    renewed: Literal[True] = True


class Error(Frame, tag="error"):
    """Something was refused; the socket stays open."""

    error: str
    message: str


ServerFrame = (
    Welcome | Snapshot | Delta | Lifecycle | Me | Payouts | Room | Around | Pong | Auth | Error
    | RoomState | RoomEvents | Hand | Told | Joined | Played | RefusedMove
)  # fmt: skip


class SendAuth(Frame, tag="auth"):
    """First frame of a browser, or a fresh token in band."""

    token: str


class SendPing(Frame, tag="ping"):
    """Ask for the server's time."""


class SendAround(Frame, tag="around"):
    """Ask for the rows about this player, at most 20 above and below."""

    above: int = 20
    below: int = 20


ClientFrame = SendAuth | SendPing | SendAround | SendJoin | SendLeave | SendPlay
