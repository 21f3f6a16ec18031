"""Bodies about money that is owed."""

from typing import Annotated, ClassVar, Literal

from fastapi import Depends
from pydantic import BeforeValidator

from api.http.body import Model
from api.http.query import Reads
from api.http.query_values import SomeOf
from api.http.value_types import Line, web_address
from api.rest.leaderboards.requests import BoardPageQuery
from server.domain.tournament.money.payouts import MOVES


class AckBody(Model):
    """What became of a payout line. `reference` is the wallet's own name of the credit."""

    ALIASES: ClassVar[dict[str, tuple[str, ...]]] = {"status": ("outcome",)}
    status: Literal["paid", "failed", "not_eligible", "void", "retry"]
    reference: Line | None = None
    reason: Line | None = None


class WalletBody(Model):
    """Where the wallet takes credits."""

    url: Annotated[Line, BeforeValidator(web_address)]


class PayoutsQuery(BoardPageQuery):
    """`state`: several with commas."""

    state: Annotated[tuple[str, ...], SomeOf(*MOVES)] = ()


PayoutsParams = Annotated[PayoutsQuery, Depends(Reads(PayoutsQuery))]
