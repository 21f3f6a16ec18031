"""`WS /ws/tournaments/{id}`: one client, straight on its transport.

Frames to thousands of clients are the product's hottest path, so nothing stands between a ready-made frame
and the kernel: no task, no queue and no framework a socket. What comes in is read by the `websockets` library.
A client that reads too slowly is left alone until its buffer drains, then catches up: memory never grows.
"""

import asyncio
import logging
from typing import Any

import structlog
from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import State
from websockets.server import ServerProtocol

from actors.replies import Place
from api.context.context import Context
from api.ws import messages
from api.ws.admission import Rejected, Viewer, admit, handshake_of
from api.ws.channel import Channel, Position, position_of
from api.ws.conversation import Conversation
from api.ws.message_limits import Patience
from api.ws.messages import Close
from api.ws.packing import Packed, SharedDeflate, as_it_is, joined, packed
from api.ws.writer import Line
from config import limits
from server.ports import StoreUnavailable

log = structlog.get_logger("api")

PATH = b"/ws/tournaments/"
_QUIET = logging.getLogger("api.sockets")
_QUIET.setLevel(logging.WARNING)  # not a line for every client that comes or goes
_PING = as_it_is(Frame(Opcode.PING, b"").serialize(mask=False))
_EXTENSIONS = [SharedDeflate()]


