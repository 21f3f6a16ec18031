"""uvicorn's HTTP/1.1, with the hottest paths taken in the protocol itself: the repeated read of a board, the
routes of the fast lane, and the sockets of players."""

import asyncio
from functools import partial
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from api.access.request_bounds import Head, TooMuch, refusal
from api.context.context import Context
from api.fast.lane import Entered, FastLane
from api.fast.leaderboard import Found, QuickBoards
from api.ws.player_socket import PATH, PlayerSocket
from config.door_limits import HEADERS_MAX, URL_BYTES_MAX
from server.ports import Verdict


class _Turn:
    """Stands where uvicorn keeps its cycle, while an answer is made: pipelined requests wait behind it."""

    def __init__(self, entered: Entered | None = None) -> None:
        self.entered = entered
        self.response_complete = False
        self.disconnected = False
        self.keep_alive = True
        self.more_body = True
        self.body = bytearray()
        self.message_event = asyncio.Event()


class ClosedQuietly:
    """A transport that drops what is written after its end, as the one of asyncio does. That of uvloop raises,
    and uvicorn writes there when a pipelining client leaves: two long traces in the log for each."""

    __slots__ = ("_write", "inner", "is_closing")

    def __init__(self, transport: Any) -> None:
        self.inner = transport
        self.is_closing = transport.is_closing
        self._write = transport.write

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def write(self, data: bytes) -> None:
        if not self.is_closing():
            self._write(data)


