"""A thin HTTP/1.1 load generator: connections that are kept open, one request at a time on each.

An ordinary client costs several times what a fast server does, and here it runs on the server's cores.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

_STUCK_S = 60.0


@dataclass(slots=True)
class Told:
    """What came back: milliseconds of each request, and how many of each status."""

    wall_s: float = 0.0
    cpu_s: float = 0.0
    times_ms: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    refused: list[bytes] = field(default_factory=list)

    @property
    def count(self) -> int:
        """Requests that were answered."""
        return len(self.times_ms)


def request_bytes(method: str, path: str, headers: dict[str, str], body: bytes = b"") -> bytes:
    """A whole request."""
    lines = [f"{method} {path} HTTP/1.1", "host: 127.0.0.1", "accept: */*"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if body:
        lines += ["content-type: application/json", f"content-length: {len(body)}"]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


class _Caller(asyncio.Protocol):
    """One connection: the next request goes out when the answer to the last one is there."""

    def __init__(self, requests: Iterator[bytes], told: Told, done: "asyncio.Future[None]") -> None:
        self._requests, self._told, self._done = requests, told, done
        self._transport: Any = None
        self._began = 0.0
        self._got = b""

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._next()

    def _next(self) -> None:
        request = next(self._requests, None)
        if request is None:
            self._transport.close()
            return
        self._began = time.perf_counter()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._got = got = self._got + data if self._got else data
        end = got.find(b"\r\n\r\n")
        if end < 0:
            return
        head = got[:end].lower()
        at = head.find(b"content-length:")
        size = int(head[at + 15 : (head + b"\r").find(b"\r", at)]) if at >= 0 else 0
        if len(got) < end + 4 + size:
            return
        status = int(got[9:12])
        self._told.statuses[status] += 1
        if status >= 300 and len(self._told.refused) < 5:
            self._told.refused.append(got[end + 4 :])
        self._told.times_ms.append((time.perf_counter() - self._began) * 1_000)
        self._got = b""
        self._next()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._done.done():
            self._done.set_result(None)


async def send_all(port: int, requests: Iterator[bytes], connections: int) -> Told:
    """Send all requests over so many connections, each in its turn."""
    told, loop = Told(), asyncio.get_running_loop()
    began, cpu = time.perf_counter(), time.process_time()
    ends = [loop.create_future() for _ in range(connections)]
    for end in ends:
        await loop.create_connection(partial(_Caller, requests, told, end), "127.0.0.1", port)
    async with asyncio.timeout(_STUCK_S + 10 * connections):
        await asyncio.gather(*ends)
    told.wall_s, told.cpu_s = time.perf_counter() - began, time.process_time() - cpu
    return told


class _Paced(_Caller):
    """Asks at fixed moments, whether the last answer was quick or not: a wait counts from the moment."""

    def __init__(self, *others: Any, first_s: float, every_s: float) -> None:
        super().__init__(*others)
        self._due_s, self._every_s = first_s, every_s

    def _next(self) -> None:
        loop = asyncio.get_running_loop()
        loop.call_at(max(self._due_s, loop.time()), self._ask)

    def _ask(self) -> None:
        super()._next()
        self._began += self._due_s - asyncio.get_running_loop().time()
        self._due_s += self._every_s


async def send_paced(port: int, requests: Iterator[bytes], connections: int, rate: float) -> Told:
    """Send all requests, so many a second, over so many connections by turns."""
    told, loop = Told(), asyncio.get_running_loop()
    start_s, every_s = loop.time() + 0.5, connections / rate
    ends = [loop.create_future() for _ in range(connections)]
    for n, end in enumerate(ends):
        pace = {"first_s": start_s + n / rate, "every_s": every_s}
        await loop.create_connection(partial(_Paced, requests, told, end, **pace), "127.0.0.1", port)
    await asyncio.gather(*ends)
    return told


def for_seconds(requests: Iterator[bytes], seconds: float) -> Iterator[bytes]:
    """The same requests until the time is over."""
    until = time.perf_counter() + seconds
    for request in requests:
        if time.perf_counter() >= until:
            return
        yield request
