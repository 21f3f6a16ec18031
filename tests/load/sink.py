"""`python -m tests.load.sink PORT [hang]`: takes webhooks as cheaply as can be, or never answers.
It says on standard output how late each event was, in milliseconds."""

import asyncio
import re
import sys
import time

_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
_OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Sink(asyncio.Protocol):
    """One connection."""

    lags: list[int] = []  # noqa: RUF012 - of all connections

    def __init__(self, hangs: bool) -> None:
        self.hangs, self.data = hangs, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.data += data
        while not self.hangs:
            head, end, rest = self.data.partition(b"\r\n\r\n")
            found = _LENGTH.search(head)
            if not end or found is None or len(rest) < int(found[1]):
                return
            self.data = rest[int(found[1]) :]
            self._note(rest)
            self.transport.write(_OK)  # type: ignore[attr-defined]

    def _note(self, body: bytes) -> None:
        """Events of this bench carry when they were made as their only datum's text."""
        made = re.search(rb'"message":"(\d+)"', body)
        if made is not None:
            Sink.lags.append(time.time_ns() // 1_000_000 - int(made[1]))


async def _main(port: int, hangs: bool) -> None:
    loop = asyncio.get_running_loop()
    await loop.create_server(lambda: Sink(hangs), "127.0.0.1", port)
    while True:
        await asyncio.sleep(0.2)
        lags, Sink.lags = Sink.lags, []
        print(*lags, flush=True)


if __name__ == "__main__":
    asyncio.run(_main(int(sys.argv[1]), "hang" in sys.argv))
