"""The hottest read: a leaderboard that was asked for a moment ago, answered without a task or a framework.

A page of a board is kept as bytes for one tick, and forgotten as soon as anything is written through this
front end: who writes here reads here what was written. Everything that is not plainly a repetition by a known
key with room under its limits goes the long way, which also keeps the next page.
"""

import re
from typing import NamedTuple

import structlog

from actors.requests import ReadBoard
from api.access.rate_limits import windows_for
from api.access.request_log import GIVEN_ID, SECURITY
from api.context.boards.boards import Question
from api.context.boards.page_cache import Page, PageKey
from api.context.context import Context
from api.context.key_cache import Caller
from api.http.limit_headers import retry_after_s
from config.limits import AROUND_ROWS_MAX
from server.domain.ids import Tenant
from server.ports import Verdict, Window

_TARGET = re.compile(rb"/api/tournaments/([A-Za-z0-9_-]{1,64})/leaderboard(?:\?([^#]*))?\Z")
# With names that need no decoding, in the order in which they are documented.
_ABOUT = re.compile(rb"around=([A-Za-z0-9_.-]{1,64})(?:&above=(\d{1,2}))?(?:&below=(\d{1,2}))?\Z")
_ANY = ReadBoard(0, 0)  # of a page that is kept its query says what it is of
_PERMISSION = "results.read"
_ROUTE = "/api/tournaments/{tournament_id}/leaderboard"
_TELL_EVERY_MS = 10_000
_CAUTION = b"".join(b"%b: %b\r\n" % line for line in SECURITY)
_LIMITS = b"x-ratelimit-limit: %d\r\nx-ratelimit-remaining: %d\r\nx-ratelimit-reset: %d\r\n"
_WHOLE = b"HTTP/1.1 200 OK\r\n%bcontent-type: application/json\r\netag: %b\r\ncontent-length: %d\r\n"
_SAME = b"HTTP/1.1 304 Not Modified\r\n%bcontent-type: application/json\r\netag: %b\r\n"
log = structlog.get_logger("api")


class Found(NamedTuple):
    """A kept page for a caller who may read it, once counted under `windows`."""

    page: Page
    windows: tuple[Window, ...]
    same: bool
    request_id: bytes


class QuickBoards:
    """Knows which requests can be answered from kept pages, and the bytes of the answers."""

    def __init__(self, ctx: Context) -> None:
        self.ctx = ctx
        self._answered = 0
        self._told_at_ms = 0

    def find(self, method: bytes, target: bytes, headers: list[tuple[bytes, bytes]]) -> Found | None:
        """The page that a GET asks for; None when the long way must answer."""
        found = _TARGET.match(target) if method == b"GET" else None
        if found is None:
            return None
        given = dict(reversed(headers))  # of a name that comes twice the first one counts, as everywhere
        caller = self._caller(given)
        if caller is None:
            return None
        page = self._page(caller.tenant, found[1].decode(), found[2] or b"")
        if page is None:
            return None
        request_id = given.get(b"x-request-id", b"")
        if not GIVEN_ID.match(request_id):
            request_id = b"req_" + self.ctx.ids.command_id().encode()
        same = given.get(b"if-none-match") == page.tag
        return Found(page, windows_for(caller, "results"), same, request_id)

    def _page(self, tenant: Tenant, tournament_id: str, query: bytes) -> Page | None:
        about, want = _ABOUT.match(query), _ANY
        if about is not None:
            above, below = (AROUND_ROWS_MAX if text is None else int(text) for text in about.group(2, 3))
            want = ReadBoard(0, 0, about[1].decode(), above, below)
            if max(above, below) > AROUND_ROWS_MAX:
                return None
        return self.ctx.boards.known(Question(PageKey(tenant, tournament_id, query), want))

    def _caller(self, given: dict[bytes, bytes]) -> Caller | None:
        scheme, _, text = given.get(b"authorization", b"").partition(b" ")
        if scheme.lower() != b"bearer":
            return None
        caller = self.ctx.key_cache.known(text.strip().decode("latin-1"))
        # A key for certain addresses goes the long way, which looks behind proxies.
        may = caller is not None and _PERMISSION in caller.key.permissions and not caller.key.allowed_ips
        return caller if may else None

    def answer(self, found: Found, verdict: Verdict, more: bytes) -> bytes:
        """The whole answer on the wire: the page, or 304 when the caller has it. `more` are header lines."""
        self._count()
        self.ctx.metrics.request("GET", _ROUTE, 304 if found.same else 200)
        page = found.page
        limits = _LIMITS % (verdict.limit, verdict.remaining, retry_after_s(verdict))
        head = _SAME % (_CAUTION, page.tag) if found.same else _WHOLE % (_CAUTION, page.tag, len(page.body))
        body = b"" if found.same else page.body
        return b"%b%b%bx-request-id: %b\r\n\r\n%b" % (head, limits, more, found.request_id, body)

    def _count(self) -> None:
        """One line for many: a line each would cost as much as the answer."""
        self._answered += 1
        now_ms = self.ctx.clock.monotonic_ms()
        if now_ms - self._told_at_ms >= _TELL_EVERY_MS:
            log.info("boards_read", pages=self._answered)
            self._answered, self._told_at_ms = 0, now_ms
