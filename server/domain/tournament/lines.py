"""Lines that events carry: money and things that go to players, and steps of their payouts."""

from dataclasses import dataclass


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
class Award:
    """What a player gets because a review took it from another: money, or `quantity` of `code`."""

    player_no: int
    kind: str
    amount_minor: int = 0
    position: int | None = None
    code: str | None = None
    quantity: int = 0


@dataclass(frozen=True, slots=True)
class PayoutStep:
    """A payout line becomes `state`: paid under the wallet's `reference`, or not, for a `reason`."""

    payout_id: str
    state: str
    reference: str | None = None
    reason: str | None = None
    next_try_ms: int | None = None
    tried: bool = False
    """Whether a wallet was asked; so tries are counted that succeed, too."""
