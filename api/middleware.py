"""Round every request: an id, one log line, and no internal text in any answer."""

import re
import time
from typing import Any

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.rates import headers_of
from server.chance import SystemIds

log = structlog.get_logger("api")
_GIVEN_ID = re.compile(r"[A-Za-z0-9._-]{1,128}\Z")
_SECURITY = ((b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"no-referrer"))


class RequestLog:
    """Pure ASGI: adds `X-Request-Id`, writes one line when the answer is out."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._ids = SystemIds()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = self._request_id(scope)
        scope.setdefault("state", {})["request_id"] = request_id
        seen: dict[str, Any] = {"status": 500}

        async def tell(message: Message) -> None:
            if message["type"] == "http.response.start":
                seen["status"] = message["status"]
                message["headers"] = [
                    *message.get("headers", ()),
                    (b"x-request-id", request_id.encode()),
                    *_SECURITY,
                ]
                verdict = scope["state"].get("rate")
                if verdict is not None:
                    message["headers"] += headers_of(verdict)
            await send(message)

        started = time.perf_counter()
        try:
            await self._app(scope, receive, tell)
        finally:
            self._write(scope, request_id, seen["status"], time.perf_counter() - started)

    def _request_id(self, scope: Scope) -> str:
        given = dict(scope["headers"]).get(b"x-request-id", b"").decode("latin-1")
        return given if _GIVEN_ID.match(given) else f"req_{self._ids.command_id()}"

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
