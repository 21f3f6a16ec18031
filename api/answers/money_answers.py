"""Answers about a tournament's money."""

from server.domain.tournament.money.pool import PoolKind, ShareUnit, Unclaimed
from server.domain.tournament.rules.rules import CancellationPolicy
from server.encoding.answer import Amount, Answer, Count, Instant, Percentage, Position


class FieldSize(Answer):
    """The distribution from this many players on."""

    min_players: int
    distribution: list[Percentage]


class PoolItem(Answer):
    """A prize that is not money; `place` is one (`"1"`) or a range (`"4-9"`)."""

    place: str
    kind: str
    code: str
    quantity: int


class PrizePoolRules(Answer):
    """What the pool is by the rules, and what is in it (`totalAmount`). `distribution` is in percent, or in
    weights where `unit` says so, best place first."""

    type: PoolKind
    total_amount: Amount
    currency: str
    distribution: list[Percentage]
    field_sizes: list[FieldSize]
    items: list[PoolItem]
    unit: ShareUnit
    guaranteed: Amount
    seed: Amount
    unclaimed: Unclaimed


class PoolTotal(Answer):
    """What there is to win."""

    total_amount: Amount
    currency: str


class PlacePrize(Answer):
    """What one place gets."""

    position: Position
    percentage: Percentage
    amount: Amount


class PrizePool(Answer):
    """The pool: `distribution` is what each paid place gets with a full field, `projected` what those on the
    board would get as it stands. `overlay` is what the operator adds to reach the guarantee."""

    tournament_id: str
    type: PoolKind
    currency: str
    total_amount: Amount
    collected: Amount
    fees: Amount
    overlay: Amount
    seed: Amount
    players: Count
    final: bool
    distribution: list[PlacePrize]
    projected: list[PlacePrize]


class RefundLine(Answer):
    """What one player would get back of one payment."""

    player_id: str
    user_id: str
    tender: str
    kind: str
    refund: Amount
    from_pool: Amount
    from_fee: Amount


class CancellationPreview(Answer):
    """What a cancellation would pay back if it came now."""

    tournament_id: str
    at: Instant
    cancellation_policy: CancellationPolicy
    currency: str
    players_refunded: Count
    refund_amount: Amount
    retained_from_pool: Amount
    lines: list[RefundLine]
