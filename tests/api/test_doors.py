"""What an outsider without a credential can do to a front end: nothing that others notice."""

import asyncio
import gc
import json
import socket
import struct
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import pytest
import uvloop
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from websockets import http11
from websockets.datastructures import Headers

from api.access.request_bounds import Head, TooMuch
from api.context.connection_limits import ConnectionLimits
from api.context.stranger_limits import StrangerLimits
from api.fast.uvicorn_protocol import ClosedQuietly, QuickProtocol
from api.http.body import parse_json
from api.http.client_address import (
    ClientAddresses,
    forwarded,
    is_loopback,
    neighbourhood,
)
from api.http.errors import ApiError
from api.ws.admission import handshake_of
from api.ws.messages import Close
from config.door_limits import HEAD_WITHIN_MS, HEADERS_MAX, REQUEST_BYTES_MAX
from server.ports import Window
from server.rate_limits.memory import MemoryLimiter
from tests.support.app import House
from tests.support.clock import ManualClock
from tests.support.served import Served, a_served_house, close_code


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    async with a_served_house() as found:
        yield found


async def raw(served: Served, data: bytes) -> bytes:
    """What a server answers to these bytes, until it closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    writer.write(data)
    await writer.drain()
    try:
        async with asyncio.timeout(20):
            return await reader.read()
    except ConnectionResetError:
        return b""  # what was not read yet went with the connection
    finally:
        writer.close()


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"GET /" + b"a" * 9_000 + b" HTTP/1.1\r\nhost: x\r\n\r\n", 414),
        (b"GET / HTTP/1.1\r\n" + b"x-a: 1\r\n" * 101 + b"\r\n", 431),
        (b"\x00\x01\x02 rubbish\r\n\r\n", 400),
    ],
)
async def test_a_head_has_a_size_and_the_answer_is_json(served: Served, data: bytes, status: int) -> None:
    answer = await raw(served, data)
    head, _, body = answer.partition(b"\r\n\r\n")
    assert int(head.split(b" ")[1]) == status
    assert b"connection: close" in head and set(json.loads(body)) == {"error", "message"}


async def test_a_header_without_an_end_ends_the_connection(served: Served) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    writer.write(b"GET / HTTP/1.1\r\nx-long: ")
    sent = 0
    with suppress(ConnectionError):
        async with asyncio.timeout(30):
            while not reader.at_eof():
                writer.write(b"a" * 1_000)
                await writer.drain()
                sent += 1_000
                await asyncio.sleep(0)
    assert sent < 10_000_000, "nothing of it is kept"
    writer.close()


async def test_who_begins_a_request_must_end_it(served: Served) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    writer.write(b"GET / HTTP/1.1\r\nhost:")
    await writer.drain()
    async with asyncio.timeout(60):
        assert b" 408 " in await reader.readline()
    writer.close()


def test_a_head_is_late_after_ten_seconds_and_a_body_after_thirty() -> None:
    head = Head(0)
    assert not head.is_late(HEAD_WITHIN_MS) and head.is_late(HEAD_WITHIN_MS + 1)
    head.is_complete(5_000)
    assert not head.is_late(35_000) and head.is_late(35_001)
    head.is_over()
    assert not head.is_late(10**9)
    head.begins(10**9)
    head.took(30_000)
    with pytest.raises(TooMuch):
        head.took(3_000)


def test_a_body_ends_with_all_that_comes_behind_it() -> None:
    head = Head(0)
    head.is_complete(0)
    head.took(REQUEST_BYTES_MAX - 1)
    with pytest.raises(TooMuch) as caught:
        head.took(2)
    assert caught.value.status == 413


def test_the_address_is_the_peers_unless_a_trusted_proxy_says_another() -> None:
    plain, trusting = ClientAddresses(), ClientAddresses(("10.0.0.0/8", "127.0.0.1"))
    assert plain.address("127.0.0.1", "203.0.113.9") == "127.0.0.1"
    assert trusting.address("127.0.0.1", "203.0.113.9") == "203.0.113.9"
    assert trusting.address("127.0.0.1", "1.2.3.4, 203.0.113.9, 10.1.1.1") == "203.0.113.9", (
        "the last stranger"
    )
    assert trusting.address("198.51.100.7", "203.0.113.9") == "198.51.100.7"
    assert trusting.address("127.0.0.1", "rubbish") == "127.0.0.1"
    lines = ["1.2.3.4", "203.0.113.9"]
    assert trusting.address("127.0.0.1", forwarded(lines)) == "203.0.113.9", "the proxy's own line"
    assert trusting.address("::ffff:127.0.0.1", "2001:db8::1") == "2001:db8::1"
    assert neighbourhood("2001:db8:1:2:3::9") == neighbourhood("2001:db8:1:2:ffff::1") == "2001:db8:1:2::/64"
    assert is_loopback("::ffff:127.0.0.1") and not is_loopback("10.0.0.1") and not is_loopback(None)


@pytest.mark.parametrize(
    ("lines", "address"),
    [
        (["1.2.3.4", "203.0.113.9, 127.0.0.1"], "203.0.113.9"),
        (["203.0.113.9", "rubbish"], "127.0.0.1"),
        ([], "127.0.0.1"),
    ],
)
def test_a_socket_comes_from_where_all_forwarded_lines_say(lines: list[str], address: str) -> None:
    class Transport(asyncio.Transport):
        def get_extra_info(self, name: str, default: object = None) -> object:
            return ("127.0.0.1", 4711) if name == "peername" else default

    async def first() -> bytes:
        return b""

    headers = Headers([("X-Forwarded-For", line) for line in lines])
    handshake = handshake_of(
        http11.Request("/ws/t", headers), Transport(), ClientAddresses(("127.0.0.1",)), first
    )
    assert handshake.address == address


async def test_strangers_are_limited_by_address_and_told_so(house: House) -> None:
    house.ctx.stranger_limits = StrangerLimits(house.clock, 5)
    for left in (4, 3, 2, 1, 0):
        answer = await house.client.get(
            "/api/tournaments", headers={"Authorization": "Bearer pk_live_x:sk_live_y"}
        )
        assert (answer.status_code, answer.headers["x-ratelimit-remaining"]) == (401, str(left))
    for path in ("/api/tournaments", "/nowhere", "/api/public/tournaments", "/"):
        answer = await house.client.get(path)
        assert (answer.status_code, answer.json()["error"]) == (429, "rate_limit_exceeded")
        assert answer.headers["retry-after"] == "60"
    assert (await house.client.get("/healthz")).status_code == 200
    house.clock.jump(60_000)
    assert (await house.client.get("/api/public/tournaments")).status_code == 200


async def test_sockets_without_a_credential_count_too(served: Served) -> None:
    served.house.ctx.stranger_limits = StrangerLimits(served.house.clock, 2)
    told = []
    for path in (
        "/ws/tournaments/none?token=guessed",
        "/ws/tournaments/none?spectate",
        "/ws/tournaments/none?x",
    ):
        async with served.open(path) as socket:
            told.append(await close_code(socket))
    async with served.open("/ws/internal/tournaments/none/events") as socket:
        told.append(await close_code(socket))
    assert told[2:] == [Close.TOO_MANY] * 2 and Close.TOO_MANY not in told[:2], told


async def test_a_key_that_is_known_is_not_held_up_by_its_neighbours(house: House) -> None:
    assert (await house.client.get("/api/tournaments", headers=house.auth)).status_code == 200
    house.ctx.stranger_limits = StrangerLimits(house.clock, 2)
    for _ in range(3):
        await house.client.get("/api/tournaments")
    assert (await house.client.get("/api/tournaments", headers=house.auth)).status_code == 200
    house.clock.jump(60_000)
    for _ in range(5):
        fresh = await house.key("read_only")
        answer = await house.client.get("/api/tournaments", headers=fresh)
        assert answer.status_code == 200, "whose key opens something is taken back"


async def test_all_keys_of_an_operator_together_have_a_limit(house: House) -> None:
    keys = [await house.key("read_only") for _ in range(11)]
    told = []
    for key in keys:
        for _ in range(100):
            told.append((await house.client.get("/api/tournaments", headers=key)).status_code)
    assert told[:1_000] == [200] * 1_000 and told[1_000:] == [429] * 100


async def test_a_players_token_is_limited_and_the_trace_more(house: House) -> None:
    tournament_id = await house.tournament("ann", "ben", started=True)
    base = f"/api/tournaments/{tournament_id}"
    told = await house.client.post(f"{base}/players/ann/token", headers=house.auth)
    guest = {"Authorization": f"Bearer {told.json()['crash-classic']['jwt']}"}
    path = f"{base}/players/ann/trace"
    codes = [(await house.client.get(path, headers=guest)).status_code for _ in range(11)]
    assert codes == [200] * 10 + [429]
    codes = [(await house.client.get(f"{base}/rules", headers=guest)).status_code for _ in range(61)]
    assert codes == [200] * 60 + [429]


@pytest.mark.parametrize("path", ["/api/tournaments/%00", "/api/tournaments/x/players/%00", "/a%1Fb"])
async def test_nul_in_a_path_is_no_path(house: House, path: str) -> None:
    answer = await house.client.get(path, headers=house.auth)
    assert (answer.status_code, answer.json()["error"]) == (404, "not_found")
    answer = await house.client.get("/api/tournaments?externalId=%00", headers=house.auth)
    assert (answer.status_code, answer.json()["error"]) == (400, "validation_failed")


async def test_a_user_id_may_hold_a_slash(house: House) -> None:
    tournament_id = await house.tournament("org/user:1", "ben", started=True, rebuyEnabled=True)
    base, name = f"/api/tournaments/{tournament_id}/players", "org%2Fuser:1"
    told = (await house.client.get(f"{base}/{name}", headers=house.auth)).json()
    assert told["userId"] == "org/user:1"
    for path, body in ((f"{base}/{name}/rebuy", {"amount": 10}), (f"{base}/{name}/token", None)):
        assert (await house.client.post(path, headers=house.auth, json=body)).status_code == 200
    played = await house.client.get(f"/api/players/{name}/tournaments", headers=house.auth)
    assert played.json()["pagination"]["total"] == 1
    keyed = house.auth | {"Idempotency-Key": "once"}
    gone = [await house.client.delete(f"{base}/{name}", headers=keyed) for _ in range(2)]
    assert gone[0].status_code == 200 and gone[0].content == gone[1].content


def test_a_repeated_key_costs_one_pass() -> None:
    """It was quadratic: 1 MiB of keys held a front end for minutes."""
    pairs = ",".join(f'"k{n}":1' for n in range(60_000))
    begun = time.process_time()
    with pytest.raises(ApiError, match="stands twice"):
        parse_json(f'{{{pairs},"k0":2}}'.encode())
    assert time.process_time() - begun < 5, "it took minutes before"


async def test_thousands_of_unknown_fields_are_told_briefly(house: House) -> None:
    body = {f"wrong{n}": n for n in range(20_000)}
    answer = await house.client.post("/api/tournaments", headers=house.auth, json=body)
    details = answer.json()["details"]
    assert answer.status_code == 400 and len(details) == 101 and "more" in details["..."]


@pytest.mark.parametrize(
    "body",
    [
        b'{"name":"a\\u0000b"}',
        b'{"name":"\\ud800"}',
        b'{"a\\u0000":1}',
        b'{"description":["\\udfff"]}',
    ],
)
async def test_text_that_nothing_can_hold_is_no_json_of_ours(house: House, body: bytes) -> None:
    answer = await house.client.post("/api/tournaments", headers=house.auth, content=body)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_json")


@pytest.mark.parametrize(
    "amount",
    [
        "10.000000000000000000000000000000001",
        "9.99999999999999999999999999999999999",
        "1" * 60,
        "0." + "0" * 50,
    ],
)
async def test_amounts_are_exact_to_the_last_digit(house: House, amount: str) -> None:
    tournament_id = await house.tournament(entryFee=10)
    body = f'{{"userId":"ann","buyInAmount":{amount}}}'
    path = f"/api/tournaments/{tournament_id}/players"
    answer = await house.client.post(path, headers=house.auth, content=body)
    assert answer.status_code == 400, answer.text


async def test_instants_of_other_centuries_are_refused_and_old_ones_printed(house: House) -> None:
    for instant in ("9999-12-31T23:59:59-23:59", "1999-12-31T23:59:59Z", "2200-01-01T00:00:00Z"):
        body: dict[str, Any] = {"name": "Cup", "gameSlug": "crash-classic", "startTime": instant}
        answer = await house.client.post("/api/tournaments", headers=house.auth, json=body)
        assert "year" in answer.json()["details"]["startTime"]
        tournament_id = await house.tournament("ann", "ben", started=True)
        fact = {"event_id": "1", "player": "ann", "points": 1, "opened_at": instant}
        path = f"/api/internal/tournaments/{tournament_id}/events"
        told = await house.client.post(path, headers=house.platform, json={"events": [fact]})
        assert told.json()["results"][0]["status"] == "invalid"
        trace = await house.client.get(
            f"/api/tournaments/{tournament_id}/players/ann/trace", headers=house.auth
        )
        assert trace.status_code == 200


def test_an_address_has_so_many_connections() -> None:
    crowd = ConnectionLimits(2)
    assert [crowd.enter("203.0.113.9") for _ in range(3)] == [True, True, False]
    assert crowd.enter("203.0.113.8")
    crowd.leave("203.0.113.9")
    assert crowd.enter("203.0.113.9") and not crowd.enter("203.0.113.9")
    assert all(ConnectionLimits(0).enter("203.0.113.9") for _ in range(99))


async def test_one_connection_too_many_is_turned_away(served: Served) -> None:
    served.house.ctx.connection_limits = ConnectionLimits(1)
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    writer.write(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n")
    assert b" 200 " in await reader.readline()
    assert b" 429 " in await raw(served, b"")
    writer.close()
    await asyncio.sleep(0.2)
    assert b" 200 " in await raw(served, b"GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")


def test_a_limiter_of_very_many_addresses_stays_small_and_quick() -> None:
    limiter = MemoryLimiter(ManualClock())
    begun = time.process_time()
    for n in range(300_000):
        limiter.count((Window(f"address:{n}", 600, 60_000),))
    assert len(limiter._used) <= 400_000
    assert time.process_time() - begun < 30, "it was quadratic"


async def test_metrics_are_not_for_those_who_come_through_a_proxy(house: House) -> None:
    assert (await house.client.get("/metrics")).status_code == 200
    passed_on = {"X-Forwarded-For": "203.0.113.9"}
    assert (await house.client.get("/metrics", headers=passed_on)).status_code == 401
    house.ctx.client_addresses = ClientAddresses(("127.0.0.1",))
    assert (await house.client.get("/metrics")).status_code == 401
    house.ctx.metrics_token = "let-me-in"
    answer = await house.client.get("/metrics", headers={"Authorization": "Bearer let-me-in"})
    assert answer.status_code == 200


async def test_an_answer_that_was_given_once_is_given_again_only_to_those_who_may(house: House) -> None:
    tournament_id = await house.tournament()
    path = f"/api/tournaments/{tournament_id}/players"
    once = {"Idempotency-Key": "k"}
    entry = {"userId": "ann", "buyInAmount": 10}
    first = await house.client.post(path, headers=house.auth | once, json=entry)
    poor = await house.key("read_only")
    told = await house.client.post(path, headers=poor | once, json=entry)
    assert (told.status_code, told.json()["error"]) == (403, "insufficient_permissions")
    again = await house.client.post(path, headers=house.auth | once, json=entry)
    assert again.content == first.content
    kept = [given.body for _, _, given in house.store._claims.values() if given is not None]
    token = first.json()["crash-classic"]["jwt"]
    assert kept and not any(token.rpartition(".")[2].encode() in body for body in kept), "no token is stored"


async def test_public_lists_are_one_operators(house: House) -> None:
    mine = await house.tournament(visibility="public")
    theirs = await house.client.post(
        "/api/tournaments",
        headers=house.other,
        json={"name": "C", "gameSlug": "crash-classic", "startTime": house.at(60), "visibility": "public"},
    )
    test_key = await house.key("full_access", live=False)
    tried = await house.client.post(
        "/api/tournaments",
        headers=test_key,
        json={"name": "T", "gameSlug": "crash-classic", "startTime": house.at(60), "visibility": "public"},
    )

    async def ids(path: str) -> list[str]:
        told = (await house.client.get(path)).json()
        return [row["tournamentId"] for row in told["tournaments"]]

    assert await ids("/api/public/tournaments") == await ids("/api/public/op_123/tournaments") == [mine]
    assert await ids("/api/public/op_456/tournaments") == [theirs.json()["tournamentId"]]
    assert await ids("/api/public/op_123/tournaments?mode=test") == [tried.json()["tournamentId"]]
    assert (await house.client.get("/api/public/nobody/tournaments")).status_code == 404
    house.ctx.public_operator = None
    assert (await house.client.get("/api/public/tournaments")).status_code == 404


async def test_a_front_end_that_drains_is_not_ready(house: House) -> None:
    assert (await house.client.get("/readyz")).json() == {"status": "ready"}
    house.ctx.readiness.drains = True
    told = await house.client.get("/readyz")
    assert told.status_code == 503 and "front_end" in told.json()["missing"]


async def test_the_first_readers_of_the_description_share_one_making(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each made it anew, all at once, while the event loop waited for its turn."""
    made = []
    real = house.app.openapi
    monkeypatch.setattr(house.app, "openapi", lambda: [made.append(1), real()][1])  # type: ignore[func-returns-value]
    answers = await asyncio.gather(*(house.client.get("/openapi.json") for _ in range(20)))
    assert {answer.status_code for answer in answers} == {200} and len(made) == 1


