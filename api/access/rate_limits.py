"""How often a key may call which route, and the headers that say so."""

from functools import lru_cache

from fastapi import Request

from api.context.context import of
from api.context.key_cache import Caller
from api.http.limit_headers import over_limit
from config.door_limits import (
    PLATFORM_PER_10_S,
    PLATFORM_PER_MINUTE,
    PLAYER_PER_MINUTE,
    REQUESTS_PER_MINUTE,
    TENANT_FACTOR,
    WINDOWS_KEPT_MAX,
)
from server.access.permissions import GAME_PLATFORM
from server.domain.ids import Tenant
from server.ports import Window

_MINUTE_MS = 60_000
# Route function -> kind; every other route is `other`.
KINDS = {
    "create_tournament": "create",
    "create_tournaments_in_bulk": "create",
    "register_player": "registration",
    "get_leaderboard": "results",
    "get_results": "results",
    "get_prize_pool": "results",
    "get_trace": "results",
    "list_payouts": "results",
}


async def count(request: Request, caller: Caller, cost: int | None = None) -> None:
    """Count a request of a key, once; a route that does the work of several counts the others itself, as
    `cost`. Over the limit: 429, nothing counted, nothing done."""
    verdict = getattr(request.state, "rate", None)
    if verdict is None or cost is not None:
        verdict = await of(request).limiter.hit(windows_of(request, caller), cost or 1)
        request.state.rate = verdict
    if not verdict.allowed:
        raise over_limit(verdict)


def windows_of(request: Request, caller: Caller) -> tuple[Window, ...]:
    """The windows that a request of this key falls into."""
    return windows_for(caller, KINDS.get(_name(request), "other"))


def windows_for(caller: Caller, kind: str = "other") -> tuple[Window, ...]:
    """Those of one kind of request."""
    key = caller.key
    return _windows(key.key_id, key.role == GAME_PLATFORM, key.rate_factor, key.tenant, kind)


@lru_cache(WINDOWS_KEPT_MAX)
def _windows(key: str, is_platform: bool, factor: int, tenant: Tenant, kind: str) -> tuple[Window, ...]:
    if is_platform:
        minute = Window(f"{key}:platform", PLATFORM_PER_MINUTE * factor, _MINUTE_MS)
        burst = Window(f"{key}:platform-burst", PLATFORM_PER_10_S * factor, 10_000)
        return minute, burst, _of_tenant(tenant, "platform", minute.limit)
    own = Window(f"{key}:{kind}", REQUESTS_PER_MINUTE[kind] * factor, _MINUTE_MS)
    return own, _of_tenant(tenant, kind, own.limit)


def _of_tenant(tenant: Tenant, kind: str, limit: int) -> Window:
    """All keys of an operator together: more keys are not more than so many times one."""
    name = f"{tenant.operator_id}:{'live' if tenant.live else 'test'}:{kind}"
    return Window(name, TENANT_FACTOR * limit, _MINUTE_MS)


async def count_player(request: Request, internal_player_id: str) -> None:
    """Count a request with a player's token."""
    kind = "trace" if _name(request) == "get_trace" else "reads"
    windows = (Window(f"{internal_player_id}:{kind}", PLAYER_PER_MINUTE[kind], _MINUTE_MS),)
    verdict = await of(request).limiter.hit(windows)
    request.state.rate = verdict
    if not verdict.allowed:
        raise over_limit(verdict)


def _name(request: Request) -> str:
    """The function of the route that serves a request."""
    return getattr(request.scope.get("route"), "name", "")
