"""Who is calling, and what they may do."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from api.errors import ApiError, DoorCode
from api.resources import Resources, of
from config.limits import KEY_CACHE_S
from server import keys
from server.domain.ids import Tenant
from server.permissions import GAME_PLATFORM
from server.ports import ApiKey, Clock, Operator, Operators


@dataclass(frozen=True, slots=True)
class Caller:
    """An authenticated key and its operator."""

    key: ApiKey
    operator: Operator

    @property
    def tenant(self) -> Tenant:
        """Whose data this caller sees."""
        return self.key.tenant

    @property
    def name(self) -> str:
        """How the journal names this caller."""
        return f"key:{self.key.key_id}"


class KeyRing:
    """Looks keys up, remembering found ones for a few seconds: a revoked key dies that fast."""

    def __init__(self, operators: Operators, clock: Clock) -> None:
        self._operators = operators
        self._clock = clock
        self._known: dict[str, tuple[int, Caller]] = {}

    async def caller(self, text: str) -> Caller | None:
        """The caller of a whole key string, None when it opens nothing."""
        halves = keys.parse(text)
        if halves is None:
            return None
        key_id, secret = halves
        now_ms = self._clock.now_ms()
        known = self._known.get(key_id)
        if known is None or now_ms >= known[0]:
            known = await self._look_up(key_id, now_ms)
        found = None if known is None else known[1]
        opens = keys.matches(None if found is None else found.key, secret, now_ms)
        return found if opens else None

    async def _look_up(self, key_id: str, now_ms: int) -> tuple[int, Caller] | None:
        self._known.pop(key_id, None)
        key = await self._operators.key(key_id)
        operator = None if key is None else await self._operators.operator(key.tenant.operator_id)
        if key is None or operator is None:
            return None
        known = (now_ms + int(KEY_CACHE_S * 1_000), Caller(key, operator))
        self._known[key_id] = known
        return known


def credential(request: Request) -> str | None:
    """The key of a request: Bearer, `X-API-Key`, or `X-Internal-Api-Key`."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token:
        return token.strip()
    return request.headers.get("x-api-key") or request.headers.get("x-internal-api-key")


async def authenticate(request: Request) -> Caller:
    """The caller, or 401."""
    text = credential(request)
    caller = await of(request).keyring.caller(text) if text else None
    if caller is None:
        raise ApiError(DoorCode.UNAUTHORIZED, "Invalid or missing API key")
    request.state.caller = caller.name
    return caller


def check(caller: Caller, *any_of: str) -> Caller:
    """Refuse a caller who has none of the permissions."""
    if not set(any_of) & set(caller.key.permissions):
        extra = {"required": any_of[0], "provided": list(caller.key.permissions)}
        message = "API key lacks required permissions"
        raise ApiError(DoorCode.INSUFFICIENT_PERMISSIONS, message, extra)
    return caller


class Needs:
    """Dependency: an authenticated caller with one of the permissions. The route docs list them."""

    def __init__(self, *any_of: str) -> None:
        self.any_of = any_of

    async def __call__(self, request: Request) -> Caller:
        return check(await authenticate(request), *self.any_of)


class NeedsPlatform(Needs):
    """As `Needs`, for keys of the game platform's role only."""

    async def __call__(self, request: Request) -> Caller:
        caller = await super().__call__(request)
        if caller.key.role != GAME_PLATFORM:
            extra = {"required": GAME_PLATFORM, "provided": [caller.key.role]}
            raise ApiError(DoorCode.INSUFFICIENT_PERMISSIONS, "Only game platform keys may call this", extra)
        return caller


TournamentsRead = Annotated[Caller, Depends(Needs("tournaments.read"))]
TournamentsWrite = Annotated[Caller, Depends(Needs("tournaments.write"))]
TournamentsDelete = Annotated[Caller, Depends(Needs("tournaments.delete", "tournaments.write"))]
PlayersRead = Annotated[Caller, Depends(Needs("players.read"))]
PlayersWrite = Annotated[Caller, Depends(Needs("players.write"))]
ResultsRead = Annotated[Caller, Depends(Needs("results.read"))]
PlatformRead = Annotated[Caller, Depends(NeedsPlatform("tournaments.read"))]
PlatformPlayers = Annotated[Caller, Depends(NeedsPlatform("players.write"))]
PlatformScores = Annotated[Caller, Depends(NeedsPlatform("scores.write"))]
Home = Annotated[Resources, Depends(of)]