def test_what_is_written_after_the_end_of_a_connection_is_dropped() -> None:
    """On the loop that serves: asyncio's own does not raise."""

    async def reset() -> None:
        loop, made = asyncio.get_running_loop(), []

        class Paused(asyncio.Protocol):
            def connection_made(self, transport: Any) -> None:
                transport.pause_reading()
                made.append(transport)

        server = await loop.create_server(Paused, "127.0.0.1", 0)
        client = socket.create_connection(server.sockets[0].getsockname())
        while not made:
            await asyncio.sleep(0.01)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.close()
        while not made[0].is_closing():
            await asyncio.sleep(0.01)
        with pytest.raises(RuntimeError):
            made[0].write(b"late")
        ClosedQuietly(made[0]).write(b"late")
        server.close()

    uvloop.run(asyncio.wait_for(reset(), 30))


async def test_a_client_that_leaves_in_the_middle_of_its_body_is_no_error_of_ours(served: Served) -> None:
    """A logged exception fails the test."""
    _, writer = await asyncio.open_connection("127.0.0.1", served.port)
    key = served.house.auth["Authorization"].encode()
    writer.write(
        b"POST /api/tournaments HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\nauthorization: "
        + key
        + b"\r\n\r\n{"
    )
    await writer.drain()
    await asyncio.sleep(0.2)
    writer.transport.abort()
    await asyncio.sleep(0.2)


