"""What owners answer: data, never exceptions, because these cross processes."""

from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from server.domain.refusal import Code, Detail, Refusal
from server.domain.tournament.events import RefundLine, ResultsFinalised
from server.domain.tournament.rules.rules import Rules
from server.domain.tournament.state import Entry, Review
from server.domain.tournament.summary import EntryRow, ResultRow, Summary
from server.ports import StoreUnavailable


@dataclass(frozen=True, slots=True)
class Done:
    """It is durable. `value` is MessagePack of the request's answer (`Request.answer` reads it)."""

    value: bytes = b""
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """A rule said no; nothing changed. `code` is one of `server.domain.refusal.Code`."""

    code: str
    message: str
    detail: Detail = field(default_factory=Detail)


@dataclass(frozen=True, slots=True)
class Unavailable:
    """No answer could be had: it may have happened. Repeat with the same command id. With `store_away` it is
    the store that cannot be reached: another owner would not help. With `misplaced` the tournament lives
    elsewhere: nothing has happened, and the directory asks there."""

    reason: str
    store_away: bool = False
    misplaced: bool = False


@dataclass(frozen=True, slots=True)
class Failed:
    """A mistake of ours: nothing has changed, and the same again would fail again. The log has `reason` with
    its trace."""

    reason: str


@dataclass(frozen=True, slots=True)
class Late:
    """The answer is not there yet; it is asked for by its ticket."""

    ticket: str


def failed(error: BaseException) -> Failed:
    """A mistake as a reply: its kind alone, because words may hold what was sent."""
    return Failed(type(error).__name__)


def unavailable(error: BaseException) -> Unavailable:
    """What ended a try, as a reply."""
    return Unavailable(f"{type(error).__name__}: {error}", isinstance(error, StoreUnavailable))


Reply = Done | Refused | Unavailable | Failed


NOT_FOUND = Refused(Code.TOURNAMENT_NOT_FOUND.value, "Tournament not found")


def refused(refusal: Refusal) -> Refused:
    """A domain refusal as a reply."""
    return Refused(refusal.code.value, refusal.message, refusal.detail)


@dataclass(frozen=True, slots=True)
class TournamentAnswer:
    """Answer to create, update, start, finish, cancel and advance."""

    summary: Summary
    refunded_players: int = 0
    refunded_minor: int = 0


@dataclass(frozen=True, slots=True)
class EntryAnswer:
    """Answer to register, rebuy, add-on, remove, disqualify and correct. With `review`, its number, nothing
    has changed but that a person must look at it; `points_before` and `points_after` (scaled) are of a
    correction."""

    entry: EntryRow
    summary: Summary
    refunded_minor: int = 0
    review: int | None = None
    points_before: int = 0
    points_after: int = 0


@dataclass(frozen=True, slots=True)
class BoardRow:
    """One row of the board; `points` are scaled."""

    position: int
    rank: int
    player_no: int
    player_id: str
    user_id: str
    display_name: str
    points: int
    entries: int
    eliminated_round: int | None = None


@dataclass(frozen=True, slots=True)
class BoardAnswer:
    """Answer to `ReadBoard`, exact at journal position `seq`."""

    epoch: int
    seq: int
    at_ms: int
    total: int
    rows: tuple[BoardRow, ...]
    summary: Summary


@dataclass(frozen=True, slots=True)
class SheetAnswer:
    """Answer to `ReadSheet`: the sheet, or a page of the board priced by it; `total` rows there are."""

    sheet: ResultsFinalised | None
    total: int
    rows: tuple[ResultRow, ...]
    summary: Summary


@dataclass(frozen=True, slots=True)
class ReviewRow:
    """One review with the names of its player; `delta` is scaled."""

    review: Review
    player_id: str
    user_id: str
    display_name: str


@dataclass(frozen=True, slots=True)
class ReviewsAnswer:
    """Answer to `ReadReviews`, oldest first, and to the decision about one: that one alone."""

    rows: tuple[ReviewRow, ...]
    summary: Summary


@dataclass(frozen=True, slots=True)
class TraceBasis:
    """Answer to `ReadTraceBasis`: what of the state at position `seq` is needed to share a player's points out
    over the lines of the journal."""

    entry: Entry
    rules: Rules
    voided: frozenset[bytes]
    bell_ms: int | None
    seq: int
    summary: Summary


@dataclass(frozen=True, slots=True)
class RefundAnswer:
    """One line of a cancellation, with the player's names."""

    line: RefundLine
    player_id: str
    user_id: str


@dataclass(frozen=True, slots=True)
class CancelPreview:
    """Answer to `PreviewCancel`: the very lines that the cancellation would execute at `at_ms`."""

    at_ms: int
    lines: tuple[RefundAnswer, ...]
    summary: Summary
    pool_minor: int | None = None


Gone = Literal["removed", "disqualified"]


class OwnPayout(NamedTuple):
    """One thing owed to a player: money in a tender, or `quantity` of `code`. `state` is a `PayoutState`."""

    kind: str
    amount_minor: int
    tender: str
    code: str | None
    quantity: int
    state: str


class Place(NamedTuple):
    """Where one player stands: a tuple, because thousands travel together. `to_next_prize` is how many scaled
    points the next better paid place has more; None when the player holds the best paid place or none is
    better. `gone` says why a player is off the board, at no position: removed or disqualified. `payouts` is
    what is owed to the player, once it is certain."""

    player_no: int
    position: int
    rank: int
    points: int
    to_next_prize: int | None
    prize_minor: int
    eliminated_round: int | None
    gone: Gone | None = None
    payouts: tuple[OwnPayout, ...] = ()


@dataclass(frozen=True, slots=True)
class RoomNews:
    """Answer to a `RoomPoll`: the frames of events behind the asked position, or the whole `state` where they
    are gone. `private` are (player, frame) for players who sit at this front end, `unseated` (player,
    connection) who lost the seat to another connection. `settle_us` is a moment for which the front end shall
    send what it has and its watermark; 0 for none. `room_us` is room time."""

    epoch: int
    seq: int
    room_us: int
    frames: tuple[bytes, ...] = ()
    state: bytes | None = None
    private: tuple[tuple[int, bytes], ...] = ()
    unseated: tuple[tuple[int, int], ...] = ()
    settle_us: int = 0


@dataclass(frozen=True, slots=True)
class Frames:
    """Answer to a `Poll`: the frames behind the asked position, or only a snapshot when it is gone.

    `frames` are (seq, kind, bytes); `snapshot` is the whole board at `seq`, None when nothing is new;
    `over` says that no frame will follow, `published` that they are also sent over the carrier.
    """

    epoch: int
    seq: int
    contiguous: bool
    frames: tuple[tuple[int, str, bytes], ...] = ()
    snapshot: bytes | None = None
    sockets: int = 0
    over: bool = False
    status: str = ""
    published: bool = False
