"""Payouts that no wallet is asked for, while something is decided about them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from msgspec import UNSET

from api.context.context import Context
from api.context.key_cache import Caller
from api.http.error_body import Error
from api.http.errors import ApiError
from config.limits import PAYOUT_HOLD_MS
from server.domain.refusal import Code
from server.domain.tournament.money.payouts import PayoutState
from server.ports import StoreUnavailable


@asynccontextmanager
async def held(
    ctx: Context, caller: Caller, tournament_id: str, payout_id: str | None = None
) -> AsyncIterator[None]:
    """Workers leave the unpaid lines of a tournament alone, or one of them. Refused while a wallet is being
    asked: it may credit a line, whatever is decided meanwhile."""
    now_ms = ctx.clock.now_ms()
    until_ms = now_ms + PAYOUT_HOLD_MS
    if not await ctx.payouts.hold_payouts(caller.tenant, tournament_id, payout_id, now_ms, until_ms):
        fields = Error(tournament_id=tournament_id, state=PayoutState.PROCESSING.value)
        fields.payout_id = UNSET if payout_id is None else payout_id
        raise ApiError(Code.PAYOUT_CLOSED, "A wallet is being asked to pay right now; try again", fields)
    try:
        yield
    finally:
        with suppress(StoreUnavailable):  # then the hold ends by itself
            await ctx.payouts.release_payouts(caller.tenant, tournament_id, payout_id, until_ms)
