"""The lines of a tournament's record."""

from typing import Annotated, Any

from msgspec import Meta

from server.domain.tournament.lifecycle import ResultsStatus, Status
from server.domain.tournament.money.payouts import PayoutState
from server.domain.tournament.rules.rules import Format
from server.domain.tournament.state import ReviewStatus
from server.encoding.answer import Amount, Answer, Count, Instant, Points, Position, Rank


class RecordMoney(Answer):
    """Where the pool came from and where everything went, from the ledger. `buyIns` and `fees` are what was
    sold and not refunded before the start; `seed` and `overlay` the operator's; `surplus` what a fixed pool
    leaves; `retained` what a cancellation kept; `waived` refunds that were not made; `house` is the operator's
    share in the end, below zero what it paid."""

    currency: str
    buy_ins: Amount
    fees: Amount
    pool: Amount
    seed: Amount
    overlay: Amount
    surplus: Amount
    prizes: Amount
    refunds: Amount
    waived: Amount
    retained: Amount
    unclaimed: Amount
    forfeited: Amount
    fees_kept: Amount
    house: Amount
    owed: Amount
    paid: Amount


class RecordSection(Answer):
    """A heading of the rules and its sentences."""

    title: str
    lines: list[str]


class RecordRules(Answer):
    """One version of the rules, who made it, and which fields it changed."""

    version: Position
    at: Instant
    actor: str
    changed: list[str]
    rules: dict[str, Any]


class RecordFairness(Answer):
    """How chance was made where the tournament was played here. Flight i has the link that is i hashes
    (SHA-256) above the commitment; all links up to `linkFlight` follow from `link`."""

    game_version: str
    commitment: str
    links: Count
    entrants: Count
    entrants_sha256: str
    beacon: str | None
    beacon_round: int | None
    beacon_signature: str | None
    salt: str
    flights: Count
    link_flight: Count
    link: str


class RecordTournament(Answer):
    """The tournament itself. `chain` is the head of the log's hash chain at `sequence`."""

    tournament_id: str
    operator_id: str
    live: bool
    sequence: Count
    chain: str
    name: str
    game: str
    format: Format
    status: Status
    results_status: ResultsStatus
    created_at: Instant
    started_at: Instant | None
    completed_at: Instant | None
    cancelled_at: Instant | None
    facts: Count
    money: RecordMoney
    prize_structure: dict[str, Any]
    rules_text: list[RecordSection]
    rules_history: list[RecordRules]
    fairness: RecordFairness | None


class RecordSale(Answer):
    """One payment of a player."""

    kind: str
    entries: Count
    buy_in: Amount
    fee: Amount
    tender: str
    payment_id: str | None
    at: Instant


class RecordPlayer(Answer):
    """One player: what it paid, where it stands."""

    player_id: str
    internal_player_id: str
    user_id: str
    display_name: str
    registered_at: Instant
    rules_version: Position
    removed: bool
    disqualified: bool
    eliminated_round: int | None
    position: Position | None
    rank: Rank | None
    points: Points
    entries: Count
    paid: Amount
    sales: list[RecordSale]


class RecordPayout(Answer):
    """One thing owed: an amount, or `quantity` of `code`."""

    payout_id: str
    player_id: str
    user_id: str
    kind: str
    position: int | None
    amount: Amount
    currency: str
    tender: str | None
    code: str | None
    quantity: Count
    state: PayoutState
    reference: str | None
    reason: str | None
    owed_since: Instant
    paid_at: Instant | None


class ReviewLine(Answer):
    """What was asked for after results were final, and what was decided. `review` is its number."""

    review: Position
    status: ReviewStatus
    action: str
    player_id: str
    user_id: str
    reason: str
    event_id: str | None
    points: Points
    opened_at: Instant
    opened_by: str | None
    decided_at: Instant | None
    decided_by: str | None
    decision_reason: str | None


class RecordEvent(Answer):
    """What was done, by whom, when. `payload` are the very bytes that `hash` covers; `detail` tells them under
    public names."""

    sequence: Position
    at: Instant
    actor: str
    kind: str
    detail: Any
    payload: str
    hash: Annotated[str, Meta(description="Covers the event and the hash before it")]


class Record(RecordTournament):
    """The whole record of a tournament, exact at its `sequence`."""

    players: list[RecordPlayer]
    payouts: list[RecordPayout]
    reviews: list[ReviewLine]
    events: list[RecordEvent]
