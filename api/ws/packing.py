"""Messages made ready for the wire once, for any number of sockets: as they are, and deflated.

Deflate is agreed without context takeover (RFC 7692, 7.1.1): every message stands for itself, so the same
bytes serve all who asked for it, and a socket keeps no window. Who compresses for each socket pays 15 us a
message and 46 KiB a socket instead.
"""

from collections.abc import Callable, Sequence
from functools import cached_property

from websockets.exceptions import NegotiationError
from websockets.extensions import Extension
from websockets.extensions.permessage_deflate import PerMessageDeflate, ServerPerMessageDeflateFactory
from websockets.frames import Frame, Opcode
from websockets.typing import ExtensionParameter

from config.limits import SOCKET_DEFLATE_FROM_BYTES, SOCKET_WINDOW_BITS

_DEFLATE = PerMessageDeflate(True, True, 15, SOCKET_WINDOW_BITS, {"memLevel": 5})


class Packed:
    """Text messages, header and payload; deflated when the first socket asks for that."""

    def __init__(self, plain: bytes, deflate: Callable[[], bytes]) -> None:
        self.plain = plain
        self._deflate = deflate

    @cached_property
    def deflated(self) -> bytes:
        """The same for sockets that take deflate; short messages stay as they are."""
        return self._deflate()


def as_it_is(frames: bytes) -> Packed:
    """Bytes that no socket gets deflated."""
    return Packed(frames, lambda: frames)


def packed(text: bytes) -> Packed:
    """One message."""
    plain = _framed(text)
    if len(text) < SOCKET_DEFLATE_FROM_BYTES:
        return as_it_is(plain)
    return Packed(plain, lambda: _framed(plain[-len(text) :], _DEFLATE))


def joined(parts: Sequence[Packed]) -> Packed:
    """Several messages, one after the other."""
    if len(parts) == 1:
        return parts[0]
    return Packed(b"".join(part.plain for part in parts), lambda: b"".join(part.deflated for part in parts))


class SharedDeflate(ServerPerMessageDeflateFactory):
    """What we agree to: our window, and nothing remembered between messages, by either side."""

    def __init__(self) -> None:
        super().__init__(
            server_no_context_takeover=True,
            client_no_context_takeover=True,
            server_max_window_bits=SOCKET_WINDOW_BITS,
        )

    def process_request_params(
        self, params: Sequence[ExtensionParameter], accepted_extensions: Sequence[Extension]
    ) -> tuple[list[ExtensionParameter], PerMessageDeflate]:
        """Who can only hold a smaller window than ours gets messages as they are."""
        answer, deflate = super().process_request_params(params, accepted_extensions)
        if deflate.local_max_window_bits < SOCKET_WINDOW_BITS:
            raise NegotiationError("our window is larger")
        return answer, deflate


def _framed(text: bytes, *extensions: Extension) -> bytes:
    return Frame(Opcode.TEXT, text).serialize(mask=False, extensions=extensions)