class PlayerSocket(Line):
    """A client from its handshake to its end. Implements `channel.Watcher` and `hub.Attended`."""

    __slots__ = (
        "_address", "_channel", "_closing_at_ms", "_counted", "_ctx", "_early",
        "_heard_at_ms", "_open_ones", "_parts", "_patience", "_paused_at", "_paused_at_ms", "_pinged", "_task",
        "_wire", "at", "conversation", "key_text", "place", "player_no",
    )  # fmt: skip

    def __init__(self, ctx: Context, open_ones: set[Any]) -> None:
        super().__init__()
        self._ctx = ctx
        self._open_ones = open_ones
        self._wire = ServerProtocol(
            extensions=_EXTENSIONS, max_size=limits.SOCKET_MESSAGE_BYTES_MAX, logger=_QUIET
        )
        self._channel: Channel | None = None
        self.conversation: Conversation | None = None
        self._task: asyncio.Task[None] | None = None
        self._early: asyncio.Queue[bytes] | None = asyncio.Queue(limits.SOCKET_MESSAGES_PER_S)
        self._parts: list[bytes] = []
        self._heard_at_ms = ctx.clock.monotonic_ms()
        self._closing_at_ms = self._paused_at_ms = 0
        self._patience = Patience()
        self._address: str | None = None
        self._counted = self._pinged = False
        self._paused_at: Position | None = None
        self.at: Position | None = None
        self.place: Place | None = None
        self.player_no: int | None = None
        self.key_text: str | None = None

    # What the transport calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._open_ones.add(self)
        self._ctx.hub.attend(self)

    def data_received(self, data: bytes) -> None:
        self._heard_at_ms, self._pinged = self._ctx.clock.monotonic_ms(), False
        for slice_ in self._patience.slices(data):
            if self._closing_at_ms and not self._patience.waits_for_goodbye():
                self._transport.abort()
            if self._transport.is_closing():
                return
            self._wire.receive_data(slice_)
            for event in self._wire.events_received():
                if isinstance(event, Request):
                    self._shake_hands(event)
                elif isinstance(event, Frame) and not self._closing_at_ms:
                    self._take(event)
            self._flush()

    def eof_received(self) -> None:
        self._wire.receive_eof()
        self._flush()

    def pause_writing(self) -> None:
        self._paused_at_ms = self._ctx.clock.monotonic_ms()
        self._paused_at, self.at = self.at, None

    def resume_writing(self) -> None:
        self._paused_at_ms = 0
        self.at = self._paused_at
        self.catch_up()
        if self._channel is not None:
            self._channel.moved.set()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._open_ones.discard(self)
        self._ctx.hub.release(self)
        if self._counted:
            self._ctx.socket_limits.leave(self._address)
        if self._task is not None:
            self._task.cancel()
        self.at = self._paused_at = None
        if self._channel is not None:
            if self.conversation is not None:
                self.conversation.end()
            self._ctx.hub.leave(self._channel, self)
            self._channel = None

    def shutdown(self) -> None:
        """The server stops: come back to another front end."""
        self._say(packed(messages.maintenance(self._ctx.clock.now_ms())))
        self.close(Close.RECONNECT)

    # What the channel and the hub call

    def shut_out(self) -> None:
        self.close(Close.LOG_IN_AGAIN)

    def catch_up(self) -> None:
        channel, at = self._channel, self.at
        if channel is None or at is None:
            return
        if at is not channel.at:
            self.at = channel.at
            self.write(channel.behind(at))
        if channel.over and self.player_no is None:
            self.close(Close.TOURNAMENT_OVER)

    def end(self) -> None:
        self.catch_up()
        self.close(Close.TOURNAMENT_OVER)

    def tell(self, frame: Packed) -> bool:
        if self.at is None:
            return False
        self.write(frame)
        return True

    def part(self, frame: Packed) -> None:
        self._say(frame)
        self.close(Close.FORBIDDEN)

    def drop(self) -> None:
        self.at = self._paused_at = None
        self._transport.abort()

    def look_after(self, now_ms: int) -> None:
        silent_ms = now_ms - self._heard_at_ms
        if self._closing_at_ms:
            if now_ms - self._closing_at_ms > limits.SOCKET_CLOSE_MS:
                self._transport.abort()
        elif self.conversation is not None and self.conversation.is_expired(self._ctx.clock.now_ms()):
            self.close(Close.LOG_IN_AGAIN)
        elif self._paused_at_ms and now_ms - self._paused_at_ms > limits.SOCKET_STUCK_AFTER_MS:
            self._ctx.metrics.slow_readers += 1
            self.close(Close.TOO_MANY)
            self._transport.abort()
        elif silent_ms > 2 * limits.SOCKET_PING_MS:
            self._transport.abort()
        elif silent_ms > limits.SOCKET_PING_MS and not self._pinged:
            self._pinged = True
            self._say(_PING)

    # From the handshake to the first frames

    def _shake_hands(self, request: Request) -> None:
        response = self._wire.accept(request)
        self._wire.send_response(response)
        self._deflates = bool(self._wire.extensions)
        self._flush()
        if response.status_code == 101:
            self._task = asyncio.get_running_loop().create_task(self._welcome(request))
        else:
            self._transport.close()

    async def _welcome(self, request: Request) -> None:
        """Let in and greet, or say why not; only an open socket can."""
        assert self._early is not None, "a client is welcomed once"
        handshake = handshake_of(request, self._transport, self._ctx.client_addresses, self._early.get)
        self._address = handshake.address
        self._counted = self._ctx.socket_limits.enter(handshake.address)
        try:
            if not self._counted:
                raise Rejected(Close.TOO_MANY)
            viewer = await admit(self._ctx, handshake)
            await self._enter(viewer, handshake.query.get("resume", ""))
        except Rejected as rejected:
            self.close(rejected.code)
        except (StoreUnavailable, TimeoutError):
            self.close(Close.RECONNECT)
        except Exception:
            log.exception("socket_failed")
            self.close(Close.RECONNECT)
        finally:
            self._task = None

    async def _enter(self, viewer: Viewer, resume: str) -> None:
        """Welcome, then what was missed or the whole board; what comes later follows in order."""
        channel = self._channel = self._ctx.hub.join(viewer.summary, self)
        async with asyncio.timeout(limits.CALL_DEADLINE_S):
            await channel.ready.wait()
        seen = position_of(resume)
        await channel.reach(seen)
        now_ms = self._ctx.clock.now_ms()
        self.conversation = Conversation(self._ctx, channel, viewer, self._say)
        missed = channel.behind(seen, exact=True)
        welcome = packed(messages.welcome(viewer.summary, viewer.entry, now_ms, channel.at))
        room = packed(messages.room(viewer.summary.id, channel.status, channel.connections))
        self._say(joined([welcome, missed, room]))
        self._stand(channel.at)
        self.key_text = viewer.key_text
        if viewer.entry is not None:
            self.player_no = viewer.entry.player_no
            channel.moved.set()
        early, self._early = self._early, None
        while early and not early.empty():
            self._hear(early.get_nowait())
        if channel.over and self.player_no is None:
            self.close(Close.TOURNAMENT_OVER)

    def _stand(self, at: Position) -> None:
        """From here on the channel writes what follows; at once, unless the greeting was too much already."""
        if self._closing_at_ms or self._transport.is_closing():
            return
        if self._paused_at_ms:
            self._paused_at = at
        else:
            self.at = at

    # Messages

    def _take(self, frame: Frame) -> None:
        """A frame of a client: only text is a message, in one piece or in several."""
        if not self._patience.may_say(self._heard_at_ms):
            self._too_many()
        elif frame.opcode is Opcode.BINARY:
            self.close(Close.BAD_FRAME)
        elif frame.opcode in (Opcode.TEXT, Opcode.CONT):
            self._parts.append(bytes(frame.data))
            if frame.fin:
                text = b"".join(self._parts)
                self._parts = []
                self._hear(text)

    def _too_many(self) -> None:
        """Players in a room are warned for as many messages again; then the socket closes."""
        if self._patience.is_over() or self.conversation is None or not self.conversation.flooded():
            self.close(Close.TOO_MANY)
            self._transport.abort()

    def _hear(self, text: bytes) -> None:
        if self.conversation is not None:
            if not self.conversation.hear(text):
                self.close(Close.BAD_FRAME)
        elif self._early is None or self._early.full():
            self.close(Close.TOO_MANY)
        else:
            self._early.put_nowait(text)  # its credential, or heard once it is let in

    # Bytes out

    def close(self, code: Close) -> None:
        """Say why, and wait a moment for the client to agree."""
        if self._wire.state is not State.OPEN:
            return
        self._closing_at_ms = self._ctx.clock.monotonic_ms()
        self.at = self._paused_at = None
        self._wire.send_close(code, code.name.lower())
        self._flush()

    def _say(self, data: Packed) -> None:
        if not self._closing_at_ms and not self._transport.is_closing():
            self.send(data)

    def _flush(self) -> None:
        """What the library wants to be sent: answers to pings, closes."""
        data = b"".join(self._wire.data_to_send())
        if self._transport.is_closing():
            return
        self._transport.write(data)
        if self._wire.close_rcvd is not None or self._wire.parser_exc is not None:
            self.at = self._paused_at = None
            self._transport.close()
        if self._wire.close_expected():
            self._closing_at_ms = self._closing_at_ms or self._ctx.clock.monotonic_ms()
