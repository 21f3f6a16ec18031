"""Who may read a tournament: the operator's key, the player's own token, everyone where it is public."""

from collections.abc import Awaitable, Callable
from typing import Annotated, NamedTuple

from fastapi import Depends, Request

from api.access.credentials import credential_of, is_key
from api.access.dependencies import authenticate, check
from api.access.rate_limits import count_player
from api.context.context import Context, of
from api.context.key_cache import Caller
from api.http.errors import ApiError, DoorCode, tournament_not_found
from api.tournaments.owner_client import find, find_known
from server.domain.ids import OperatorId, Tenant
from server.domain.tournament.summary import EntryRow, Summary

Find = Callable[[Context, Caller, str], Awaitable[Summary]]


class Viewer(NamedTuple):
    """A verified player of a tournament, when the token ends (seconds since 1970), and of which generation
    it is."""

    summary: Summary
    entry: EntryRow
    expires_at_s: int
    generation: int


async def player_of(ctx: Context, token: str) -> Viewer | None:
    """The player whom a token names; None when it is not valid, or names no player any more."""
    claims = ctx.tokens.verify(token, ctx.clock.now_ms())
    if claims is None:
        return None
    if claims.generation < await ctx.token_generations.generation(claims.internal_player_id):
        return None
    for live in (True, False):
        tenant = Tenant(OperatorId(claims.operator_id), live)
        summary = await ctx.listings.find(tenant, claims.tournament_id)
        entry = await ctx.listings.entry(tenant, claims.tournament_id, claims.internal_player_id)
        if summary is not None and entry is not None and entry.internal_player_id == claims.internal_player_id:
            return Viewer(summary, entry, claims.expires_at_s, claims.generation)
    return None


class Sight(NamedTuple):
    """A tournament, and who looks at it: a key's caller, a player of it, or a spectator. Who is no operator
    sees no casino's user id, and nothing that is the operator's own affair."""

    summary: Summary
    caller: Caller | None = None
    entry: EntryRow | None = None

    @property
    def is_operator(self) -> bool:
        """Whether the operator itself looks."""
        return self.caller is not None


async def reader(
    request: Request, ctx: Context, tournament_id: str, permission: str
) -> tuple[Summary, EntryRow | None]:
    """The tournament for a key with the permission, or for a player of it, who comes along; also for one who
    is out, since it concerns the player's own affairs."""
    text = credential_of(request.headers)
    if text is None or is_key(text):
        caller = check(await authenticate(request), permission)
        return await find(ctx, caller, tournament_id), None
    viewer = await _player(request, ctx, tournament_id, text)
    return viewer.summary, viewer.entry


async def sight(
    request: Request, ctx: Context, tournament_id: str, permission: str, look: Find = find
) -> Sight:
    """The tournament for a key with the permission, for a player who is in it, or, where it is public, for
    everyone. `look` finds that of a key."""
    text = credential_of(request.headers)
    if is_key(text):
        caller = check(await authenticate(request), permission)
        return Sight(await look(ctx, caller, tournament_id), caller)
    if text is not None:
        viewer = await _player(request, ctx, tournament_id, text)
        if viewer.entry.removed and not viewer.summary.rules.public:
            raise ApiError(DoorCode.UNAUTHORIZED, "This player is out: the token shows its own outcome alone")
        return Sight(viewer.summary, None, viewer.entry)
    public = await ctx.public_look.find(tournament_id)
    if public is None:
        raise ApiError(DoorCode.UNAUTHORIZED, "Invalid or missing API key")
    request.state.shown_of = public.tenant.operator_id
    return Sight(public)


async def _player(request: Request, ctx: Context, tournament_id: str, token: str) -> Viewer:
    viewer = await player_of(ctx, token)
    if viewer is None:
        raise ApiError(DoorCode.UNAUTHORIZED, "Invalid or expired player token")
    request.state.caller = f"player:{viewer.entry.internal_player_id}"
    request.state.shown_of = viewer.summary.tenant.operator_id
    await count_player(request, viewer.entry.internal_player_id)
    if viewer.summary.id != tournament_id:
        raise tournament_not_found(tournament_id)
    return viewer


class Sees:
    """Dependency: who may see a tournament, and the tournament. `look` finds that of a key."""

    def __init__(self, permission: str, look: Find = find) -> None:
        self._permission = permission
        self._look = look

    async def __call__(self, request: Request, tournament_id: str) -> Sight:
        return await sight(request, of(request), tournament_id, self._permission, self._look)


TournamentSight = Annotated[Sight, Depends(Sees("tournaments.read"))]
ResultsSight = Annotated[Sight, Depends(Sees("results.read"))]
BoardSight = Annotated[Sight, Depends(Sees("results.read", find_known))]
