"""A tournament as it is. Read-only questions here; changes only in `apply` and `facts`."""

from dataclasses import dataclass, field
from typing import Literal

from server.domain.ids import INTERNAL_PREFIX, PlayerId, Tenant, TournamentId, internal_player_id
from server.domain.ranking import Ranking
from server.domain.refusal import Code, Refusal
from server.domain.scoring.fact import Outcome
from server.domain.scoring.scorer import Scorer
from server.domain.scoring.tally import Tally
from server.domain.tournament.events import Cancelled, ResultsFinalised
from server.domain.tournament.lifecycle import ResultsStatus, Status
from server.domain.tournament.rules.rules import Rules

ReviewStatus = Literal["open", "upheld", "dismissed"]


@dataclass(frozen=True, slots=True)
class Sale:
    """One sold line: kind is `entry`, `rebuy` or `add_on`. The buy-in is the pool's, the fee the house's."""

    kind: str
    entries: int
    buy_in_minor: int
    fee_minor: int
    tender: str
    payment_id: str | None
    at_ms: int


@dataclass(slots=True)
class Payout:
    """One thing owed to a player: money in a `tender`, or `quantity` of `code`. `state` is a
    `payouts.PayoutState`; `next_try_ms` is when the house may try to pay it, None when not by itself.
    `reviewed`: a review took it back."""

    id: str
    player_no: int
    kind: str
    amount_minor: int
    tender: str
    made_at_ms: int
    position: int | None = None
    code: str | None = None
    quantity: int = 0
    state: str = "approved"
    attempts: int = 0
    reference: str | None = None
    reason: str | None = None
    moved_at_ms: int | None = None
    next_try_ms: int | None = None
    reviewed: bool = False


@dataclass(slots=True)
class Entry:
    """One player of this tournament.

    `points` (scaled) are what the board shows: those of the best attempt plus `adjusted`, which add-ons and
    corrections gave at (`adjusted_ms`, `adjusted_seq`). `tally` is the attempt that goes on, `former` are
    those before it, where the best one counts. Facts up to position `reset_seq` count no more. A removed entry
    was `refunded` when it was taken back before the start, else forfeited.
    """

    player_no: int
    user_id: str
    player_id: PlayerId
    display_name: str
    registered_at_ms: int
    rules_version: int
    tally: Tally
    former: tuple[Tally, ...] = ()
    points: int = 0
    adjusted: int = 0
    adjusted_ms: int = 0
    adjusted_seq: int = 0
    reset_seq: int = 0
    removed: bool = False
    disqualified: bool = False
    eliminated_round: int | None = None
    sales: tuple[Sale, ...] = ()
    refunded: bool = False

    @property
    def entries(self) -> int:
        """How many entries this player bought."""
        return sum(sale.entries for sale in self.sales)

    @property
    def is_in_play(self) -> bool:
        """Neither gone nor eliminated."""
        return not self.removed and self.eliminated_round is None

    def add_ons(self) -> int:
        """How many add-ons this player bought."""
        return sum(sale.kind == "add_on" for sale in self.sales)


@dataclass(slots=True)
class Review:
    """A correction or disqualification that was asked for after results were final. `number` counts from 1.
    `status` is open, upheld or dismissed; `attempts` are what a void would leave, as in `ScoreCorrected`."""

    number: int
    action: str
    player_no: int
    reason: str
    opened_ms: int
    opened_by: str = ""
    event_id: str | None = None
    delta: int = 0
    attempts: tuple[Tally, ...] = ()
    status: ReviewStatus = "open"
    decided_ms: int | None = None
    decided_by: str = ""
    decision_reason: str = ""
    opened_seq: int = 0
    decided_seq: int = 0


@dataclass(slots=True)
class RoomRecord:
    """What a tournament knows of its room without the game: the `flight` that began last, whether it is
    `in_air`, whether all are done; with which `salt` and list of entrants it opened; the last flight whose
    `link` is revealed, and so are all before it. `beacon_round` is the round of the public beacon that the
    salt needs, 0 for none, `beacon` its signature as hexadecimal text once it is there."""

    flight: int = 0
    in_air: bool = False
    is_done: bool = False
    version: str = ""
    salt: str = ""
    entrants: int = 0
    entrants_digest: bytes = b""
    link_flight: int = 0
    link: bytes = b""
    beacon_round: int = 0
    beacon: str = ""

    @property
    def awaits_beacon(self) -> bool:
        """Whether the room cannot open before its round of the beacon has come."""
        return self.beacon_round > 0 and not self.beacon


