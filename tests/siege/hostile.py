"""What an outsider tries: each attack is one connection, from an address of its own on loopback."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress

from websockets.frames import Frame, Opcode

_READ_S = 2.0
_HOLD_S = 12.0
Attack = Callable[["Hostile"], Awaitable[None]]
# Made once: an attacker does not work for what it sends, and the honest ones share its processor here.
_REPEATED = b"{" + b",".join(b'"k%d":1' % n for n in range(50_000)) + b',"k0":1}'
_DEEP = b"[" * 500_000
_LONG_URL = b"GET /" + b"a" * 500_000 + b" HTTP/1.1\r\nhost: x\r\n\r\n"
_MANY_HEADERS = b"GET / HTTP/1.1\r\n" + b"x: 1\r\n" * 5_000 + b"\r\n"
_LONG_HEAD = (b"GET / HTTP/1.1\r\nx: ", *[b"a" * 50_000] * 20)
_TINY_FRAMES = Frame(Opcode.CONT, b"").serialize(mask=True) * 20_000


class Hostile:
    """One attacker. Never gives up, never waits for an answer that it does not need."""

    def __init__(self, number: int, port: int, tournament_id: str) -> None:
        self._luck = random.Random(number)
        self._address = f"127.0.{1 + number // 250}.{1 + number % 250}"
        self._port = port
        self._id = tournament_id
        self.tried = 0

    async def go_on(self) -> None:
        """For ever, attack after attack."""
        while True:
            with suppress(OSError, TimeoutError, asyncio.IncompleteReadError):
                await self._luck.choice(ATTACKS)(self)
            self.tried += 1
            await asyncio.sleep(self._luck.uniform(0, 0.2))

    async def send(self, *parts: bytes, pause_s: float = 0.0, read_s: float = _READ_S) -> None:
        """Open, write, read a while, close."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port, local_addr=(self._address, 0))
        try:
            for part in parts:
                writer.write(part)
                await writer.drain()
                await asyncio.sleep(pause_s)
            async with asyncio.timeout(read_s):
                while await reader.read(65_536):
                    pass
        finally:
            writer.transport.abort()

    async def garbage(self) -> None:
        await self.send(self._luck.randbytes(self._luck.choice([10, 1_000, 100_000])))

    async def long_head(self) -> None:
        await self.send(*_LONG_HEAD)

    async def many_headers(self) -> None:
        await self.send(_MANY_HEADERS)

    async def long_url(self) -> None:
        await self.send(_LONG_URL)

    async def slow_head(self) -> None:
        await self.send(*[b"G", b"E", b"T"], pause_s=0.3, read_s=_HOLD_S)

    async def slow_body(self) -> None:
        head = b"POST /api/tournaments HTTP/1.1\r\nhost: x\r\ncontent-length: 100000\r\n\r\n"
        await self.send(head, *[b"{"] * 5, pause_s=0.5)

    async def guess(self) -> None:
        key = f"pk_live_{self._luck.randbytes(8).hex()}:sk_live_{self._luck.randbytes(32).hex()}".encode()
        request = b"GET /api/tournaments HTTP/1.1\r\nhost: x\r\nauthorization: Bearer " + key + b"\r\n\r\n"
        await self.send(request * 20)

    async def repeated_keys(self) -> None:
        await self.post(b"/api/tournaments", _REPEATED)

    async def deep(self) -> None:
        await self.post(b"/api/tournaments", _DEEP)

    async def post(self, path: bytes, body: bytes) -> None:
        head = b"POST %b HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n" % (path, len(body))
        await self.send(head + body)

    async def scrape(self) -> None:
        paths = (b"/api/public/tournaments", b"/", b"/openapi.json", b"/api/tournaments/%00", b"/nowhere")
        requests = b"".join(b"GET %b HTTP/1.1\r\nhost: x\r\n\r\n" % path for path in paths)
        await self.send(requests * 10)

    async def flood_socket(self) -> None:
        """A socket that is never let in, and says a great deal."""
        await self.send(self._hello(b""), _TINY_FRAMES, _TINY_FRAMES)

    async def rubbish_token(self) -> None:
        await self.send(self._hello(b"?token=" + b"x" * 5_000))

    async def idle_watcher(self) -> None:
        """Watches and never reads."""
        await self.send(self._hello(b"?spectate"), pause_s=3.0, read_s=0.1)

    async def bad_frames(self) -> None:
        await self.send(self._hello(b"?spectate"), self._luck.randbytes(5_000))

    def _hello(self, query: bytes) -> bytes:
        return (
            b"GET /ws/tournaments/%b%b HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\nconnection: upgrade\r\n"
            b"sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-version: 13\r\n\r\n"
        ) % (self._id.encode(), query)


ATTACKS: tuple[Attack, ...] = (
    Hostile.garbage,
    Hostile.long_head,
    Hostile.many_headers,
    Hostile.long_url,
    Hostile.slow_head,
    Hostile.slow_body,
    Hostile.guess,
    Hostile.repeated_keys,
    Hostile.deep,
    Hostile.scrape,
    Hostile.flood_socket,
    Hostile.rubbish_token,
    Hostile.idle_watcher,
    Hostile.bad_frames,
)
