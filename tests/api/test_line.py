"""Straight into the kernel, on real sockets and both event loops: nothing overtaken, lost or misdirected."""

import asyncio
import itertools
import os
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
import uvloop

from api.ws.packing import Packed, packed
from api.ws.writer import Line
from tests.support.sockets import texts

MESSAGES = 2_000
LOOPS: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {
    "asyncio": asyncio.new_event_loop,
    "uvloop": uvloop.new_event_loop,
}


def message(number: int) -> Packed:
    return packed(b"%6d" % number + b"." * (number * 37 % 4_000))


LENGTH = sum(len(message(number).plain) for number in range(MESSAGES))


class Counting(Line):
    """Numbers its messages and writes as long as it may; every third the transport's way."""

    def __init__(self) -> None:
        super().__init__()
        self.numbers = iter(range(MESSAGES))
        self.may, self.pauses = True, 0
        self.made, self.lost = asyncio.Event(), asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.made.set()

    def go_on(self) -> None:
        for _ in range(40):
            if not self.may or (number := next(self.numbers, None)) is None:
                return
            (self.send if number % 3 == 0 else self.write)(message(number))

    def pause_writing(self) -> None:
        self.may = False
        self.pauses += 1

    def resume_writing(self) -> None:
        self.may = True

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.lost.set()


@pytest.fixture(params=LOOPS)
def run(request: Any) -> Any:
    """Runs a coroutine in one kind of loop."""
    with asyncio.Runner(loop_factory=LOOPS[request.param]) as runner:
        yield runner.run


@asynccontextmanager
async def connected() -> AsyncIterator[tuple[Counting, socket.socket]]:
    """Our end and the client's; ended with the block."""
    loop, lines = asyncio.get_running_loop(), []

    def line() -> Counting:
        lines.append(Counting())
        return lines[-1]

    server = await loop.create_server(line, "127.0.0.1", 0)
    client = socket.socket()
    client.setblocking(False)
    await loop.sock_connect(client, server.sockets[0].getsockname())
    while not lines:
        await asyncio.sleep(0)
    await lines[0].made.wait()
    try:
        yield lines[0], client
    finally:
        client.close()
        lines[0]._transport.abort()
        await lines[0].lost.wait()
        server.close()
        await server.wait_closed()


def test_a_reader_that_is_slow_gets_everything_in_order(run: Any) -> None:
    async def play() -> None:
        heard = bytearray()
        async with connected() as (line, client), asyncio.timeout(30):
            while len(heard) < LENGTH:
                line.go_on()
                await asyncio.sleep(0)
                with suppress(BlockingIOError):
                    heard += client.recv(50_000)  # there is room again, and the transport has not seen it
            assert line.pauses > 3, "it was slow"
        numbers = [int(text[:6]) for text in texts(bytes(heard))]
        assert [(n, number) for n, number in enumerate(numbers) if n != number][:3] == []

    run(play())


def test_after_the_end_nothing_reaches_whoever_has_its_number_now(run: Any) -> None:
    async def play() -> None:
        async with connected() as (line, _):
            number = line._transport.get_extra_info("socket").fileno()
        inbox, outbox = os.pipe()
        os.dup2(outbox, number)
        os.set_blocking(inbox, False)
        with suppress(RuntimeError):
            line.write(packed(b"not for you"))
        with pytest.raises(BlockingIOError):
            os.read(inbox, 1)
        for each in {inbox, outbox, number}:
            os.close(each)

    run(play())


class Encrypted:
    """A transport with TLS: bytes past it would be in the clear."""

    def __init__(self) -> None:
        self.plain, self.far = socket.socketpair()
        self.written = b""

    def set_write_buffer_limits(self, high: int) -> None:
        assert high == 0

    def get_extra_info(self, name: str) -> Any:
        return {"socket": self.plain, "sslcontext": object()}[name]

    def write(self, data: bytes) -> None:
        self.written += data


def test_under_tls_everything_goes_by_the_transport() -> None:
    transport, line = Encrypted(), Line()
    line.connection_made(transport)  # type: ignore[arg-type]
    for text in itertools.repeat(b"secret", 3):
        line.write(packed(text))
    transport.far.setblocking(False)
    with pytest.raises(BlockingIOError):
        transport.far.recv(1)
    assert texts(transport.written) == [b"secret"] * 3
    transport.plain.close()
    transport.far.close()
