"""What happened. Past tense; everything money or rank depends on later is stored, not recomputed."""

from dataclasses import dataclass
from typing import Final

from server.domain.ids import PlayerId, Tenant, TournamentId
from server.domain.scoring.tally import Tally
from server.domain.tournament.lines import Award as Award
from server.domain.tournament.lines import ItemLine as ItemLine
from server.domain.tournament.lines import PayoutStep as PayoutStep
from server.domain.tournament.lines import PrizeLine as PrizeLine
from server.domain.tournament.lines import RefundLine as RefundLine
from server.domain.tournament.rules.rules import Rules

# How an event is told outside. Logs keep the version that they were told under, so that what was sent can
# be derived from them again: 2 tells eliminations player by player, the first round, and fields by their
# public names.
TOLD_AS: Final = 2


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
    told_as: int = 1


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
    by: str = ""
    attempts: tuple[Tally, ...] = ()


@dataclass(frozen=True, slots=True)
class Started:
    """Play began, with round 1 where there are rounds."""

    told_as: int = 1


@dataclass(frozen=True, slots=True)
class BeaconTaken:
    """The round of the public beacon that the room's salt needs: its `signature` as hexadecimal text."""

    number: int
    signature: str


@dataclass(frozen=True, slots=True)
class RoundEnded:
    """The bell of a round that is not the last: its time is up, or the game says so. Its grace begins."""

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
    told_as: int = 1


@dataclass(frozen=True, slots=True)
class RoundStarted:
    """The next round began."""

    round_no: int


@dataclass(frozen=True, slots=True)
class Completed:
    """Play is over; results are provisional until the grace is. `cause` is end_time, last_round, target,
    by_hand, last_player or last_flight. Facts of rounds opened before `bell_ms` (None: when it is over) still
    count."""

    cause: str
    bell_ms: int | None = None


@dataclass(frozen=True, slots=True)
class ResultsFinalised:
    """The sheet: prizes add up to `pool_minor`, less what no player was there to win (`unclaimed_minor`).

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


@dataclass(frozen=True, slots=True)
class ReviewDecided:
    """A person decided about a review: `uphold` or `dismiss`.

    Upheld, the unpaid payouts `forfeits` become void and `awards` are owed instead; `retained_minor` of the
    money stays with the house. `prizes`, `items` and `unclaimed_minor` are the sheet from now on.
    """

    number: int
    decision: str
    reason: str
    by: str = ""
    forfeits: tuple[str, ...] = ()
    awards: tuple[Award, ...] = ()
    retained_minor: int = 0
    prizes: tuple[PrizeLine, ...] = ()
    items: tuple[ItemLine, ...] = ()
    unclaimed_minor: int = 0


# Events by what they are about; together they are all events.
LifeEvent = Updated | RegistrationOpened | Started | BeaconTaken | Completed | Cancelled
RoundEvent = RoundEnded | RoundCompleted | RoundStarted
SettlementEvent = ApprovalGiven | PayoutsMoved | ResultsFinalised | ReviewRequested | ReviewDecided
SaleEvent = Registered | Rebought | AddOnBought
PlayerEvent = SaleEvent | Removed | Disqualified | PlayerEliminated | ScoreCorrected
Event = Created | LifeEvent | RoundEvent | SettlementEvent | PlayerEvent

# What an event leaves alone. An event that is missing here must say what it does, or it does not type-check:
# to accounts (money/ledger.py), to what players are owed (money/payouts.py), to entries
# (server/journal/effects.py).
MovesNoMoney = (
    Created | Updated | RegistrationOpened | Started | BeaconTaken | Completed | RoundEvent | ApprovalGiven
    | ReviewRequested | PlayerEliminated | ScoreCorrected
)  # fmt: skip
OwesNothing = MovesNoMoney | SaleEvent | PayoutsMoved
ChangesNoEntry = (
    Created | Updated | RegistrationOpened | Started | BeaconTaken | Completed | Cancelled | RoundEnded
    | RoundStarted | ApprovalGiven | ReviewRequested | ScoreCorrected | PayoutsMoved | ResultsFinalised
)  # fmt: skip
