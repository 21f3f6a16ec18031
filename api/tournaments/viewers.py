"""Who may read what concerns players: the operator's key, or the player's own token."""

from typing import NamedTuple

from fastapi import Request

from api.access.credentials import credential_of
from api.access.dependencies import authenticate, check
from api.access.rate_limits import count_player
from api.context.context import Context
from api.http.errors import ApiError, DoorCode, tournament_not_found
from api.tournaments.owner_client import find
from server.domain.ids import OperatorId, Tenant
from server.domain.tournament.summary import EntryRow, Summary


class Viewer(NamedTuple):
    """A verified player of a tournament, and when the token ends (seconds since 1970)."""

    summary: Summary
    entry: EntryRow
    expires_at_s: int


async def player_of(ctx: Context, token: str) -> Viewer | None:
    """The player whom a token names; None when it is not valid, or names no player any more."""
    claims = ctx.tokens.verify(token, ctx.clock.now_ms())
    if claims is None:
        return None
    for live in (True, False):
        tenant = Tenant(OperatorId(claims.operator_id), live)
        summary = await ctx.listings.find(tenant, claims.tournament_id)
        entry = await ctx.listings.entry(tenant, claims.tournament_id, claims.internal_player_id)
        if summary is not None and entry is not None and entry.internal_player_id == claims.internal_player_id:
            return Viewer(summary, entry, claims.expires_at_s)
    return None


async def reader(
    request: Request, ctx: Context, tournament_id: str, permission: str
) -> tuple[Summary, EntryRow | None]:
    """The tournament for a key with the permission, or for a player of it, who comes along."""
    text = credential_of(request.headers)
    if text is None or text.startswith("pk_"):
        caller = check(await authenticate(request), permission)
        return await find(ctx, caller, tournament_id), None
    viewer = await player_of(ctx, text)
    if viewer is None or viewer.entry.removed:
        raise ApiError(DoorCode.UNAUTHORIZED, "Invalid or expired player token")
    request.state.caller = f"player:{viewer.entry.internal_player_id}"
    await count_player(request, viewer.entry.internal_player_id)
    if viewer.summary.id != tournament_id:
        raise tournament_not_found(tournament_id)
    return viewer.summary, viewer.entry
