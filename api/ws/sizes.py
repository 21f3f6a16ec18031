"""How large a message may be, socket by socket: uvicorn has one limit for all, and a player needs little."""

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request

from config.limits import STREAM_MESSAGE_BYTES_MAX


class SizedSockets(WebSocketsSansIOProtocol):
    """Every socket has `ws_max_size`, but a stream of facts room for a batch."""

    def handle_connect(self, event: Request) -> None:
        if event.path.startswith("/ws/internal/"):
            self.conn.max_message_size = STREAM_MESSAGE_BYTES_MAX
        super().handle_connect(event)
