"""Bodies of player requests."""

from typing import Annotated, ClassVar, Literal

from fastapi import Depends
from pydantic import Field

from api.http.body import Model
from api.http.query import ListQuery, Reads
from api.http.query_values import Whole
from api.http.value_types import Amount, Line
from config.door_limits import TOKEN_BYTES_MAX
from config.limits import PLAYERS_PAGE_DEFAULT, PLAYERS_PAGE_MAX, TRACE_PAGE_DEFAULT, TRACE_PAGE_MAX


class PaymentBody(Model):
    """What the casino's wallet did."""

    ALIASES: ClassVar[dict[str, tuple[str, ...]]] = {"amount": ("buyInAmount", "buy_in_amount")}
    payment_id: Line | None = None
    amount: Amount | None = None


class RegisterBody(Model):
    """A first entry. The amount must be the price: buy-in plus fee."""

    ALIASES: ClassVar[dict[str, tuple[str, ...]]] = {"buy_in_amount": ("amount",)}
    user_id: Line
    display_name: Line | None = None
    buy_in_amount: Amount | None = None
    payment_id: Line | None = None
    entry_payment_details: PaymentBody | None = None
    tender: Literal["cash", "bonus", "ticket"] = "cash"


class RebuyBody(Model):
    """Further entries, all or nothing. The amount must be their whole price."""

    ALIASES: ClassVar[dict[str, tuple[str, ...]]] = {
        "buy_in_amount": ("amount", "rebuyAmount", "rebuy_amount"),
        "additional_entries": ("entries",),
    }
    additional_entries: Annotated[int, Field(ge=1, le=1_000)] = 1
    buy_in_amount: Amount | None = None
    payment_id: Line | None = None
    entry_payment_details: PaymentBody | None = None
    tender: Literal["cash", "bonus", "ticket"] = "cash"


class AddOnSaleBody(Model):
    """One add-on. The amount must be its price."""

    ALIASES: ClassVar[dict[str, tuple[str, ...]]] = {"buy_in_amount": ("amount",)}
    buy_in_amount: Amount | None = None
    payment_id: Line | None = None
    entry_payment_details: PaymentBody | None = None
    tender: Literal["cash", "bonus", "ticket"] = "cash"


class DisqualifyBody(Model):
    """Why a player is taken off the board. It is told to the operator's systems, not to players."""

    reason: Line


class CorrectionBody(Model):
    """A change of a score by hand: void one fact by its event id, adjust by points, or reset to nothing."""

    ALIASES: ClassVar[dict[str, tuple[str, ...]]] = {"player": ("player_id", "playerId", "user_id", "userId")}
    action: Literal["void", "adjust", "reset"]
    reason: Line
    player: Line | None = None
    event_id: Line | None = None
    points: Amount | None = None


class ReviewBody(Model):
    """What a person decided about a review, and why."""

    decision: Literal["uphold", "dismiss"]
    reason: Line


class RemoveBody(Model):
    """Why a player is taken out."""

    reason: Line = "Removed by the operator"


class FreshTokenBody(Model):
    """What becomes of a player's other tokens: `revokeOthers` ends all that were made before."""

    revoke_others: bool = False


class TokenBody(Model):
    """A player token to check."""

    token: Annotated[str, Field(min_length=1, max_length=TOKEN_BYTES_MAX)]


class PlayersQuery(ListQuery):
    """A page of players."""

    limit: Annotated[int, Whole(1, PLAYERS_PAGE_MAX)] = PLAYERS_PAGE_DEFAULT


class TraceQuery(ListQuery):
    """A page of a trace."""

    limit: Annotated[int, Whole(1, TRACE_PAGE_MAX)] = TRACE_PAGE_DEFAULT


PlayersParams = Annotated[PlayersQuery, Depends(Reads(PlayersQuery))]
TraceParams = Annotated[TraceQuery, Depends(Reads(TraceQuery))]
