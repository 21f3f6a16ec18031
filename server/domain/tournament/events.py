"""What happened. Past tense; everything money or rank depends on later is stored, not recomputed."""

from dataclasses import dataclass

from server.domain.ids import PlayerId, Tenant, TournamentId
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
class RefundLine:
    """Money that goes back to one player in one tender: from the pool and from the house's fee."""

    player_no: int
    tender: str
    pool_minor: int
    fee_minor: int

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
class Started:
    """Play began."""


@dataclass(frozen=True, slots=True)
class Completed:
    """Play is over; results are provisional. `cause` is end_time, by_hand or last_player."""

    cause: str


@dataclass(frozen=True, slots=True)
class PrizeLine:
    """One prize."""

    player_no: int
    position: int
    rank: int
    amount_minor: int


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


@dataclass(frozen=True, slots=True)
class Cancelled:
    """Called off. With `waived` the lines say what the operator chose not to pay back."""

    reason: str
    waived: bool
    notify: bool
    refunds: tuple[RefundLine, ...]


Event = (
    Created
    | Updated
    | RegistrationOpened
    | Registered
    | Rebought
    | Removed
    | Started
    | Completed
    | ResultsFinalised
    | Cancelled
)
