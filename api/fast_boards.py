"""The hottest read, in front of the framework: a leaderboard that was asked for a moment ago.

A page of a board is kept as bytes for one tick, and forgotten as soon as anything is written through this
front end: who writes here reads here what was written. Everything that is not plainly a repetition by a known
key with room under its limits goes the long way, which also keeps the next page.
"""

import re

import structlog
from starlette.types import ASGIApp, Receive, Scope, Send

from api.keyring import Caller
from api.middleware import headers_of_every_answer, request_id_of
from api.pages import Page, PageKey
from api.rates import windows_for
from api.resources import Resources
from server.keys import allows
from server.ports import StoreUnavailable

_PATH = re.compile(r"/api/tournaments/([^/]+)/leaderboard\Z")
_PERMISSION = "results.read"
_TELL_EVERY_MS = 10_000
log = structlog.get_logger("api")


class FastBoards:
    """ASGI, in front of the app: answers repeated reads of a board, hands everything else on."""

    def __init__(self, app: ASGIApp, home: Resources) -> None:
        self._app = app
        self._home = home
        self._answered = 0
        self._told_at_ms = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "GET" and scope["path"].endswith("/leaderboard"):
            scope.setdefault("state", {})
            page = await self._page_or_none(scope)
            if page is not None:
                self._count()
                await self._answer(scope, page, send)
                return
        await self._app(scope, receive, send)

    async def _page_or_none(self, scope: Scope) -> Page | None:
        try:
            return await self._page(scope)
        except StoreUnavailable:
            return None  # the long way tells it

    async def _page(self, scope: Scope) -> Page | None:
        """The kept page, counted under the caller's limit; None when the long way must answer."""
        found = _PATH.match(scope["path"])
        caller = None if found is None else await self._caller(scope)
        if found is None or caller is None:
            return None
        page = self._home.pages.find(PageKey(caller.tenant, found[1], scope["query_string"]))
        if page is None:
            return None
        verdict = await self._home.limiter.hit(windows_for(caller, "results"))
        scope["state"]["rate"] = verdict
        return page if verdict.allowed else None

    async def _caller(self, scope: Scope) -> Caller | None:
        scheme, _, text = _header(scope, b"authorization").partition(b" ")
        if scheme.lower() != b"bearer":
            return None
        caller = await self._home.keyring.caller(text.strip().decode("latin-1"))
        address = scope["client"][0] if scope.get("client") else None
        may = caller is not None and _PERMISSION in caller.key.permissions and allows(caller.key, address)
        return caller if may else None

    async def _answer(self, scope: Scope, page: Page, send: Send) -> None:
        """The page, or 304 when the caller has it."""
        same = _header(scope, b"if-none-match") == page.tag
        request_id = request_id_of(scope, self._home.ids)
        headers = headers_of_every_answer(request_id, scope["state"]["rate"])
        headers += [(b"content-type", b"application/json"), (b"etag", page.tag)]
        if not same:
            headers.append((b"content-length", str(len(page.body)).encode()))
        await send({"type": "http.response.start", "status": 304 if same else 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if same else page.body})

    def _count(self) -> None:
        """One line for many: a line each would cost as much as the answer."""
        self._answered += 1
        now_ms = self._home.clock.now_ms()
        if now_ms - self._told_at_ms >= _TELL_EVERY_MS:
            log.info("boards_read", pages=self._answered)
            self._answered, self._told_at_ms = 0, now_ms


def _header(scope: Scope, name: bytes) -> bytes:
    for key, value in scope["headers"]:
        if key == name:
            return bytes(value)
    return b""