async def test_an_http_connection_that_became_a_socket_is_freed_at_once(served: Served) -> None:
    """Its parser and it refer to each other: thousands of them would wait for the collector."""
    tournament_id = await served.house.tournament("ann", "ben", started=True, visibility="public")
    gc.collect()
    gc.disable()
    try:
        opened = [await served.open(f"/ws/tournaments/{tournament_id}?spectate") for _ in range(5)]
        left = [one for one in gc.get_objects() if type(one) is QuickProtocol]
    finally:
        gc.enable()
    assert len(opened) == 5 and not left


async def test_an_http_connection_shares_the_table_of_its_names(served: Served) -> None:
    """Python lets objects of a class share it while there are fewer than thirty names."""
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
    await reader.readline()
    found = [one for one in gc.get_objects() if type(one) is QuickProtocol]
    writer.close()
    assert found and all(len(vars(one)) < 30 for one in found)


async def test_no_header_is_read_behind_one_too_many(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """All come in one read: the parser would go through them before anything else is asked."""
    read = 0

    def counted(self: Any, name: bytes, value: bytes) -> None:
        nonlocal read
        read += 1
        self.headers.append((name.lower(), value))

    monkeypatch.setattr(HttpToolsProtocol, "on_header", counted)
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    writer.write(b"GET /healthz HTTP/1.1\r\n" + b"a:1\r\n" * 5_000 + b"\r\n")
    assert b" 431 " in await reader.readline()
    writer.close()
    assert read == HEADERS_MAX + 1
