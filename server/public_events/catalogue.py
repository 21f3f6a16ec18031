"""The catalogue of public events: what each says, and when. Pages, JSON Schemas and checks come from it.

Within a version fields are only added; receivers leave aside what they do not know.
"""

from functools import cache
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta, Struct

Amount = Annotated[int | float, Meta(description="In the tournament's currency, with its exact places")]
Points = Annotated[int | float, Meta(description="Up to four decimal places")]
Count = Annotated[int, Meta(ge=0)]
Place = Annotated[int, Meta(ge=1)]


class _Data(Struct, rename="camel", forbid_unknown_fields=True, kw_only=True):
    pass


class _Tournament(_Data):
    name: str
    status: str
    external_id: str | None


class _Player(_Data):
    player_id: str
    user_id: str
    display_name: str
    currency: str


class Created(_Tournament):
    """A tournament was created."""


class Updated(_Tournament):
    """Its rules were changed; `changed` names the fields as the API calls them."""

    changed: list[str]


class RegistrationOpened(_Tournament):
    """Entries are sold from now on."""


class Started(_Tournament):
    """Play began."""

    players: Count


class _Round(_Tournament):
    round: Place
    rounds: Place
    players_left: Count


class RoundStarted(_Round):
    """A round began."""


class RoundEnded(_Round):
    """A round is over; its results may still be corrected until it is completed."""


class RoundCompleted(_Round):
    """A round counts; who is out is in `eliminated`."""

    eliminated: list[_Player]


class Completed(_Tournament):
    """Play is over; results are provisional until late facts are in and reviews are done."""

    cause: str


class ApprovalGiven(_Tournament):
    """Somebody approved the results; another key must, too."""

    approved_by: str


class _Prize(_Player):
    position: Place
    rank: Place
    prize: Amount


class _Item(_Player):
    position: Place
    kind: str
    code: str
    quantity: Place


class ResultsFinal(_Tournament):
    """Results are final: who won what. A `payout.created` follows for each line."""

    prize_pool: Amount
    prizes: list[_Prize]
    items: list[_Item]


class Cancelled(_Tournament):
    """It was cancelled, and who had paid is refunded, unless refunds were waived."""

    reason: str | None
    refunds_waived: bool
    players_notified: bool
    players_refunded: Count
    refund_amount: Amount
    currency: str


class Registered(_Player):
    """An entry was sold."""

    buy_in_amount: Amount
    fee: Amount


class Removed(_Player):
    """An entry was taken back."""

    reason: str | None
    refund_amount: Amount


class Rebuy(_Player):
    """A player bought in again."""

    amount: Amount
    entries: Place


class AddOn(_Player):
    """A player bought an add-on."""

    amount: Amount
    points: Points


class Eliminated(_Player):
    """A player is out."""

    round: Place
    players_left: Count


class Disqualified(_Player):
    """A player was disqualified."""

    reason: str | None


class Corrected(_Player):
    """A score was corrected (`applied`), or somebody must look at it first (`review`)."""

    status: str
    action: str
    reason: str | None
    event_id: str | None
    points_before: Points | None = None
    points_after: Points | None = None
    points: Points | None = None


class ReviewDecided(_Player):
    """A person decided about a correction or disqualification that came after results were final: `uphold` or
    `dismiss`. Prizes that were taken back follow as `payout.failed`, those that others get as
    `payout.created`; `retained` stays with the house."""

    review: Place
    action: str
    decision: str
    reason: str
    retained: Amount


class _Payout(_Player):
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


class PayoutCreated(_Payout):
    """A prize is owed: `payoutId` is the once-only key of its payment."""


class PayoutApproved(_Payout):
    """A line that had stopped may be paid again."""


class PayoutPaid(_Payout):
    """It was paid."""


class PayoutFailed(_Payout):
    """It could not be paid, or must not be; `state` says which."""


class RefundCreated(_Payout):
    """A refund is owed: `payoutId` is the once-only key of its payment."""


class RefundPaid(_Payout):
    """A refund was paid."""


class StatusChanged(_Data):
    """The house itself: `operational`, `degraded` or `maintenance`."""

    status: str
    message: str


class Alert(_Data):
    """Something that a person should know: an endpoint fell behind, caught up, was disabled; a dead letter; a
    key was made or has a new secret; a step of a tournament is overdue."""

    kind: str
    endpoint: str
    message: str
    event_id: str | None


class Test(_Data):
    """What you asked for."""

    message: str


CATALOGUE: Final[dict[str, type[Struct]]] = {
    "tournament.created": Created,
    "tournament.updated": Updated,
    "tournament.registration_opened": RegistrationOpened,
    "tournament.started": Started,
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
_FAMILIES = {name.partition(".")[0] + ".*" for name in CATALOGUE}


@cache
def _decoder(event_type: str) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(CATALOGUE[event_type])


def fault(event_type: str, data: bytes) -> str | None:
    """How an event is not what was published; None when it is."""
    if event_type not in CATALOGUE:
        return f"no such type: {event_type}"
    try:
        _decoder(event_type).decode(data)
    except msgspec.ValidationError as error:
        return str(error)
    return None


def is_pattern(text: str) -> bool:
    """Whether a filter may name it: a type, or a family."""
    return text in CATALOGUE or text in _FAMILIES


def told(event_type: str) -> str:
    """In a sentence, when it happens."""
    return " ".join((CATALOGUE[event_type].__doc__ or "").split())
