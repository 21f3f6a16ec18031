"""The line to a client: ready-made messages go straight into its kernel buffer, past the transport.

`os.write` costs half of what `transport.write` does (0.8 against 1.5 us). It may not overtake what the
transport still holds, nor reach a number that is another's by now; hence a transport that keeps nothing back
without saying `pause_writing`, and no number once the connection is lost.
"""

import asyncio
import os
import socket
from typing import cast

from api.ws.packing import Packed
from config.limits import SOCKET_KERNEL_BUFFER_BYTES

_GONE = -1


class Line(asyncio.Protocol):
    """A protocol's way out. Its heirs do not `write` between `pause_writing` and `resume_writing`."""

    __slots__ = ("_deflates", "_number", "_transport")

    _transport: asyncio.Transport

    def __init__(self) -> None:
        self._number = _GONE
        self._deflates = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is none by inheritance
        self._transport.set_write_buffer_limits(high=0)
        plain = transport.get_extra_info("socket")
        if plain is not None:
            # What the kernel keeps for a client that does not read is bounded, too.
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SOCKET_KERNEL_BUFFER_BYTES)
            if transport.get_extra_info("sslcontext") is None:
                self._number = plain.fileno()

    def connection_lost(self, exc: Exception | None) -> None:
        self._number = _GONE

    def write(self, data: Packed) -> None:
        """Into the kernel; what it does not take goes the transport's way, which will ask for a pause."""
        ready = data.deflated if self._deflates else data.plain
        try:
            sent = os.write(self._number, ready)
        except OSError:  # full, or gone
            sent = 0
        if sent < len(ready):
            self._transport.write(ready[sent:])

    def send(self, data: Packed) -> None:
        """At any time: behind all that the transport still holds."""
        self._transport.write(data.deflated if self._deflates else data.plain)
