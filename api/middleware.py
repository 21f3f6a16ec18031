"""Round every request: an id, one log line, and no internal text in any answer."""

import re
import time
from typing import Any

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.rates import headers_of
from server.chance import SystemIds
from server.ports import IdSource, Verdict

log = structlog.get_logger("api")
GIVEN_ID = re.compile(rb"[A-Za-z0-9._-]{1,128}\Z")
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


class RequestLog:
    """Pure ASGI: adds `X-Request-Id`, writes one line when the answer is out."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._ids = SystemIds()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = request_id_of(scope, self._ids)
        scope.setdefault("state", {})["request_id"] = request_id
        seen: dict[str, Any] = {"status": 500}

        async def tell(message: Message) -> None:
            if message["type"] == "http.response.start":
                seen["status"] = message["status"]
                message["headers"] = [
                    *message.get("headers", ()),
                    *headers_of_every_answer(request_id, scope["state"].get("rate")),
                ]
            await send(message)

        started = time.perf_counter()
        try:
            await self._app(scope, receive, tell)
        finally:
            self._write(scope, request_id, seen["status"], time.perf_counter() - started)

    @staticmethod
    def _write(scope: Scope, request_id: str, status: int, seconds: float) -> None:
        state = scope.get("state", {})
        facts = {
            "request_id": request_id,
            "method": scope["method"],
            "path": scope["path"],
            "status": status,
            "ms": round(seconds * 1_000, 1),
        }
        for name in ("error", "caller"):
            if name in state:
                facts[name] = state[name]
        log.info("request", **facts)
