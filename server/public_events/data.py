"""What public events say: one struct a type, built where it is sent and published as its schema."""

from typing import Annotated, Final

from msgspec import UNSET, Meta, Struct, UnsetType

from server.encoding.answer import Amount, Count, Hex, Instant, Points

Place = Annotated[int, Meta(ge=1)]


class Data(Struct, rename="camel", forbid_unknown_fields=True, kw_only=True):
    """What an event says."""


class OfTournament(Data):
    """A tournament."""

    name: str
    status: str
    external_id: str | None


class OfPlayer(Data):
    """A player of a tournament."""

    player_id: str
    user_id: str
    display_name: str
    currency: str


class Created(OfTournament):
    """A tournament was created."""


class Updated(OfTournament):
    """Its rules were changed; `changed` names the fields as the API calls them."""

    changed: list[str]


class RegistrationOpened(OfTournament):
    """Entries are sold from now on."""


class Started(OfTournament):
    """Play began. Where a room waits for a public beacon the list of entrants is closed now, and it is said
    which round comes next."""

    players: Count
    entrants_sha256: Hex | UnsetType = UNSET
    beacon: str | UnsetType = UNSET
    beacon_round: Place | UnsetType = UNSET
    beacon_at: Instant | UnsetType = UNSET


class BeaconTaken(OfTournament):
    """The round of the public beacon has come that a room waited for: the room opens, and its salt is
    certain."""

    beacon: str
    beacon_round: Place
    signature: Annotated[str, Meta(description="Of the round, as hexadecimal text")]
    salt: Hex


class OfRound(OfTournament):
    """A round of a tournament."""

    round: Place
    rounds: Place
    players_left: Count


class RoundStarted(OfRound):
    """A round began."""


class RoundEnded(OfRound):
    """A round is over; its results may still be corrected until it is completed."""


class RoundCompleted(OfRound):
    """A round counts; who is out is in `eliminated`."""

    eliminated: list[OfPlayer]


class Completed(OfTournament):
    """Play is over; results are provisional until late facts are in and reviews are done."""

    cause: str


class ApprovalGiven(OfTournament):
    """A person approved the results; another person must approve them, too."""

    approved_by: str


class PrizeWon(OfPlayer):
    """What a player has won."""

    position: Place
    rank: Place
    prize: Amount


class ItemWon(OfPlayer):
    """A prize that is not money."""

    position: Place
    kind: str
    code: str
    quantity: Place


class ResultsFinal(OfTournament):
    """Results are final: who won what. A `payout.created` follows for each line."""

    prize_pool: Amount
    prizes: list[PrizeWon]
    items: list[ItemWon]


class Cancelled(OfTournament):
    """It was cancelled, and who had paid is refunded, unless refunds were waived."""

    reason: str | None
    refunds_waived: bool
    players_notified: bool
    players_refunded: Count
    refund_amount: Amount
    currency: str


class Registered(OfPlayer):
    """An entry was sold."""

    buy_in_amount: Amount
    fee: Amount


class Removed(OfPlayer):
    """An entry was taken back."""

    reason: str | None
    refund_amount: Amount


class Rebuy(OfPlayer):
    """A player bought in again."""

    amount: Amount
    entries: Place


class AddOn(OfPlayer):
    """A player bought an add-on."""

    amount: Amount
    points: Points


class Eliminated(OfPlayer):
    """A player is out."""

    round: Place
    players_left: Count


class Disqualified(OfPlayer):
    """A player was disqualified."""

    reason: str | None


class Corrected(OfPlayer):
    """A score was corrected (`applied`), or a person must look at it first (`review`)."""

    status: str
    action: str
    reason: str | None
    event_id: str | None
    points_before: Points | UnsetType = UNSET
    points_after: Points | UnsetType = UNSET
    points: Points | UnsetType = UNSET


class ReviewDecided(OfPlayer):
    """A person decided about a correction or disqualification that came after results were final: `uphold` or
    `dismiss`. Prizes that were taken back follow as `payout.failed`, those that others get as
    `payout.created`; `retained` stays with the house."""

    review: Place
    action: str
    decision: str
    reason: str
    retained: Amount


class OfPayout(OfPlayer):
    """One thing owed to a player."""

    payout_id: str
    kind: str
    state: str
    amount: Amount
    tender: str | None
    position: int | None
    code: str | None
    quantity: Count
    reference: str | None
    reason: str | None


class PayoutCreated(OfPayout):
    """A prize is owed: `payoutId` is the once-only key of its payment."""


class PayoutApproved(OfPayout):
    """A line that had stopped may be paid again."""


class PayoutPaid(OfPayout):
    """It was paid."""


class PayoutFailed(OfPayout):
    """It could not be paid, or must not be; `state` says which."""


class RefundCreated(OfPayout):
    """A refund is owed: `payoutId` is the once-only key of its payment."""


class RefundPaid(OfPayout):
    """A refund was paid."""


class StatusChanged(Data):
    """The system itself: `operational`, `degraded` or `maintenance`."""

    status: str
    message: str


class Alert(Data):
    """Something that a person should know: an endpoint fell behind, caught up, was disabled; a dead letter; a
    key was made or has a new secret; a step of a tournament is overdue."""

    kind: str
    endpoint: str
    message: str
    event_id: str | None


class Test(Data):
    """What you asked for."""

    message: str


# Every type of event, as receivers subscribe to it.
CATALOGUE: Final[dict[str, type[Data]]] = {
    "tournament.created": Created,
    "tournament.updated": Updated,
    "tournament.registration_opened": RegistrationOpened,
    "tournament.started": Started,
    "tournament.beacon_taken": BeaconTaken,
    "tournament.round_started": RoundStarted,
    "tournament.round_ended": RoundEnded,
    "tournament.round_completed": RoundCompleted,
    "tournament.completed": Completed,
    "tournament.approval_given": ApprovalGiven,
    "tournament.results_final": ResultsFinal,
    "tournament.cancelled": Cancelled,
    "player.registered": Registered,
    "player.removed": Removed,
    "player.rebuy": Rebuy,
    "player.add_on": AddOn,
    "player.eliminated": Eliminated,
    "player.disqualified": Disqualified,
    "score.corrected": Corrected,
    "review.decided": ReviewDecided,
    "payout.created": PayoutCreated,
    "payout.approved": PayoutApproved,
    "payout.paid": PayoutPaid,
    "payout.failed": PayoutFailed,
    "refund.created": RefundCreated,
    "refund.paid": RefundPaid,
    "system.status_changed": StatusChanged,
    "system.alert": Alert,
    "system.test": Test,
}
