"""A player's client and its wire, without a network: what was sent can be held back, cut or lost."""

from typing import Any

import msgspec
from websockets.client import ClientProtocol
from websockets.extensions.permessage_deflate import PerMessageDeflate
from websockets.frames import Frame, Opcode
from websockets.protocol import State
from websockets.uri import parse_uri

from api.context.context import Context
from api.ws.player_socket import PlayerSocket
from config.limits import SOCKET_WINDOW_BITS
from server.broadcast.frames import ServerFrame

_HELLO = (
    "GET /ws/tournaments/{path} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: {version}\r\n{more}\r\n"
)
# Every frame of every test is held against what is published.
FRAMES = msgspec.json.Decoder(ServerFrame)
# As browsers ask.
DEFLATE = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"
# What the kernel takes before the transport asks for a pause.
HIGH_BYTES = 16 * 1024


def texts(data: bytes, *, deflates: bool = False, whole: bool = True) -> list[bytes]:
    """The messages in what a server sent; nothing may be left over where it is `whole`."""
    client = ClientProtocol(parse_uri("ws://x/"), state=State.OPEN, max_size=None)
    if deflates:
        client.extensions = [_inflate()]
    client.receive_data(data)
    events = client.events_received()
    assert client.parser_exc is None
    if whole:
        client.receive_eof()
        assert str(client.parser_exc) == "unexpected end of stream", "not in the middle of a message"
    return [bytes(event.data) for event in events if isinstance(event, Frame)]


def _inflate() -> PerMessageDeflate:
    return PerMessageDeflate(True, True, SOCKET_WINDOW_BITS, 15)


class Wire:
    """A transport: bytes go to the client at once, or wait while it does not read."""

    def __init__(self, home: Context, path: str, more: str = "", version: str = "13") -> None:
        self.client = ClientProtocol(parse_uri("ws://x/"), state=State.OPEN, max_size=None)
        self.heard: list[dict[str, Any]] = []
        self.is_cut = self.is_held = self._paused = self._is_closing = False
        self.most_waiting = self.bytes = 0
        self._waiting = bytearray()
        self.head = bytearray()
        self.socket = PlayerSocket(home, set())
        self.socket.connection_made(self)  # type: ignore[arg-type]
        self.socket.data_received(_HELLO.format(path=path, more=more, version=version).encode())

    # What a server does with a transport

    def write(self, data: bytes) -> None:
        if self.is_cut:
            return
        self._waiting += data
        self.bytes += len(data)
        self.most_waiting = max(self.most_waiting, len(self._waiting))
        if not self.is_held:
            self._deliver()
        elif len(self._waiting) > HIGH_BYTES and not self._paused:
            self._paused = True
            self.socket.pause_writing()

    def set_write_buffer_limits(self, high: int) -> None:
        assert high == 0, "it keeps nothing back without saying so"

    def is_closing(self) -> bool:
        return self.is_cut or self._is_closing

    def close(self) -> None:
        self._is_closing = True
        if not self._waiting:
            self.cut()

    def abort(self) -> None:
        self.cut()

    def get_extra_info(self, _: str) -> Any:
        return None

    # What a client does

    def say(self, text: str) -> None:
        """One message."""
        self.client.send_text(text.encode())
        self.socket.data_received(b"".join(self.client.data_to_send()))

    def hold(self) -> None:
        """Stop reading."""
        self.is_held = True

    def read_on(self) -> None:
        """Read all that waits, and from now on."""
        self.is_held = False
        self._deliver()
        if self._paused:
            self._paused = False
            self.socket.resume_writing()

    def cut(self) -> None:
        """The connection is gone, for both."""
        if not self.is_cut:
            self.is_cut = True
            self.socket.connection_lost(None)

    @property
    def code(self) -> int | None:
        """The close code that the client was told."""
        return None if self.client.close_rcvd is None else self.client.close_rcvd.code

    def _deliver(self) -> None:
        data = bytes(self._waiting)
        self._waiting.clear()
        if not self.head.endswith(b"\r\n\r\n"):
            head, end, data = data.partition(b"\r\n\r\n")
            self.head += head + end
            if b"permessage-deflate" in self.head:
                self.client.extensions = [_inflate()]
        self.client.receive_data(data)
        for event in self.client.events_received():
            if isinstance(event, Frame) and event.opcode is Opcode.TEXT:
                FRAMES.decode(event.data)
                self.heard.append(msgspec.json.decode(event.data))
        answer = b"".join(self.client.data_to_send())
        if answer and not self.is_closing():
            self.socket.data_received(answer)
        if self._is_closing and not self._waiting:
            self.cut()
