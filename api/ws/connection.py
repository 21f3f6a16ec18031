"""One client: a bounded queue of ready frames, a sender, a reader. Slow clients get a snapshot instead."""

import asyncio
from collections import deque
from contextlib import suppress

import msgspec
from fastapi import WebSocket, WebSocketDisconnect

from actors.messages import ReadBoard, ReadPlaces
from actors.replies import BoardAnswer, Done, Place
from api import views_people
from api.resources import Resources
from api.ws import protocol
from api.ws.hub import Channel
from api.ws.protocol import Close
from config import limits
from server import codec
from server.broadcast.history import Frame
from server.domain.tournament.summary import EntryRow, Summary
from server.wire import dump, instant


class Connection:
    """Runs until either side closes. Implements `hub.Watcher`."""

    def __init__(
        self,
        socket: WebSocket,
        home: Resources,
        channel: Channel,
        summary: Summary,
        entry: EntryRow | None,
    ) -> None:
        self._socket = socket
        self._home = home
        self._channel = channel
        self._summary = summary
        self._entry = entry
        self._queue: deque[bytes] = deque()
        self._wake = asyncio.Event()
        self._stale = asyncio.Event()
        self._needs_snapshot = False
        self._greeted = False
        self._place: Place | None = None
        self._close: Close | None = None
        self.expires_at_s: int | None = None

    # What the channel calls

    def offer(self, frame: Frame) -> None:
        if not self._greeted:
            return
        if len(self._queue) >= limits.SOCKET_QUEUE_FRAMES_MAX:
            self.resync()
        if not self._needs_snapshot:
            self._queue.append(frame.data)
            self._wake.set()

    def resync(self) -> None:
        """Merge everything that waits into one snapshot, made when it can be sent."""
        if not self._greeted:
            return
        self._queue.clear()
        self._needs_snapshot = True
        self._wake.set()

    def changed(self) -> None:
        self._stale.set()

    # What the route calls

    async def run(self, resume: tuple[int, int] | None) -> None:
        """Greet, catch up, then send and listen. An owner that cannot be reached: come back later."""
        try:
            async with asyncio.timeout(limits.CALL_DEADLINE_S):
                await self._channel.ready.wait()
        except TimeoutError:
            await self._say_goodbye()
            return
        self._greet(resume)
        work = [self._send_all(), self._read_all(), self._expire()]
        if self._entry is not None:
            work.append(self._send_me())
        tasks = [asyncio.create_task(part) for part in work]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._say_goodbye()

    def _greet(self, resume: tuple[int, int] | None) -> None:
        """Welcome, then what was missed or the whole board; what comes later is offered in order."""
        position = (self._channel.epoch, self._channel.seq)
        now_ms = self._home.clock.now_ms()
        self._queue.append(protocol.welcome(self._summary, self._entry, now_ms, position))
        missed = None if resume is None else self._channel.missed(*resume)
        if missed is None:
            self._queue.append(self._channel.snapshot)
        self._queue.extend(frame.data for frame in missed or ())
        self._greeted = True
        self._wake.set()
        self._stale.set()

    async def _say_goodbye(self) -> None:
        with suppress(RuntimeError, WebSocketDisconnect, OSError):
            await self._socket.close(self._close or Close.RECONNECT)

    async def _send_all(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._queue or self._needs_snapshot:
                await self._send(self._next())
            if self._channel.over:
                self._close = Close.TOURNAMENT_OVER
                return

    def _next(self) -> bytes:
        if self._queue:
            return self._queue.popleft()
        self._needs_snapshot = False
        return self._channel.snapshot

    async def _send(self, data: bytes) -> None:
        try:
            async with asyncio.timeout(limits.SOCKET_STUCK_AFTER_S):
                await self._socket.send_text(data.decode())
        except TimeoutError:
            self._close = Close.TOO_MANY
            raise

    async def _read_all(self) -> None:
        """Answer messages; too large, too many or malformed ones close the socket."""
        window_ms, count = 0, 0
        while True:
            text = await self._socket.receive_text()
            now_ms = self._home.clock.now_ms()
            if now_ms - window_ms >= 1_000:
                window_ms, count = now_ms, 0
            count += 1
            if count > limits.SOCKET_MESSAGES_PER_S:
                self._close = Close.TOO_MANY
                return
            if len(text.encode()) > limits.SOCKET_MESSAGE_BYTES_MAX or not await self._answer(text):
                self._close = Close.BAD_FRAME
                return

    async def _answer(self, text: str) -> bool:
        try:
            message = protocol.CLIENT_MESSAGE.decode(text)
        except (msgspec.DecodeError, UnicodeError):
            return False
        match message.type:
            case "ping":
                self._push(dump({"type": "pong", "serverTime": self._now()}))
            case "auth":
                self._renew(message.token or "")
            case "around" if self._entry is not None:
                await self._send_around(message)
            case _:
                self._push(protocol.error("unknown_message", f"Nothing to do for {message.type!r}"))
        return True

    def _now(self) -> str:
        return instant(self._home.clock.now_ms())

    def _push(self, data: bytes) -> None:
        self._queue.append(data)
        self._wake.set()

    def _renew(self, token: str) -> None:
        """A fresh token of the same player moves the moment of expiry."""
        claims = self._home.tokens.verify(token, self._home.clock.now_ms())
        mine = self._entry is not None and claims is not None
        if mine and claims.internal_player_id == self._entry.internal_player_id:  # type: ignore[union-attr]
            self.expires_at_s = claims.expires_at_s  # type: ignore[union-attr]
            self._push(dump({"type": "auth", "renewed": True}))
        else:
            self._push(protocol.error("unauthorized", "This token is not valid here"))

    async def _expire(self) -> None:
        """Close when the token has run out and was not renewed."""
        while self.expires_at_s is None or self._home.clock.now_ms() < self.expires_at_s * 1_000:
            await self._home.clock.sleep(1.0)
        self._close = Close.LOG_IN_AGAIN

    async def _send_me(self) -> None:
        """The private frame: on change, at most once a second."""
        assert self._entry is not None
        while True:
            await self._stale.wait()
            self._stale.clear()
            message = ReadPlaces((self._entry.player_no,))
            reply = await self._home.directory.ask(self._summary.id, message)
            places = codec.decode(reply.value, list[Place]) if isinstance(reply, Done) else []
            if places and places[0] != self._place:
                now_ms = self._home.clock.now_ms()
                self._push(protocol.me(places[0], self._place, self._summary, now_ms))
                self._place = places[0]
            await self._home.clock.sleep(limits.ME_FRAME_EVERY_S)

    async def _send_around(self, wish: protocol.ClientMessage) -> None:
        assert self._entry is not None
        above = min(max(wish.above, 0), limits.AROUND_ROWS_MAX)
        below = min(max(wish.below, 0), limits.AROUND_ROWS_MAX)
        want = ReadBoard(0, 0, self._entry.internal_player_id, above, below)
        reply = await self._home.directory.ask(self._summary.id, want)
        if not isinstance(reply, Done):
            self._push(protocol.error("service_unavailable", "The board cannot be read right now"))
            return
        board = codec.decode(reply.value, BoardAnswer)
        rows = [views_people.public_row(row) for row in board.rows]
        self._push(dump({"type": "around", "total": board.total, "rows": rows}))
