"""Who is calling, and what they may do."""

from typing import Annotated

from fastapi import Depends, Request
from starlette.requests import HTTPConnection

from api.access.credentials import credential_of
from api.access.rate_limits import count
from api.context.context import Context, of
from api.context.key_cache import Caller
from api.http.error_body import Error
from api.http.errors import ApiError, DoorCode
from server.access.keys import allows
from server.access.permissions import GAME_PLATFORM


async def authenticate(request: Request) -> Caller:
    """The caller, counted under its limits: once a request, however many ask."""
    caller: Caller | None = getattr(request.state, "key_caller", None)
    if caller is None:
        caller = await who(of(request), request)
        await count(request, caller)
        request.state.key_caller = caller
    return caller


def check(caller: Caller, *any_of: str) -> Caller:
    """Refuse a caller who has none of the permissions."""
    if not set(any_of) & set(caller.key.permissions):
        fields = Error(required=any_of[0], provided=list(caller.key.permissions))
        message = "API key lacks required permissions"
        raise ApiError(DoorCode.INSUFFICIENT_PERMISSIONS, message, fields)
    return caller


def check_platform(caller: Caller) -> Caller:
    """Refuse a caller who is not a game platform."""
    if caller.key.role != GAME_PLATFORM:
        fields = Error(required=GAME_PLATFORM, provided=[caller.key.role])
        raise ApiError(DoorCode.INSUFFICIENT_PERMISSIONS, "Only game platform keys may call this", fields)
    return caller


async def who(ctx: Context, connection: HTTPConnection) -> Caller:
    """Whose key a request or socket carries, or 401; 403 from an address that the key may not be used from."""
    text = credential_of(connection.headers)
    caller = await ctx.key_cache.caller(text) if text else None
    if caller is None:
        raise ApiError(DoorCode.UNAUTHORIZED, "Invalid or missing API key")
    connection.state.caller = caller.name
    if caller.key.allowed_ips and not allows(caller.key, ctx.client_addresses.caller(connection)):
        raise ApiError(DoorCode.IP_NOT_ALLOWED, "This key may not be used from this address")
    return caller


class Needs:
    """Dependency: an authenticated caller with one of the permissions. The route docs list them."""

    def __init__(self, *any_of: str) -> None:
        self.any_of = any_of

    async def __call__(self, request: Request) -> Caller:
        return self.check(await authenticate(request))

    def check(self, caller: Caller) -> Caller:
        """Refuse a caller who may not."""
        return check(caller, *self.any_of)


class NeedsPlatform(Needs):
    """As `Needs`, for keys of the game platform's role only."""

    def check(self, caller: Caller) -> Caller:
        """Refuse a caller who may not."""
        return check_platform(super().check(caller))


async def _context(request: Request) -> Context:
    """FastAPI calls what is not `async` in a thread: 0.2 ms a request."""
    return of(request)


TournamentsRead = Annotated[Caller, Depends(Needs("tournaments.read"))]
TournamentsWrite = Annotated[Caller, Depends(Needs("tournaments.write"))]
TournamentsDelete = Annotated[Caller, Depends(Needs("tournaments.delete", "tournaments.write"))]
PlayersRead = Annotated[Caller, Depends(Needs("players.read"))]
PlayersWrite = Annotated[Caller, Depends(Needs("players.write"))]
ResultsRead = Annotated[Caller, Depends(Needs("results.read"))]
TemplatesWrite = Annotated[Caller, Depends(Needs("templates.write"))]
AuditRead = Annotated[Caller, Depends(Needs("audit.read"))]
WebhooksWrite = Annotated[Caller, Depends(Needs("webhooks.write"))]
KeysAdmin = Annotated[Caller, Depends(Needs("keys.admin"))]
PayoutsRead = Annotated[Caller, Depends(Needs("payouts.read"))]
PayoutsApprove = Annotated[Caller, Depends(Needs("payouts.approve"))]
# A game platform takes back what it reported; the casino needs the permission that moves money.
Corrections = Annotated[Caller, Depends(Needs("scores.write", "payouts.approve"))]
PlatformRead = Annotated[Caller, Depends(NeedsPlatform("tournaments.read"))]
PlatformPlayers = Annotated[Caller, Depends(NeedsPlatform("players.write"))]
PlatformScores = Annotated[Caller, Depends(NeedsPlatform("scores.write"))]
Ctx = Annotated[Context, Depends(_context)]
