"""What callers send to an owner; requests carry the type of their answer. Plain data that pickles."""

from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar, assert_never, get_args, overload

from actors.replies import (
    BoardAnswer,
    CancelPreview,
    Done,
    EntryAnswer,
    Place,
    ReviewsAnswer,
    SheetAnswer,
    TournamentAnswer,
    TraceBasis,
)
from server.domain.tournament import commands
from server.domain.tournament.commands import Command
from server.domain.tournament.state import RoomRecord
from server.domain.tournament.summary import Summary
from server.encoding import codec

A = TypeVar("A", covariant=True)
EntryCommand = commands.Sale | commands.Remove | commands.Disqualify | commands.Correct
TournamentCommand = commands.Create | commands.Step


class Request(Generic[A]):
    """A message whose answer is an `A`."""

    __slots__ = ()

    def answer(self, done: Done) -> A:
        """What was answered."""
        (base,) = type(self).__orig_bases__  # type: ignore[attr-defined]
        answered: A = codec.decode(done.value, get_args(base)[0])
        return answered


class Identity(NamedTuple):
    """Who sends a command, and under which id: the same id and input get the first answer again."""

    command_id: str
    actor: str
    input_hash: bytes = b""


@dataclass(frozen=True, slots=True)
class CommandRequest(Request[A]):
    """A command with its identity. Where the answer matters, it is made by `request_of`."""

    command: Command
    command_id: str
    actor: str
    input_hash: bytes = b""

    def answer(self, done: Done) -> A:
        answered: A = codec.decode(done.value, _answer_to(self.command))
        return answered


@overload
def request_of(command: EntryCommand, identity: Identity) -> CommandRequest[EntryAnswer]: ...
@overload
def request_of(command: TournamentCommand, identity: Identity) -> CommandRequest[TournamentAnswer]: ...
@overload
def request_of(command: commands.DecideReview, identity: Identity) -> CommandRequest[ReviewsAnswer]: ...
def request_of(command: Command, identity: Identity) -> CommandRequest[Any]:
    """A command as a request: the command says what the answer is."""
    return CommandRequest(command, *identity)


def _answer_to(command: Command) -> Any:
    """The type that `request_of` names, at run time."""
    if isinstance(command, EntryCommand):
        return EntryAnswer
    if isinstance(command, TournamentCommand):
        return TournamentAnswer
    if isinstance(command, commands.DecideReview):
        return ReviewsAnswer
    assert_never(command)


@dataclass(frozen=True, slots=True)
class ReportFacts:
    """`codec.encode_facts` of what games report. Answered by one `Outcome` byte a fact."""

    payload: bytes


@dataclass(frozen=True, slots=True)
class ReadBoard(Request[BoardAnswer]):
    """A page of the board, or with `around` the rows about one player (any of its names); without
    `eliminated` only those in play. A `strong` one is of an owner that proves that it is one."""

    offset: int
    limit: int
    around: str | None = None
    above: int = 0
    below: int = 0
    eliminated: bool = True
    strong: bool = False


@dataclass(frozen=True, slots=True)
class ReadPlaces(Request[list[Place]]):
    """Where each of these players stands now."""

    player_nos: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ReadSummary(Request[Summary]):
    """The listing row, live."""


@dataclass(frozen=True, slots=True)
class PreviewCancel(Request[CancelPreview]):
    """What a cancellation would pay back if it came now; changes nothing."""


@dataclass(frozen=True, slots=True)
class ReadSheet(Request[SheetAnswer]):
    """The prizes as the board stands: the final sheet, if play ended now and nothing more were sold. With a
    `limit` a page of the board priced by it, without one the sheet itself."""

    offset: int = 0
    limit: int = 0


@dataclass(frozen=True, slots=True)
class ReadTraceBasis(Request[TraceBasis]):
    """What of a player (any of its names) must be known to tell why it has its score."""

    player: str


@dataclass(frozen=True, slots=True)
class ReadReviews(Request[ReviewsAnswer]):
    """All reviews of the tournament."""


@dataclass(frozen=True, slots=True)
class ReadRoom(Request[RoomRecord]):
    """What is known of the tournament's room."""


@dataclass(frozen=True, slots=True)
class Tick:
    """Bring the frames up to date. Sent by the activation to its owner, in line with everything else."""


@dataclass(frozen=True, slots=True)
class Step:
    """Do what the schedule has made due. Sent by the activation to its owner."""


@dataclass(frozen=True, slots=True)
class Deliver(Request[list[bytes]]):
    """What the players of a front end did, in the order in which it stamped it: `room_codec.encode_inputs`.
    Deliveries of one `incarnation` are numbered from 1; the next one is sent when this one is answered. All
    that was stamped before `watermark_us` is in deliveries up to this one. Answered by one frame an input,
    some of them empty."""

    front_end: str
    incarnation: int
    number: int
    watermark_us: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class RoomTick:
    """Do what the room's clock has made due. Sent by the activation to its owner."""


# A board may be read under a lease that was proven a moment ago; whatever decides something proves it itself.
Showing = ReadBoard | ReadPlaces | ReadSheet
Reading = Showing | ReadSummary | ReadRoom | ReadTraceBasis | ReadReviews | PreviewCancel
Message = CommandRequest[object] | ReportFacts | Deliver | Reading | Tick | Step | RoomTick


@dataclass(frozen=True, slots=True)
class Poll:
    """A front end's long poll: what it has (None is nothing yet), who it is and its open sockets; whether to
    wait when there is nothing new."""

    front_end: str
    sockets: int
    epoch: int | None = None
    seq: int = 0
    wait: bool = True


@dataclass(frozen=True, slots=True)
class RoomPoll:
    """A front end's long poll on a room: where its events stand, and its promise that all it stamped before
    `watermark_us` is in deliveries up to `number`."""

    front_end: str
    incarnation: int
    epoch: int
    seq: int
    number: int
    watermark_us: int
