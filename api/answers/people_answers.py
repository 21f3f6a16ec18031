"""Answers about players, their entries and the rows of boards."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from api.answers.money_answers import PoolTotal
from server.encoding.answer import Amount, Answer, Count, Instant, Points, Position, Rank

PlayerStatus = Literal[
    "registered", "active", "eliminated", "finished", "removed", "disqualified", "cancelled"
]


class Sale(Answer):
    """One payment of a player: an entry, rebuys or an add-on."""

    kind: str
    entries: Count
    buy_in: Amount
    fee: Amount
    tender: str
    payment_id: str | None
    sold_at: Instant


class Player(Answer):
    """One player of a tournament. `totalPaid` is buy-ins and fees of all `sales`."""

    player_id: str
    internal_player_id: str
    user_id: str
    display_name: str
    status: PlayerStatus
    entries: Count
    total_paid: Amount
    currency: str
    registered_at: Instant
    rules_version: Position
    eliminated_in_round: int | None
    sales: list[Sale]


class PlayerAfterSale(Player):
    """A player after a rebuy or an add-on, and what there is to win now."""

    tournament_id: str
    prize_pool: PoolTotal


class RemovedPlayer(Answer):
    """A player who was taken out, and what goes back."""

    tournament_id: str
    player_id: str
    status: Literal["removed"]
    refund_amount: Amount
    currency: str
    user_id: str | UnsetType = UNSET


class BoardPlace(Answer, kw_only=True):
    """Where a player stands. `userId` is told to the operator alone."""

    position: Position
    rank: Rank
    player_id: str
    display_name: str
    points: Points
    user_id: str | UnsetType = UNSET


class BoardRow(BoardPlace):
    """A row of a board. `entries` and `eliminatedInRound` are of a board in play."""

    entries: Count | UnsetType = UNSET
    eliminated_in_round: int | UnsetType | None = UNSET


class PrizeItem(Answer):
    """A prize that is not money."""

    kind: str
    code: str
    quantity: Annotated[int, Meta(ge=1)]


class ResultLine(BoardPlace):
    """One line of the results."""

    prize: Amount
    items: list[PrizeItem]
    currency: str
