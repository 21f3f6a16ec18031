"""The fast lane: hot routes that the HTTP protocol answers itself, without an ASGI app between.

What it takes is plain: a hot path, a key that was good lately, nothing that middleware looks at. Everything
else goes the long way, through FastAPI. Both ways use the same functions for authentication, limits,
idempotency, errors, headers, metrics and log lines. `PITBOSS_FAST_LANE=false` closes it.
"""

import time
from typing import Any, NamedTuple

from fastapi import FastAPI, Request
from fastapi.responses import Response
from starlette.datastructures import Headers

from api.access.credentials import credential_of, is_key
from api.access.request_log import headers_of_every_answer, origin_of, request_id_of, write_request
from api.context.context import Context
from api.fast.hot_routes import HotRoute, hot_routes
from api.fast.leaderboard import QuickBoards
from api.http.error_answer import answer_error
from config.door_limits import LANE_BODY_BYTES_MAX
from config.origin import within
from server.runtime import tracing
from server.runtime.randomness import SystemIds

HOT = frozenset(
    {
        "report_facts",
        "get_leaderboard",
        "get_tournament_status",
        "get_tournament_progress",
        "register_player",
        "sell_rebuy",
        "create_player_token",
    }
)
# Other origins, and bodies that wait to be asked for or do not say how long they are.
_UNUSUAL = frozenset({b"origin", b"expect", b"transfer-encoding"})


class Entered(NamedTuple):
    """A request in the lane."""

    hot: HotRoute
    request: Request


class FastLane:
    """Knows which requests it takes, and answers them."""

    def __init__(self, app: FastAPI, ctx: Context) -> None:
        self._app = app
        self._ctx = ctx
        self._ids = SystemIds()
        self.boards = QuickBoards(ctx)
        self._routes: dict[bytes, list[HotRoute]] = {}
        for one in hot_routes(app, HOT):
            self._routes.setdefault(one.method.encode(), []).append(one)

    def enter(self, method: bytes, url: bytes, scope: Any) -> Entered | None:
        """The request of a scope as uvicorn begins it; None when it goes the long way."""
        routes = self._routes.get(method)
        if routes is None or b"%00" in url or b"#" in url:
            return None
        path, _, query = url.partition(b"?")
        for hot in routes:
            found = hot.pattern.match(path)
            if found is not None:
                names = dict(zip(hot.names, map(bytes.decode, found.groups()), strict=True))
                return self._entered(hot, names, path, query, scope)
        return None

    def _entered(
        self, hot: HotRoute, names: dict[str, str], path: bytes, query: bytes, scope: Any
    ) -> Entered | None:
        length = b"0"
        for name, value in scope["headers"]:
            if name in _UNUSUAL:
                return None
            if name == b"content-length":
                length = value
        if not _is_short(length, has_body=hot.method == "POST"):
            return None
        text = credential_of(Headers(scope=scope))
        if not is_key(text) or not self._ctx.key_cache.was_good(str(text)):
            return None
        scope |= {
            "method": hot.method,
            "path": path.decode(),
            "raw_path": path,
            "query_string": query,
            "path_params": names,
            "app": self._app,
            "route": hot.route,
        }
        return Entered(hot, Request(scope))

    async def answer(self, entered: Entered, body: bytes) -> Response:
        """The whole answer, with the headers of every answer; counted and logged."""
        hot, request = entered
        began = time.perf_counter()
        scope, state = request.scope, request.scope["state"]
        request_id = state["request_id"] = request_id_of(scope, self._ids)
        request._body = body  # where Starlette keeps a body that was read
        with within(origin_of(scope, request_id)), tracing.span(hot.method, "server") as span:
            try:
                response = await hot.answer(request)
            except Exception as error:
                response = await answer_error(request, error)
            response.raw_headers += headers_of_every_answer(request_id, state.get("rate"))
            seconds = time.perf_counter() - began
            write_request(self._ctx, scope, hot.path, response.status_code, seconds, span)
        return response


def _is_short(length: bytes, *, has_body: bool) -> bool:
    """A body is held before its caller is known: so much for each connection, and none where none belongs."""
    return length.isdigit() and len(length) < 9 and int(length) <= (LANE_BODY_BYTES_MAX if has_body else 0)
