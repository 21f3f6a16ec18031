"""Answers about what is owed, and about the wallet that is credited."""

from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from server.domain.tournament.lifecycle import ResultsStatus
from server.domain.tournament.money.payouts import PayoutState
from server.encoding.answer import Amount, Answer, Count, Instant, Pagination, Position


class Payout(Answer, kw_only=True):
    """One thing owed: `amount` of `currency`, or `quantity` of `code`. Under review (`waiting_review`) a line
    is not stored yet and has only what is certain."""

    payout_id: Annotated[str, Meta(description="Made from tournament, player and kind: pay it once")]
    tournament_id: str | UnsetType = UNSET
    kind: Annotated[str, Meta(description="`prize`, `refund` or what kind of item it is")]
    player_id: str
    user_id: str
    position: int | None
    state: PayoutState
    tender: str | UnsetType | None = UNSET
    reference: str | UnsetType | None = UNSET
    reason: str | UnsetType | None = UNSET
    attempts: Count | UnsetType = UNSET
    created_at: Instant | UnsetType = UNSET
    updated_at: Instant | UnsetType | None = UNSET
    amount: Amount | UnsetType = UNSET
    currency: str | UnsetType = UNSET
    code: str | UnsetType = UNSET
    quantity: Position | UnsetType = UNSET


class TournamentPayouts(Answer):
    """Prizes by place, then refunds."""

    tournament_id: str
    results_status: ResultsStatus
    payouts: list[Payout]
    pagination: Pagination


class PayoutList(Answer):
    """Lines of all tournaments, oldest first."""

    payouts: list[Payout]
    pagination: Pagination


class WalletAnswer(Answer):
    """Where credits go; null while lines wait to be acknowledged. `secret` is shown once, when it is made."""

    url: str | None
    secret: str | UnsetType | None = UNSET
