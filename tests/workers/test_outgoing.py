"""Calls to operators' systems go to the internet alone, are not redirected, and end."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver

from config.limits import OUTGOING_ANSWER_BYTES_MAX
from server.access.targets import is_public
from workers import http_client
from workers.http_client import Outgoing, Unreachable

PRIVATE = [
    "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.0.0.1", "172.16.9.9", "192.168.1.1", "169.254.169.254",
    "100.64.0.1", "198.18.0.1", "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fe80::1%eth0",
    "fc00::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe",
    "2002:7f00:1::", "2002:a00:1::1", "fec0::1", "::7f00:1", "3fff::1",
    "168.63.129.16", "64:ff9b:1::a9fe:a9fe", "2130706433", "127.1", "not an address",
]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_addresses_of_machines_and_private_networks_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "64:ff9b::101:101"])
def test_addresses_of_the_internet_are(address: str) -> None:
    assert is_public(address)


class Names(AbstractResolver):
    """Resolves to what a test says, one answer after the other: the last one stays."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.asked = 0

    async def resolve(self, host: str, port: int = 0, family: Any = 0) -> list[Any]:
        self.asked += 1
        address = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        found = {"hostname": host, "host": address, "port": port, "family": 2, "proto": 6, "flags": 4}
        return [found]

    async def close(self) -> None:
        pass


class Receiver:
    """A system of an operator on loopback."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.port = 0

    async def answer(self, request: web.Request) -> web.Response:
        self.calls.append(request.path)
        match request.path:
            case "/redirect":
                raise web.HTTPFound(f"http://127.0.0.1:{self.port}/target")
            case "/large":
                return web.Response(body=b"x" * (OUTGOING_ANSWER_BYTES_MAX * 4))
            case "/slow":
                await asyncio.sleep(2)
        return web.Response(body=await request.read())


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    found = Receiver()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", found.answer)
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    found.port = runner.addresses[0][1]
    yield found
    await runner.cleanup()


async def refused(url: str, *answers: str) -> bool:
    caller = Outgoing(False, Names(*(answers or ("127.0.0.1",))))
    try:
        await caller.post(url, b"{}", {})
    except Unreachable as error:
        return "not a public address" in str(error)
    finally:
        await caller.close()
    return False


async def test_no_call_reaches_our_own_network(receiver: Receiver) -> None:
    port = receiver.port
    for host in (
        "127.0.0.1",
        "localhost",
        "wallet.example",
        "2130706433",
        "0x7f.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
    ):
        assert await refused(f"http://{host}:{port}/"), host
    assert await refused(f"http://wallet.example:{port}/", "169.254.169.254")
    assert receiver.calls == []


async def test_a_name_that_changes_its_mind_gains_nothing(receiver: Receiver) -> None:
    """The address that was judged is the one that is connected to; each connection is judged anew."""
    names = Names("203.0.113.1", "127.0.0.1")
    caller = Outgoing(False, names)
    assert not is_public("203.0.113.1") and is_public("1.0.0.1")
    for _ in range(3):
        with pytest.raises(Unreachable):
            await caller.post(f"http://rebind.example:{receiver.port}/", b"{}", {})
    assert names.asked == 3 and receiver.calls == []
    await caller.close()


async def test_redirects_are_answers_and_bodies_are_clipped(receiver: Receiver) -> None:
    caller = Outgoing(True)
    base = f"http://127.0.0.1:{receiver.port}"
    assert (await caller.post(f"{base}/redirect", b"{}", {})).status == 302
    assert receiver.calls == ["/redirect"]
    large = await caller.post(f"{base}/large", b"{}", {})
    assert large.status == 200 and len(large.body) <= OUTGOING_ANSWER_BYTES_MAX
    assert (await caller.post(f"{base}/", b'{"a":1}', {"X-Mine": "1"})).body == b'{"a":1}'
    await caller.close()


async def test_a_slow_answer_and_a_closed_port_are_unreachable(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_client, "OUTGOING_TIMEOUT_S", 0.2)
    caller = Outgoing(True)
    for url in (f"http://127.0.0.1:{receiver.port}/slow", "http://127.0.0.1:1/", "http:///", "nonsense"):
        with pytest.raises(Unreachable):
            await caller.post(url, b"{}", {})
    await caller.close()
