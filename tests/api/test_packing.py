"""Frames ready for the wire: deflated once for all who ask; small windows and bombs refused."""

import itertools
from collections.abc import AsyncIterator
from typing import Any

import pytest
from websockets.exceptions import NegotiationError
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory, PerMessageDeflate
from websockets.frames import CloseCode

from api.ws.packing import SharedDeflate, joined, packed
from config.limits import SOCKET_DEFLATE_FROM_BYTES, SOCKET_MESSAGE_BYTES_MAX, SOCKET_WINDOW_BITS
from tests.support.app import a_house
from tests.support.served import Served, a_served_house, frame
from tests.support.sockets import DEFLATE, Wire, texts

LONG = b"".join(b'{"position":%d,"points":%d}' % (n, n * n) for n in range(200))


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    async with a_served_house() as opened:
        yield opened


def test_every_message_can_be_read_by_itself() -> None:
    short, long, other = b"{}", LONG, LONG[::-1]
    for messages in itertools.permutations([short, long, other]):
        many = joined([packed(message) for message in messages])
        assert texts(many.plain) == list(messages) == texts(many.deflated, deflates=True)
    assert texts(packed(other).deflated, deflates=True) == [other]
    assert texts(joined([]).deflated) == []


def test_it_is_deflated_once_and_only_where_that_pays() -> None:
    small, large = packed(LONG[: SOCKET_DEFLATE_FROM_BYTES - 1]), packed(LONG)
    assert small.deflated is small.plain
    assert large.deflated is large.deflated and 3 * len(large.deflated) < len(large.plain)


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        ({}, {"server_max_window_bits": str(SOCKET_WINDOW_BITS)}),
        ({"client_max_window_bits": None}, {"server_max_window_bits": str(SOCKET_WINDOW_BITS)}),
        ({"server_max_window_bits": "15"}, {"server_max_window_bits": str(SOCKET_WINDOW_BITS)}),
        ({"server_max_window_bits": "12"}, {"server_max_window_bits": "12"}),
    ],
)
def test_what_is_agreed(asked: dict[str, Any], answered: dict[str, Any]) -> None:
    said, deflate = SharedDeflate().process_request_params(list(asked.items()), [])
    assert dict(said) == answered | {"server_no_context_takeover": None, "client_no_context_takeover": None}
    assert not hasattr(deflate, "encoder") and not hasattr(deflate, "decoder"), "no window is kept"


def test_a_client_with_a_smaller_window_gets_plain_messages() -> None:
    with pytest.raises(NegotiationError):
        SharedDeflate().process_request_params([("server_max_window_bits", "11")], [])


@pytest.mark.parametrize(
    ("offer", "agreed"),
    [
        ("permessage-deflate; server_max_window_bits=10", False),
        ("permessage-deflate; server_max_window_bits=10, permessage-deflate", True),
        ("permessage-deflate; nonsense", False),
        ("x-webkit-deflate-frame", False),
    ],
)
async def test_who_cannot_be_agreed_with_is_let_in_without(offer: str, agreed: bool) -> None:
    async with a_house() as house:
        tournament_id = await house.tournament("ann", "ben", started=True, visibility="public")
        header = f"Sec-WebSocket-Extensions: {offer}\r\n"
        wire = Wire(house.ctx, f"{tournament_id}?spectate", header)
        await house.clock.advance(0)
        assert (b"permessage-deflate" in wire.head) is agreed
        assert wire.heard[0]["type"] == "welcome"


async def test_both_kinds_of_client_hear_the_same_and_one_gets_a_fraction_of_the_bytes() -> None:
    async with a_house() as house:
        users = [f"u{n}" for n in range(60)]
        tournament_id = await house.tournament(*users, started=True, visibility="public")
        plain, small = (Wire(house.ctx, f"{tournament_id}?spectate", more) for more in ("", DEFLATE))
        await house.clock.advance(0)
        assert [f["type"] for f in plain.heard] == ["welcome", "snapshot", "room"]
        assert plain.heard[1] == small.heard[1] and 2 * small.bytes < plain.bytes


async def test_a_browser_that_deflates_both_ways(served: Served) -> None:
    tournament_id = await served.house.tournament("ann", "ben", started=True, visibility="public")
    async with served.socket(tournament_id, "spectate", compression="deflate") as socket:
        assert [type(each) for each in socket.protocol.extensions] == [PerMessageDeflate]
        assert (await frame(socket, "snapshot"))["total"] == 2
        for _ in range(3):
            await socket.send('{"type":"ping"}')
            assert (await frame(socket, "pong"))["type"] == "pong"


async def test_a_message_that_swells_is_too_big() -> None:
    async with a_house() as house:
        tournament_id = await house.tournament("ann", "ben", started=True, visibility="public")
        wire = Wire(house.ctx, f"{tournament_id}?spectate", DEFLATE)
        await house.clock.advance(0)
        wire.say(" " * (SOCKET_MESSAGE_BYTES_MAX * 100))
        assert wire.code == CloseCode.MESSAGE_TOO_BIG


def test_our_answer_is_one_that_clients_accept() -> None:
    client = ClientPerMessageDeflateFactory()
    said, _ = SharedDeflate().process_request_params(list(client.get_request_params()), [])
    agreed = client.process_response_params(said, [])
    assert agreed.remote_no_context_takeover and agreed.local_no_context_takeover
