"""What happened. Past tense; everything money or rank depends on later is stored, not recomputed."""

from dataclasses import dataclass

from server.domain.ids import PlayerId, Tenant, TournamentId
from server.domain.scoring.tally import Tally
from server.domain.tournament.rules import Rules


@dataclass(frozen=True, slots=True)
class Created:
    """The first event of every log."""

    tournament_id: TournamentId
    tenant: Tenant
    rules: Rules


@dataclass(frozen=True, slots=True)
class Updated:
    """New rules, as a whole, with the names of the changed fields."""

    rules: Rules
    changed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RegistrationOpened:
    """Entries may be sold from here on."""


@dataclass(frozen=True, slots=True)
class Registered:
    """A first entry was sold under `rules_version`."""

    player_no: int
    user_id: str
    player_id: PlayerId
    display_name: str
    buy_in_minor: int
    fee_minor: int
    tender: str
    payment_id: str | None
    rules_version: int


@dataclass(frozen=True, slots=True)
class Rebought:
    """`entries` further entries were sold for `amount_minor` in all."""

    player_no: int
    entries: int
    amount_minor: int
    tender: str
    payment_id: str | None


@dataclass(frozen=True, slots=True)
class AddOnBought:
    """The add-on was sold for `amount_minor` and gave `points` (scaled)."""

    player_no: int
    amount_minor: int
    points: int
    tender: str
    payment_id: str | None


@dataclass(frozen=True, slots=True)
class RefundLine:
    """Money that goes back to one player in one tender: from the pool and from the house's fee.

    `kind` is `refund` for what was paid, `prize` for a place in the money when a tournament that is called
    off rolls forward, `share` for a part of its pool.
    """

    player_no: int
    tender: str
    pool_minor: int
    fee_minor: int
    kind: str = "refund"

    @property
    def refund_minor(self) -> int:
        """What the player gets."""
        return self.pool_minor + self.fee_minor


@dataclass(frozen=True, slots=True)
class Removed:
    """A player left or was removed; `refunds` is empty when the entry was forfeited during play."""

    player_no: int
    reason: str
    refunds: tuple[RefundLine, ...]


@dataclass(frozen=True, slots=True)
class Disqualified:
    """A player was taken off the board for cause; refunded only before the start."""

    player_no: int
    reason: str
    refunds: tuple[RefundLine, ...] = ()


@dataclass(frozen=True, slots=True)
class ScoreCorrected:
    """A score was changed by hand. `points_before` and `points_after` are what the board showed.

    `void` carries the attempts of the player without the fact, current one first; `adjust` adds `delta`;
    `reset` begins anew.
    """

    action: str
    player_no: int
    reason: str
    points_before: int
    points_after: int
    event_id: str | None = None
    delta: int = 0
    attempts: tuple[Tally, ...] = ()


@dataclass(frozen=True, slots=True)
class ReviewRequested:
    """A correction or disqualification that came after results were final: noted for a person, changes
    nothing."""

    action: str
    player_no: int
    reason: str
    event_id: str | None = None
    delta: int = 0


@dataclass(frozen=True, slots=True)
class Started:
    """Play began, with round 1 where there are rounds."""


@dataclass(frozen=True, slots=True)
class RoundEnded:
    """The game rang the bell of a round; its grace begins."""

    round_no: int


@dataclass(frozen=True, slots=True)
class PlayerEliminated:
    """The game put a player out, and told so as fact `event_id`."""

    player_no: int
    round_no: int
    event_id: str


@dataclass(frozen=True, slots=True)
class RoundCompleted:
    """A round that is not the last is over; these players are out by their rank, worst first."""

    round_no: int
    eliminated: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class RoundStarted:
    """The next round began."""

    round_no: int


@dataclass(frozen=True, slots=True)
class Completed:
    """Play is over; results are provisional until the grace is. `cause` is end_time, last_round, target,
    by_hand or last_player. Facts of rounds opened before `bell_ms` (None: when it is over) still count."""

    cause: str
    bell_ms: int | None = None


@dataclass(frozen=True, slots=True)
class PrizeLine:
    """One prize."""

    player_no: int
    position: int
    rank: int
    amount_minor: int


@dataclass(frozen=True, slots=True)
class ItemLine:
    """One prize that is not money."""

    player_no: int
    position: int
    kind: str
    code: str
    quantity: int


@dataclass(frozen=True, slots=True)
class ResultsFinalised:
    """The sheet: prizes add up to `pool_minor`, less what nobody was there to win (`unclaimed_minor`).

    `seed_minor` of the pool is the house's from the start; what else goes beyond `collected_minor` is
    overlay.
    """

    pool_minor: int
    collected_minor: int
    unclaimed_minor: int
    prizes: tuple[PrizeLine, ...]
    seed_minor: int = 0
    items: tuple[ItemLine, ...] = ()


@dataclass(frozen=True, slots=True)
class ApprovalGiven:
    """The first of two keys that results need."""

    by: str


@dataclass(frozen=True, slots=True)
class PayoutStep:
    """A payout line becomes `state`: paid under the wallet's `reference`, or not, for a `reason`."""

    payout_id: str
    state: str
    reference: str | None = None
    reason: str | None = None
    next_try_ms: int | None = None


@dataclass(frozen=True, slots=True)
class PayoutsMoved:
    """Lines of what is owed went on."""

    steps: tuple[PayoutStep, ...]


@dataclass(frozen=True, slots=True)
class Cancelled:
    """Called off. With `waived` the lines say what the operator chose not to pay back. A roll-forward
    shares `pool_minor`, to which the house adds its seed and overlay; else only what was collected is there.
    """

    reason: str
    waived: bool
    notify: bool
    refunds: tuple[RefundLine, ...]
    pool_minor: int | None = None
    seed_minor: int = 0


Event = (
    Created
    | Updated
    | RegistrationOpened
    | Registered
    | Rebought
    | AddOnBought
    | Removed
    | Disqualified
    | ScoreCorrected
    | ReviewRequested
    | Started
    | RoundEnded
    | PlayerEliminated
    | RoundCompleted
    | RoundStarted
    | Completed
    | ApprovalGiven
    | PayoutsMoved
    | ResultsFinalised
    | Cancelled
)
