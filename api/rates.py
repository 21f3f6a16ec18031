"""How often a key may call which route, and the headers that say so."""

from fastapi import Request

from api.errors import ApiError, DoorCode
from api.keyring import Caller
from api.resources import of
from server.permissions import GAME_PLATFORM
from server.ports import Verdict, Window

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
COUNTS_ITSELF = {"create_tournaments_in_bulk"}
PER_MINUTE = {"create": 10, "registration": 200, "results": 500, "other": 100}
PLATFORM_PER_MINUTE = 5_000
PLATFORM_PER_10_S = 500


async def count(request: Request, caller: Caller, cost: int | None = None) -> None:
    """Count a request of a key, once; a route of COUNTS_ITSELF says its cost. Over the limit: 429, nothing
    counted, nothing done."""
    verdict = getattr(request.state, "rate", None)
    if cost is None and _name(request) in COUNTS_ITSELF:
        return
    if verdict is None or cost is not None:
        verdict = await of(request).limiter.hit(windows_of(request, caller), cost or 1)
        request.state.rate = verdict
    if not verdict.allowed:
        raise over_limit(verdict)


def over_limit(verdict: Verdict) -> ApiError:
    """Too many requests, and when the next one succeeds."""
    return ApiError(DoorCode.RATE_LIMITED, "Too many requests", {"retryAfter": retry_after_s(verdict)})


def windows_of(request: Request, caller: Caller) -> tuple[Window, ...]:
    """The windows that a request of this key falls into."""
    return windows_for(caller, KINDS.get(_name(request), "other"))


def windows_for(caller: Caller, kind: str = "other") -> tuple[Window, ...]:
    """Those of one kind of request."""
    key, factor = caller.key.key_id, caller.key.rate_factor
    if caller.key.role == GAME_PLATFORM:
        minute = Window(f"{key}:platform", PLATFORM_PER_MINUTE * factor, _MINUTE_MS)
        return minute, Window(f"{key}:platform-burst", PLATFORM_PER_10_S * factor, 10_000)
    return (Window(f"{key}:{kind}", PER_MINUTE[kind] * factor, _MINUTE_MS),)


def _name(request: Request) -> str:
    """The function of the route that serves a request."""
    return getattr(request.scope.get("route"), "name", "")


def retry_after_s(verdict: Verdict) -> int:
    """Whole seconds after which the first retry succeeds."""
    return -(-verdict.reset_ms // 1_000)


def headers_of(verdict: Verdict) -> list[tuple[bytes, bytes]]:
    """What every answer to a key carries; `Reset` is seconds from now."""
    told = {
        b"x-ratelimit-limit": verdict.limit,
        b"x-ratelimit-remaining": verdict.remaining,
        b"x-ratelimit-reset": retry_after_s(verdict),
    }
    return [(name, str(number).encode()) for name, number in told.items()]
