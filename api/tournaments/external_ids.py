"""An external id names one tournament of an operator: a backend that asks twice gets one tournament, or is
told which one it has."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from api.context.context import Context
from api.context.key_cache import Caller
from api.http.error_body import Error
from api.http.errors import ApiError
from server.domain.refusal import Code


@asynccontextmanager
async def external_id(
    ctx: Context, caller: Caller, wanted: str | None, tournament_id: str
) -> AsyncIterator[None]:
    """Around what gives a tournament its external id; what is refused gives it back."""
    if wanted is None or caller.operator.external_id_twins:
        yield
        return
    now_ms = ctx.clock.now_ms()
    owner = await ctx.listings.claim_external_id(caller.tenant, wanted, tournament_id, now_ms)
    if owner != tournament_id:
        message = f"Another tournament has the external id {wanted}"
        raise ApiError(Code.EXTERNAL_ID_TAKEN, message, Error(external_id=wanted, tournament_id=owner or None))
    try:
        yield
    except ApiError as error:
        if error.status < 500:
            await ctx.listings.release_external_id(caller.tenant, wanted, tournament_id)
        raise
