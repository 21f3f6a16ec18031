"""The hottest read, in front of the framework: a leaderboard that was asked for a moment ago.

A page of a board is kept as bytes for one tick, and forgotten as soon as anything is written through this
front end: who writes here reads here what was written. Everything that is not plainly a repetition by a known
key with room under its limits goes the long way, which also keeps the next page.
"""

import re

from starlette.types import ASGIApp, Receive, Scope, Send

from api.keyring import Caller
from api.pages import Page, PageKey
from api.rates import board_windows
from api.resources import Resources
from server.keys import allows
from server.ports import StoreUnavailable

_PATH = re.compile(r"/api/tournaments/([^/]+)/leaderboard\Z")
_PERMISSION = "results.read"


class FastBoards:
    """ASGI: answers repeated reads of a board, hands everything else on."""

    def __init__(self, app: ASGIApp, home: Resources) -> None:
        self._app = app
        self._home = home

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "GET" and scope["path"].endswith("/leaderboard"):
            page = await self._page_or_none(scope)
            if page is not None:
                await _answer(page, _header(scope, b"if-none-match"), send)
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
        verdict = await self._home.limiter.hit(board_windows(caller))
        scope["state"]["rate"] = verdict
        scope["state"]["caller"] = caller.name
        return page if verdict.allowed else None

    async def _caller(self, scope: Scope) -> Caller | None:
        scheme, _, text = _header(scope, b"authorization").partition(b" ")
        if scheme.lower() != b"bearer":
            return None
        caller = await self._home.keyring.caller(text.strip().decode("latin-1"))
        address = scope["client"][0] if scope.get("client") else None
        may = caller is not None and _PERMISSION in caller.key.permissions and allows(caller.key, address)
        return caller if may else None


def _header(scope: Scope, name: bytes) -> bytes:
    for key, value in scope["headers"]:
        if key == name:
            return bytes(value)
    return b""


async def _answer(page: Page, known: bytes, send: Send) -> None:
    """The page, or 304 when the caller has it."""
    same = known == page.tag
    headers = [(b"content-type", b"application/json"), (b"etag", page.tag)]
    body = b"" if same else page.body
    if not same:
        headers.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": 304 if same else 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