class QuickProtocol(HttpToolsProtocol):
    """A request that `QuickBoards` knows is answered in one write; every other goes uvicorn's way."""

    # Not in the dictionary of the instance: with more than 29 names there, Python allocates a table of names
    # for each connection (1.3 KiB) instead of one for the class.
    __slots__ = ("_ctx", "_head", "_lane", "_now_ms")

    key_text: str | None = None
    conversation = None

    def __init__(self, *args: Any, ctx: Context, lane: FastLane | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._ctx, self._lane = ctx, lane
        self._now_ms = ctx.clock.monotonic_ms
        self._head = Head(self._now_ms())

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self.transport = ClosedQuietly(transport)  # type: ignore[assignment]
        peer = transport.get_extra_info("peername")
        address = peer[0] if isinstance(peer, tuple) else None
        self._ctx.hub.attend(self)
        if self._ctx.client_addresses.speaks_for_others(address):
            return
        if self._ctx.connection_limits.enter(address):
            self._head.counted = address
        else:
            self._turn_away(429)

    def connection_lost(self, exc: Exception | None) -> None:
        self._let_go()
        super().connection_lost(exc)

    def _let_go(self) -> None:
        """This connection is no HTTP any more."""
        self._ctx.hub.release(self)
        if self._head.counted is not None:
            self._ctx.connection_limits.leave(self._head.counted)
            self._head.counted = None

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        super().data_received(data)
        try:
            self._head.took(len(data))
        except TooMuch as error:
            self._turn_away(error.status)

    def look_after(self, now_ms: int) -> None:
        """Once a second: who begins a request must end it."""
        if self._head.is_late(now_ms):
            self._turn_away(408)

    def shut_out(self) -> None:
        """No credential lasts longer than a request here."""

    def _turn_away(self, status: int) -> None:
        if not self.transport.is_closing():
            self.transport.write(refusal(status))
            self.transport.close()

    def send_400_response(self, msg: str) -> None:
        """What uvicorn calls for what its parser, or one of the callbacks here, does not take."""
        self._turn_away(self._head.refused)

    def on_message_begin(self) -> None:
        self._head.begins(self._now_ms())
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        if len(self.url) > URL_BYTES_MAX:
            self._refuse(414)

    def on_header(self, name: bytes, value: bytes) -> None:
        # Checked at each header: one read may hold tens of thousands, and the parser goes through all of them.
        super().on_header(name, value)
        if len(self.headers) > HEADERS_MAX:
            self._refuse(431)

    def _refuse(self, status: int) -> None:
        self._head.refused = status
        raise TooMuch(status)

    def on_body(self, body: bytes) -> None:
        if not isinstance(self.cycle, _Turn):
            super().on_body(body)
        elif self.cycle.entered is not None:  # a page that is kept needs none
            self.cycle.body += body  # `FastLane.enter` bounds it

    def on_message_complete(self) -> None:
        self._head.is_over()
        turn: Any = self.cycle
        if self._lane is not None and isinstance(turn, _Turn) and turn.entered is not None:
            entered, turn.entered = turn.entered, None
            task = self.loop.create_task(self._answer(self._lane, turn, entered))
            task.add_done_callback(self.tasks.discard)
            self.tasks.add(task)
        else:
            super().on_message_complete()

    def handle_websocket_upgrade(self) -> None:
        """Players' sockets go straight on the transport; other sockets uvicorn's way."""
        self._head.is_over()
        self._let_go()
        if not self.url.startswith(PATH):
            super().handle_websocket_upgrade()
            return
        self.connections.discard(self)
        socket = PlayerSocket(self._ctx, self.connections)
        transport: Any = self.transport
        socket.connection_made(transport.inner)
        lines = b"".join(b"%b: %b\r\n" % line for line in self.headers)
        socket.data_received(b"%b %b HTTP/1.1\r\n%b\r\n" % (self.parser.get_method(), self.url, lines))
        self.transport.set_protocol(socket)
        # The parser and this protocol refer to each other: without this, both wait for garbage collection.
        del self.parser

    def on_headers_complete(self) -> None:
        self._head.is_complete(self._now_ms())
        if self._lane is None or not self._is_plain() or not self._is_taken(self._lane):
            super().on_headers_complete()

    def _is_taken(self, lane: FastLane) -> bool:
        """Whether this request is answered here: by a page that is kept, or by the lane."""
        method = self.parser.get_method()
        found = lane.boards.find(method, self.url, self.headers)
        if found is not None:
            self._count_page(lane.boards, found)
            return True
        entered = lane.enter(method, self.url, self.scope)
        if entered is not None:
            self.cycle = _Turn(entered)  # type: ignore[assignment]
        return entered is not None

    def _count_page(self, boards: QuickBoards, found: Found) -> None:
        turn: Any = _Turn()
        self.cycle = turn
        verdict = self._ctx.limiter.hit(found.windows)
        decided = partial(self._decided, boards, turn, found, self.scope, self.url)
        if verdict.done():
            decided(verdict)
        else:
            verdict.add_done_callback(decided)

    def _is_plain(self) -> bool:
        """A request of its own, alone on a connection that takes what is written."""
        busy = self.cycle is not None and not self.cycle.response_complete
        plain = self.parser.get_http_version() == "1.1" and self.parser.should_keep_alive()
        return plain and not (busy or self.parser.should_upgrade() or self.flow.write_paused)

    async def _answer(self, lane: FastLane, turn: Any, entered: Entered) -> None:
        body, turn.body = bytes(turn.body), bytearray()  # a connection that rests keeps nothing of it
        try:
            response = await lane.answer(entered, body)
        except BaseException:
            self.transport.close()  # it gets no answer: as uvicorn ends what its app leaves without one
            raise
        if turn.disconnected or self.transport.is_closing():
            return
        lines = [STATUS_LINE[response.status_code]]
        for name, value in (*self.server_state.default_headers, *response.raw_headers):
            lines += (name, b": ", value, b"\r\n")
        lines.append(b"\r\n" if turn.keep_alive else b"connection: close\r\n\r\n")
        lines.append(bytes(response.body))
        self.transport.write(b"".join(lines))
        self._is_answered(turn)

    def _is_answered(self, turn: Any) -> None:
        turn.response_complete = True
        if not turn.keep_alive:
            self.transport.close()
        self.on_response_complete()

    def _decided(
        self,
        boards: QuickBoards,
        turn: Any,
        found: Found,
        scope: Any,
        url: bytes,
        verdict: asyncio.Future[Verdict],
    ) -> None:
        if turn.disconnected or self.transport.is_closing() or verdict.cancelled():
            return
        if verdict.exception() is not None or not verdict.result().allowed:
            self._the_long_way(turn, scope, url, verdict)
            return
        lines = [b"%b: %b\r\n" % line for line in self.server_state.default_headers]
        if not turn.keep_alive:
            lines.append(b"connection: close\r\n")
        self.transport.write(boards.answer(found, verdict.result(), b"".join(lines)))
        self._is_answered(turn)

    def _the_long_way(self, turn: Any, scope: Any, url: bytes, verdict: asyncio.Future[Verdict]) -> None:
        """Over the limit: the app says so. It is counted already, so the verdict goes along."""
        if verdict.exception() is None:
            scope["state"]["rate"] = verdict.result()
        raw_path, _, query = url.partition(b"?")
        scope |= {"method": "GET", "path": raw_path.decode(), "raw_path": raw_path, "query_string": query}
        cycle = RequestResponseCycle(
            scope=scope,
            transport=self.transport,
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=self.access_log,
            default_headers=self.server_state.default_headers,
            message_event=asyncio.Event(),
            expect_100_continue=False,
            keep_alive=turn.keep_alive,
            on_response=self.on_response_complete,
        )
        cycle.more_body = False
        if self.cycle is turn:
            self.cycle = cycle
        self._start_asgi_task(cycle, self.app)