@dataclass(slots=True)
class Tournament:
    """The whole state of one tournament. `seq` is the journal position it stands at: events and facts.

    `bell_ms` is set when play is over; `round_no` counts from 1 while there are rounds. Where the game paces
    them, `round_ended_ms` is set once it has ended the round, and `between_rounds` until the next one.
    `seen` holds the digests of facts that count, `noted` those of facts that were recorded only, with what
    they were told; `voided` those that an operator took back. `scorer` is `rules.scoring` made ready; `full`
    holds the players whose sums take no more facts, `last_registered_ms` is when the newest player came.
    `room` is what is known of it.
    """

    id: TournamentId
    tenant: Tenant
    rules: Rules
    created_at_ms: int
    status: Status = Status.SCHEDULED
    results_status: ResultsStatus = ResultsStatus.NONE
    started_at_ms: int | None = None
    completed_at_ms: int | None = None
    cancelled_at_ms: int | None = None
    cancellation: Cancelled | None = None
    results: ResultsFinalised | None = None
    seq: int = 0
    events_counted: int = 0
    facts_counted: int = 0
    collected_minor: int = 0
    fees_minor: int = 0
    seated: int = 0
    left_in_play: int = 0
    bell_ms: int | None = None
    round_no: int = 0
    round_started_ms: int = 0
    round_ended_ms: int | None = None
    between_rounds: bool = False
    in_play: int = 0
    reviews: list[Review] = field(default_factory=list)
    approved_by: str | None = None
    entries: list[Entry] = field(default_factory=list)
    no_of: dict[str, int] = field(default_factory=dict)
    seen: set[bytes] = field(default_factory=set)
    noted: dict[bytes, Outcome] = field(default_factory=dict)
    voided: set[bytes] = field(default_factory=set)
    payouts: dict[str, Payout] = field(default_factory=dict)
    ranking: Ranking = field(default_factory=Ranking)
    full: set[int] = field(default_factory=set)
    room: RoomRecord = field(default_factory=RoomRecord)
    last_registered_ms: int = 0
    scorer: Scorer = field(init=False)

    def __post_init__(self) -> None:
        self.scorer = Scorer(self.rules.scoring)

    def entry_named(self, name: str) -> Entry:
        """The entry of a player id, internal player id or user id; the newest one of a user.

        Raises `player_not_found`.
        """
        player_no = self.player_no_of(name)
        if player_no is None:
            raise Refusal(Code.PLAYER_NOT_FOUND, f"Player {name} not found", {"player": name})
        return self.entries[player_no]

    def know(self, entry: Entry) -> None:
        """From now on an entry is found by its names."""
        self.no_of[entry.user_id] = self.no_of[entry.player_id] = entry.player_no

    def player_no_of(self, name: str) -> int | None:
        """The number of a player id, user id or internal player id. The last is read, not kept: it has the
        number at its end, and a hundred thousand of them were a tenth of an owner's memory. What looks like an
        internal id is nothing else: no user may choose another player's name."""
        if not name.startswith(INTERNAL_PREFIX):
            return self.no_of.get(name)
        digits = name.rpartition("_")[2]
        player_no = int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else -1
        if not 0 <= player_no < len(self.entries):
            return None
        whole = internal_player_id(self.id, self.entries[player_no].player_id, player_no)
        return player_no if whole == name else None

    def open_reviews(self) -> int:
        """How many reviews wait for a decision."""
        return sum(review.status == "open" for review in self.reviews)

    def disqualification_asked(self, player_no: int) -> Review | None:
        """The review that waits for a decision about disqualifying a player."""
        asked = (one for one in self.reviews if one.player_no == player_no and one.action == "disqualify")
        return next((one for one in asked if one.status == "open"), None)

    def forfeited_entries(self, user_id: str) -> int:
        """Entries that a user bought and gave up during play: they count, although the player has left."""
        left = (e for e in self.entries if e.user_id == user_id and e.removed and not e.refunded)
        return sum(entry.entries for entry in left)

    @property
    def rounds_finished(self) -> int:
        """How many rounds are behind."""
        return self.round_no if self.between_rounds else max(self.round_no - 1, 0)

    def is_full(self) -> bool:
        """No place left under `max_players`."""
        return self.rules.max_players is not None and self.seated >= self.rules.max_players
