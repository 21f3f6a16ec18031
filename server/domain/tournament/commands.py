"""What callers may ask of a tournament. Imperative; plain data that travels between processes."""

from dataclasses import dataclass
from typing import Literal

from server.domain.ids import PlayerId, Tenant, TournamentId
from server.domain.scoring.fact import Scored
from server.domain.tournament.events import PayoutStep
from server.domain.tournament.rules.rules import RuleFields

Decision = Literal["uphold", "dismiss"]
Correction = Literal["void", "adjust", "reset"]
RoundAction = Literal["start", "end"]


@dataclass(frozen=True, slots=True)
class PaymentUse:
    """The sale that a payment id has paid for already."""

    tournament_id: str
    player_id: str
    kind: str


@dataclass(frozen=True, slots=True)
class Create:
    """Bring a tournament into being."""

    tournament_id: TournamentId
    tenant: Tenant
    fields: RuleFields


@dataclass(frozen=True, slots=True)
class Update:
    """Change the given fields; which ones may change depends on the status."""

    fields: RuleFields


@dataclass(frozen=True, slots=True)
class Register:
    """Sell a first entry. `paid_minor` is what the casino says it took, None when it does not say. `used` is
    what the owner found out about the payment id; callers of sales leave it None."""

    user_id: str
    player_id: PlayerId
    display_name: str
    paid_minor: int | None = None
    payment_id: str | None = None
    tender: str = "cash"
    used: PaymentUse | None = None


@dataclass(frozen=True, slots=True)
class Rebuy:
    """Sell further entries to a player, all or nothing. `player` is any of the player's names."""

    player: str
    entries: int = 1
    paid_minor: int | None = None
    payment_id: str | None = None
    tender: str = "cash"
    used: PaymentUse | None = None


@dataclass(frozen=True, slots=True)
class BuyAddOn:
    """Sell a player the add-on once."""

    player: str
    paid_minor: int | None = None
    payment_id: str | None = None
    tender: str = "cash"
    used: PaymentUse | None = None


@dataclass(frozen=True, slots=True)
class Remove:
    """Take a player out: refunded before the start, forfeited during play; with `only_before_start` refused
    then."""

    player: str
    reason: str = ""
    only_before_start: bool = False


@dataclass(frozen=True, slots=True)
class Disqualify:
    """Take a player off the board for cause: no prize, no place freed during play. `by` is the maker of the
    key that asks, as in `Approve`."""

    player: str
    reason: str
    by: str = ""


@dataclass(frozen=True, slots=True)
class Correct:
    """Change a score by hand: `void` one fact, `adjust` by `points` (scaled), or `reset` to nothing.

    `history` is what was found in the journal up to position `history_seq` for a void: the counted facts of
    the player `player_no`, the voided one among them. The owner adds what came later. `by` as in `Disqualify`.
    """

    action: Correction
    reason: str
    player: str | None = None
    event_id: str | None = None
    points: int = 0
    history: tuple[Scored, ...] | None = None
    history_seq: int = 0
    player_no: int | None = None
    by: str = ""


@dataclass(frozen=True, slots=True)
class DecideReview:
    """Decide about review `number`. Upheld, what is not paid yet of a prize that was not deserved is given to
    those who move up, or kept, as the rules declare."""

    number: int
    decision: Decision
    reason: str
    by: str = ""


@dataclass(frozen=True, slots=True)
class Approve:
    """Make reviewed results final, so that payouts may start. `by` names the maker of the key, where two are
    needed: keys that one person made are one person."""

    by: str = ""


@dataclass(frozen=True, slots=True)
class Settle:
    """Say what became of payout lines. `strict` refuses the whole when a step is not possible; else that
    step is left out, because another was quicker."""

    steps: tuple[PayoutStep, ...]
    strict: bool = True


@dataclass(frozen=True, slots=True)
class Start:
    """Start by hand."""


@dataclass(frozen=True, slots=True)
class PaceRound:
    """What a game platform that paces the rounds says: round `round_no` ends now, or starts now. Saying again
    what is so already changes nothing."""

    action: RoundAction
    round_no: int


@dataclass(frozen=True, slots=True)
class Finish:
    """Finish by hand."""


@dataclass(frozen=True, slots=True)
class Cancel:
    """Cancel. `refund` False records the debts as waived; `notify` False suppresses player notices."""

    reason: str
    refund: bool = True
    notify: bool = True


@dataclass(frozen=True, slots=True)
class TakeBeacon:
    """A round of the public beacon has come: its `signature`, as hexadecimal text, was verified."""

    number: int
    signature: str


@dataclass(frozen=True, slots=True)
class Advance:
    """Do the one step that is due by the clock, if any."""


Sale = Register | Rebuy | BuyAddOn
PlayerAct = Remove | Disqualify | Correct | DecideReview
Step = Update | Start | PaceRound | Finish | Cancel | Approve | Settle | TakeBeacon | Advance
Command = Create | Sale | PlayerAct | Step
