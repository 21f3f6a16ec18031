"""Many watchers: one process that holds sockets open, counts messages and measures their delay.

`python -m tests.load.swarm <port> <path> <sockets> <seconds>` prints a line of JSON when all are connected,
and one whenever it is sent a line. Bounded in sockets and seconds, on loopback only.
"""

import json
import select
import socket
import sys
import time
import zlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

SOCKETS_MAX, SECONDS_MAX = 10_000, 600
# One socket in so many is read word by word.
_SAMPLED = 20
_REST_S = 0.01
_STAMP = b'"serverTime":"'
_HELLO = (
    b"GET %b HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    # As browsers ask; a server may decline.
    b"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n"
)


@dataclass(slots=True)
class Watcher:
    """One socket; what came of a message that is not whole yet."""

    line: socket.socket
    sampled: bool
    inflate: Any = None
    rest: bytearray = field(default_factory=bytearray)


class Swarm:
    """All sockets of this process."""

    def __init__(self) -> None:
        self.messages = self.bytes = self.closed = 0
        self.lengths: list[int] = []
        self.lags_ms: list[float] = []
        self._poll = select.epoll()
        self._watchers: dict[int, Watcher] = {}
        self._buffer = bytearray(256 * 1024)

    def connect(self, port: int, path: bytes, count: int) -> None:
        """Open `count` sockets, reading what comes meanwhile."""
        for n in range(count):
            line = socket.create_connection(("127.0.0.1", port), timeout=60)
            line.sendall(_HELLO % path)
            head = b""
            while b"\r\n\r\n" not in head:
                head += line.recv(4096)
            head, _, rest = head.partition(b"\r\n\r\n")
            if b" 101 " not in head:
                raise RuntimeError(head.decode())
            line.setblocking(False)
            inflate = zlib.decompressobj(-zlib.MAX_WBITS) if b"permessage-deflate" in head else None
            self._watchers[line.fileno()] = Watcher(line, n % _SAMPLED == 0, inflate, bytearray(rest))
            self._poll.register(line.fileno(), select.EPOLLIN)
            if n % 50 == 0:
                self.read(0)

    def read(self, patience_s: float) -> None:
        """Take what there is."""
        for number, _ in self._poll.poll(patience_s):
            watcher = self._watchers[number]
            try:
                size = watcher.line.recv_into(self._buffer)
            except BlockingIOError:
                continue
            except OSError:
                size = 0
            if size == 0:
                self._poll.unregister(number)
                self.closed += 1
                continue
            self.bytes += size
            watcher.rest += memoryview(self._buffer)[:size]
            self._count(watcher)

    def _count(self, watcher: Watcher) -> None:
        """Whole messages: text ones count, pings are answered."""
        data, at = watcher.rest, 0
        while len(data) >= at + 2:
            length, head = data[at + 1] & 127, 2
            if length == 126:
                length, head = int.from_bytes(data[at + 2 : at + 4], "big"), 4
            elif length == 127:
                length, head = int.from_bytes(data[at + 2 : at + 10], "big"), 10
            if len(data) < at + head + length:
                break
            if data[at] & 15 == 1:
                self.messages += 1
                if watcher.sampled:
                    self._read(_text(watcher, data[at], bytes(data[at + head : at + head + length])))
            elif data[at] & 15 == 9:
                watcher.line.send(b"\x8a\x80\0\0\0\0")
            at += head + length
        del data[:at]

    def _read(self, message: bytes) -> None:
        self.lengths.append(len(message))
        _, _, rest = message.partition(_STAMP)
        if rest and not message.startswith(b'{"type":"welcome"'):
            moment = datetime.fromisoformat(rest[: rest.index(b'"')].decode().replace("Z", "+00:00"))
            self.lags_ms.append((time.time() - moment.timestamp()) * 1_000)

    def report(self) -> dict[str, float]:
        """What was counted since the last report."""
        lags = sorted(self.lags_ms) or [0.0]
        told = {
            "messages": self.messages,
            "bytes": self.bytes,
            "length": sum(self.lengths) / max(1, len(self.lengths)),
            "closed": self.closed,
            "lag_p50_ms": lags[len(lags) // 2],
            "lag_p90_ms": lags[len(lags) * 9 // 10],
            "cpu_s": time.process_time(),
        }
        self.messages = self.bytes = 0
        self.lags_ms, self.lengths = [], []
        return told


def _text(watcher: Watcher, first: int, payload: bytes) -> bytes:
    if watcher.inflate is None or not first & 64:
        return payload
    text: bytes = watcher.inflate.decompress(payload + b"\0\0\xff\xff")
    return text


def main() -> None:
    """Connect, say so, then count for as long as asked, reporting whenever a line is read."""
    port, path, count, seconds = int(sys.argv[1]), sys.argv[2].encode(), int(sys.argv[3]), float(sys.argv[4])
    swarm = Swarm()
    swarm.connect(port, path, min(count, SOCKETS_MAX))
    print(json.dumps({"connected": count}), flush=True)
    until = time.monotonic() + min(seconds, SECONDS_MAX)
    while time.monotonic() < until:
        swarm.read(0)
        # Never asleep on a socket: otherwise waking this process is most of what a server's send costs here.
        time.sleep(_REST_S)
        if select.select([sys.stdin], [], [], 0)[0]:
            if not sys.stdin.readline():
                return
            print(json.dumps(swarm.report()), flush=True)


if __name__ == "__main__":
    main()
