"""Round every request: an id, one log line, and no internal text in any answer."""

import re
import time
from contextlib import nullcontext
from typing import Any

import structlog
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.access.credentials import credential_of
from api.context.context import Context
from api.http.error_answer import answer_error
from api.http.errors import ApiError
from api.http.json_response import Json
from api.http.limit_headers import headers_of
from api.http.path_segments import segments
from api.http.route_templates import RouteTemplates
from config.origin import Origin, current, within
from server.ports import IdSource, Verdict
from server.runtime import tracing
from server.runtime.randomness import SystemIds

log = structlog.get_logger("api")
GIVEN_ID = re.compile(rb"[A-Za-z0-9._-]{1,128}\Z")
# Supervisors of this process ask at any time.
_ALWAYS = {"/healthz", "/readyz", "/metrics"}
SECURITY = ((b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"no-referrer"))


def request_id_of(scope: Scope, ids: IdSource) -> str:
    """The caller's id of a request, or a fresh one."""
    for name, value in scope["headers"]:
        if name == b"x-request-id" and GIVEN_ID.match(value):
            return str(value.decode())
    return f"req_{ids.command_id()}"


def headers_of_every_answer(request_id: str, verdict: Verdict | None) -> list[tuple[bytes, bytes]]:
    """The id, two lines of caution, and to a key how often it may ask."""
    limits = [] if verdict is None else headers_of(verdict)
    return [(b"x-request-id", request_id.encode()), *SECURITY, *limits]


def _limits_of(state: dict[str, Any]) -> Verdict | None:
    """The limits of who was let in, else those of the address."""
    found: Verdict | None = state.get("rate") or (None if "caller" in state else state.get("stranger"))
    return found


class RequestLog:
    """Pure ASGI, outermost: says who calls from where, turns away what no route may see, adds `X-Request-Id`,
    and writes one line when the answer is out."""

    def __init__(self, app: ASGIApp, ctx: Context) -> None:
        self._app = app
        self._ids = SystemIds()
        self._ctx = ctx
        self._templates: RouteTemplates | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = request_id_of(scope, self._ids)
        scope.setdefault("state", {})["request_id"] = request_id
        seen: dict[str, Any] = {"status": 500}

        async def tell(message: Message) -> None:
            if message["type"] == "http.response.start":
                seen["begun"] = True
                seen["status"] = message["status"]
                message["headers"] = [
                    *message.get("headers", ()),
                    *headers_of_every_answer(request_id, _limits_of(scope["state"])),
                ]
            await send(message)

        started = time.perf_counter()
        with within(origin_of(scope, request_id)), tracing.span(scope["method"], "server") as span:
            try:
                await self._serve(scope, receive, tell)
            except Exception as error:
                if "begun" in seen:  # the half of an answer cannot be mended
                    raise
                await (await answer_error(Request(scope), error))(scope, receive, tell)
            finally:
                self._write(scope, seen["status"], time.perf_counter() - started, span)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        state, connection = scope["state"], HTTPConnection(scope)
        address = self._ctx.client_addresses.caller(connection)
        state["address"] = address
        try:
            segments(scope)
            stranger = scope["path"] not in _ALWAYS and not self._is_known(connection.headers)
            verdict = self._ctx.stranger_limits.count(address) if stranger and "rate" not in state else None
        except ApiError as error:
            state["error"], state["rate"] = error.code, error.verdict
            await Json(error.body(state["request_id"]), error.status, error.headers())(scope, receive, send)
            return
        state["stranger"] = verdict
        async with self._ctx.stranger_limits.turn() if stranger else nullcontext():
            await self._app(scope, receive, send)
        if verdict is not None and "caller" in state:
            self._ctx.stranger_limits.welcome(address)

    def _is_known(self, headers: Headers) -> bool:
        text = credential_of(headers)
        return text is not None and self._ctx.key_cache.was_good(text)

    def _write(self, scope: Scope, status: int, seconds: float, span: Any) -> None:
        self._templates = self._templates or RouteTemplates(scope["app"])
        write_request(self._ctx, scope, self._templates.of(scope), status, seconds, span)


def origin_of(scope: Scope, request_id: str) -> Origin:
    """What log lines and calls say of where they come from."""
    given = Headers(scope=scope).get(tracing.HEADER) if tracing.is_on() else None
    return Origin(request_id, tracing.admitted(given))


def write_request(
    ctx: Context, scope: Scope, route: str, status: int, seconds: float, span: Any = None
) -> None:
    """Count an answered request, say in its span what it was, and write its line."""
    if span is not None:
        span.update_name(f"{scope['method']} {route}")
        span.set_attributes({"http.route": route, "http.response.status_code": status})
    ctx.metrics.request(scope["method"], route, status, seconds)
    state = scope["state"]
    facts = {
        **current().fields(),
        "method": scope["method"],
        "path": scope["path"],
        "status": status,
        "ms": round(seconds * 1_000, 1),
    }
    for name in ("error", "caller"):
        if name in state:
            facts[name] = state[name]
    log.info("request", **facts)
