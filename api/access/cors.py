"""Which pages of other origins may read answers: those on the operator's list, and our own.

This is against pages that use us without being asked; what a token may see is decided by the token. A request
with a key is never answered to a page: keys have no place there. A preflight carries no credential, so it
says yes to every origin, and nothing is looked up for it.
"""

import re
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.access.credentials import credential_of, is_key
from api.context.context import Context

# What players and spectators may read, and renew.
_SHOWN = re.compile(
    r"/api/(?:public/(?:[^/]+/)?tournaments|tournaments/[^/]+"
    r"(?:/(?:status|leaderboard|prize-pool|results|rules|fairness|players/me|players/[^/]+/trace))?)\Z"
)
_MAX_AGE_S = 7_200
_EXPOSED = "ETag, Retry-After, X-Request-Id, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset"


def is_own(origin: str, host: str | None, public_url: str | None) -> bool:
    """Whether a page comes from this front end itself: from its public URL where that is set, since a page of
    any name that leads here would name it as its host."""
    if public_url is None:
        return host is not None and urlsplit(origin).netloc == host
    ours = urlsplit(public_url)
    return origin == f"{ours.scheme}://{ours.netloc}"


class Cors:
    """Pure ASGI. Routes say by `shown_of` whose tournament they have shown to a player or spectator."""

    def __init__(self, app: ASGIApp, ctx: Context) -> None:
        self._app = app
        self._ctx = ctx

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not _SHOWN.match(scope["path"]):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        origin = headers.get("origin")
        if scope["method"] == "OPTIONS" and origin is not None:
            await _preflight(origin, send)
            return
        if is_key(credential_of(headers)):
            await self._app(scope, receive, send)
            return

        async def tell(message: Message) -> None:
            if message["type"] == "http.response.start":
                answered = MutableHeaders(scope=message)
                answered.add_vary_header("Origin")
                if origin is not None and await self._may_read(scope, headers, origin):
                    answered["Access-Control-Allow-Origin"] = origin
                    answered["Access-Control-Expose-Headers"] = _EXPOSED
            await send(message)

        await self._app(scope, receive, tell)

    async def _may_read(self, scope: Scope, headers: Headers, origin: str) -> bool:
        if is_own(origin, headers.get("host"), self._ctx.public_url):
            return True
        operator_id = scope["state"].get("shown_of")
        operator = None if operator_id is None else await self._ctx.operator_look.find(operator_id)
        return operator is not None and origin in operator.origins


async def _preflight(origin: str, send: Send) -> None:
    headers = {
        "access-control-allow-origin": origin,
        "access-control-allow-methods": "GET, HEAD",
        "access-control-allow-headers": "Authorization, If-None-Match, X-Request-Id",
        "access-control-max-age": str(_MAX_AGE_S),
        "vary": "Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
    }
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": 204, "headers": raw})
    await send({"type": "http.response.body", "body": b""})
