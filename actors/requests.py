"""What callers send to an owner. Plain data that pickles."""

from dataclasses import dataclass

from server.domain.tournament.commands import Command


@dataclass(frozen=True, slots=True)
class CommandRequest:
    """A command with its identity: the same id and input gets the first answer again."""

    command: Command
    command_id: str
    actor: str
    input_hash: bytes = b""


@dataclass(frozen=True, slots=True)
class ReportFacts:
    """`codec.encode_facts` of what games report. Answered by one `Outcome` byte a fact."""

    payload: bytes


@dataclass(frozen=True, slots=True)
class ReadBoard:
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
class ReadPlaces:
    """Where each of these players stands now."""

    player_nos: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ReadSummary:
    """The listing row, live."""


@dataclass(frozen=True, slots=True)
class PreviewCancel:
    """What a cancellation would pay back if it came now; changes nothing."""


@dataclass(frozen=True, slots=True)
class ReadSheet:
    """The prizes as the board stands: the final sheet, if play ended now and nothing more were sold. With a
    `limit` a page of the board priced by it, without one the sheet itself."""

    offset: int = 0
    limit: int = 0


@dataclass(frozen=True, slots=True)
class ReadTraceBasis:
    """What of a player (any of its names) must be known to tell why it has its score."""

    player: str


@dataclass(frozen=True, slots=True)
class ReadReviews:
    """All reviews of the tournament."""


@dataclass(frozen=True, slots=True)
class Tick:
    """Bring the frames up to date. Sent by the activation to its owner, in line with everything else."""


# A board may be read under a lease that was proven a moment ago; whatever decides something proves it itself.
Showing = ReadBoard | ReadPlaces | ReadSheet
Reading = Showing | ReadSummary | ReadTraceBasis | ReadReviews | PreviewCancel
Message = CommandRequest | ReportFacts | Reading | Tick


@dataclass(frozen=True, slots=True)
class Poll:
    """A front end's long poll: what it has (None is nothing yet), who it is and its open sockets; whether to
    wait when there is nothing new."""

    front_end: str
    sockets: int
    epoch: int | None = None
    seq: int = 0
    wait: bool = True
