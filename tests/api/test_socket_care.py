"""The player socket against clients that are slow, silent, hostile or late; the others are not disturbed."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from websockets.frames import CloseCode, Frame, Opcode

from actors.requests import ReadPlaces, ReportFacts
from api.context import player_tokens, stranger_limits
from api.context.connection_limits import ConnectionLimits
from api.ws.channel import Channel
from api.ws.messages import Close
from config import limits
from server.domain.ids import OperatorId, Tenant
from server.encoding import codec
from tests.support.app import House, a_house
from tests.support.builders import points
from tests.support.sockets import HIGH_BYTES, Wire


class Room:
    """A tournament in play with somebody who just watches."""

    def __init__(self, house: House, tournament_id: str) -> None:
        self.house, self.id, self.count = house, tournament_id, 0

    async def wire(self, path: str = "{id}?spectate", more: str = "") -> Wire:
        """A client that was let in, or turned away."""
        wire = Wire(self.house.ctx, path.format(id=self.id), more)
        await self.house.clock.advance(0)
        return wire

    async def player(self, name: str) -> Wire:
        """A player's client."""
        path = f"/api/tournaments/{self.id}/players/{name}/token"
        answer = await self.house.client.post(path, headers=self.house.auth)
        self.token = answer.json()["crash-classic"]["jwt"]
        return await self.wire(f"{{id}}?token={self.token}")

    async def score(self, name: str = "ann", seconds: float = 0.2) -> None:
        """A fact, and time for a tick."""
        self.count += 1
        fact = points(f"f{self.count}", name, 1)
        await self.house.directory.ask(self.id, ReportFacts(codec.encode_facts([fact])))
        await self.wait(seconds)

    async def wait(self, seconds: float) -> None:
        """Time passes."""
        await self.house.clock.advance(round(seconds * 1_000))


@pytest.fixture
async def room() -> AsyncIterator[Room]:
    async with a_house() as house:
        users = ("ann", "ben", *(f"u{n}" for n in range(60)))
        tournament_id = await house.tournament(*users, started=True, visibility="public")
        yield Room(house, tournament_id)


def kinds(wire: Wire) -> list[str]:
    return [frame["type"] for frame in wire.heard]


async def test_a_crowd_of_watchers_shares_looks_at_the_database(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = 0
    gate = asyncio.Event()
    find_public = room.house.store.find_public

    async def slow(tournament_id: str) -> Any:
        nonlocal looks
        looks += 1
        await gate.wait()
        return await find_public(tournament_id)

    monkeypatch.setattr(room.house.store, "find_public", slow)
    crowd = [Wire(room.house.ctx, f"{room.id}?spectate")]
    await room.wait(0)
    crowd += [Wire(room.house.ctx, f"{room.id}?spectate") for _ in range(20)]
    await room.wait(0)
    gate.set()
    await room.wait(0.5)
    assert looks == 2, "those who come during a look wait for the next: it might not see what they saw"
    assert all("welcome" in kinds(wire) for wire in crowd)
    assert (await room.wire()).heard and looks == 3


async def test_a_crowd_of_browsers_shares_the_look_at_their_operator(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = 0
    operator = room.house.store.operator

    async def counted(operator_id: str) -> Any:
        nonlocal looks
        looks += 1
        await asyncio.sleep(0)
        return await operator(operator_id)

    monkeypatch.setattr(room.house.store, "operator", counted)
    origin = "Origin: https://casino.example\r\n"
    crowd = [Wire(room.house.ctx, f"{room.id}?spectate", origin) for _ in range(20)]
    await room.wait(0.5)
    assert all("welcome" in kinds(wire) for wire in crowd) and looks <= 3


async def test_a_slow_reader_melts_into_one_snapshot_and_holds_no_memory(room: Room) -> None:
    slow, other = await room.wire(), await room.wire()
    slow.hold()
    for _ in range(170):
        await room.score()
    assert slow.most_waiting < HIGH_BYTES + 10_000
    before = len(slow.heard)
    slow.read_on()
    await room.wait(0)
    caught_up = [frame for frame in slow.heard[before:] if "seq" in frame]
    assert caught_up[-1]["type"] == "snapshot" and caught_up[-1]["seq"] == other.heard[-1]["seq"]
    assert kinds(other).count("delta") == 170 and kinds(other).count("snapshot") == 1
    await room.score()
    assert kinds(slow)[-1] == "delta"


async def test_a_reader_that_is_only_a_little_late_gets_every_delta(room: Room) -> None:
    await room.score()
    late = await room.wire()
    late.socket.pause_writing()
    for _ in range(2):
        await room.score()
    assert "delta" not in kinds(late)
    late.socket.resume_writing()
    assert kinds(late).count("delta") == 2 and kinds(late).count("snapshot") == 1


async def test_a_reader_that_is_stuck_is_closed(room: Room) -> None:
    stuck, other = await room.wire(), await room.wire()
    stuck.hold()
    while not stuck.is_cut and room.count < 400:
        await room.score()
    await room.wait(limits.SOCKET_STUCK_AFTER_MS / 1_000 + 2)
    assert stuck.is_cut and not other.is_cut
    assert room.house.ctx.hub.sockets(room.id) == 1


async def test_a_half_open_socket_is_pinged_and_then_given_up(room: Room) -> None:
    gone, there = await room.wire(), await room.wire()
    await room.wait(limits.ROOM_FRAME_EVERY_S)
    gone.hold()
    gone.most_waiting = 0
    await room.wait(limits.SOCKET_PING_MS / 1_000 + 2)
    assert gone.most_waiting == 2 and not there.is_cut, "an empty ping"
    await room.wait(limits.SOCKET_PING_MS / 1_000 + 2)
    assert gone.is_cut and not there.is_cut


@pytest.mark.parametrize("path", ["nowhere?spectate", "{id}?token=rubbish"])
async def test_who_is_not_let_in_and_never_agrees_to_the_close_is_cut(room: Room, path: str) -> None:
    wire = Wire(room.house.ctx, path.format(id=room.id))
    wire.hold()
    await room.wait(0)
    assert not wire.is_cut
    await room.wait(limits.SOCKET_CLOSE_MS / 1_000 + 2)
    assert wire.is_cut


async def test_clients_that_do_not_say_who_they_are_keep_no_turn(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stranger_limits, "STRANGER_TURN_S", 600)
    monkeypatch.setattr(stranger_limits, "STRANGER_WAITS_S", 600)
    silent = [await room.wire("{id}") for _ in range(5)]
    ann = await room.player("ann")
    assert kinds(ann)[0] == "welcome"
    assert [wire.code for wire in silent] == [None] * 5


async def test_a_token_runs_out_unless_it_is_renewed_in_band(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(player_tokens, "TOKEN_AFTER_END_MS", -30 * 60_000)
    summary = await room.house.store.find(Tenant(OperatorId("op_123"), live=True), room.id)
    assert summary is not None
    ann, ben = await room.player("ann"), await room.player("ben")
    ends_ms = player_tokens.ends_ms(summary, room.house.clock.now_ms())
    await room.wait((ends_ms - room.house.clock.now_ms()) / 1_000 - 60)
    monkeypatch.setattr(player_tokens, "TOKEN_AFTER_END_MS", 86_400_000)
    fresh = await room.house.client.post(
        f"/api/tournaments/{room.id}/players/ben/token", headers=room.house.auth
    )
    ben.say(f'{{"type":"auth","token":"{fresh.json()["crash-classic"]["jwt"]}"}}')
    ben.say('{"type":"auth","token":"rubbish"}')
    assert {"type": "auth", "renewed": True} in ben.heard and ben.heard[-1]["error"] == "unauthorized"
    await room.wait(62)
    assert ann.code == Close.LOG_IN_AGAIN and ben.code is None


async def test_a_socket_ends_with_the_token_that_opened_it(room: Room) -> None:
    old, ben = await room.player("ann"), await room.player("ben")
    first = room.token
    path = f"/api/tournaments/{room.id}/players/ann/token"
    auth = room.house.auth
    assert (await room.house.client.post(path, headers=auth, json={"revokeOthers": "yes"})).status_code == 400
    told = await room.house.client.post(path, headers=auth, json={"revokeOthers": True})
    newest = told.json()["crash-classic"]["jwt"]
    await room.wait(3)
    assert old.code == Close.LOG_IN_AGAIN and ben.code is None
    ann = await room.wire(f"{{id}}?token={newest}")
    await room.wait(60)
    assert ann.code is None, "the token that ended the others is good"
    again = await room.player("ann")
    assert again.code is None, "and so are those made later"
    ben_late = await room.wire(f"{{id}}?token={first}")
    assert ben_late.code is None, "another player's goes on"


@pytest.mark.parametrize("step_ms", [-3_600_000, 3_600_000])
async def test_a_token_ends_also_when_the_clock_was_set(room: Room, step_ms: int) -> None:
    ann = await room.player("ann")
    await room.wait(5)
    room.house.clock.step(step_ms)
    path = f"/api/tournaments/{room.id}/players/ann/token"
    told = await room.house.client.post(path, headers=room.house.auth, json={"revokeOthers": True})
    assert told.status_code == 200
    await room.wait(4)
    assert ann.code == Close.LOG_IN_AGAIN


async def test_an_ended_token_opens_nothing_and_renews_nothing(room: Room) -> None:
    path = f"/api/tournaments/{room.id}/players/ann/token"
    client, auth = room.house.client, room.house.auth
    old = (await client.post(path, headers=auth)).json()["crash-classic"]["jwt"]
    fresh = (await client.post(path, headers=auth, json={"revokeOthers": True})).json()
    new = fresh["crash-classic"]["jwt"]
    reads = f"/api/tournaments/{room.id}/players/me"
    for token, status in ((old, 401), (new, 200)):
        told = await client.get(reads, headers={"Authorization": f"Bearer {token}"})
        assert told.status_code == status
        checked = await client.post(
            "/api/internal/auth/validate-token", headers=room.house.platform, json={"token": token}
        )
        assert checked.json()["valid"] is (status == 200)
    assert (await room.wire(f"{{id}}?token={old}")).code == Close.LOG_IN_AGAIN
    ann = await room.wire(f"{{id}}?token={new}")
    ann.say(f'{{"type":"auth","token":"{old}"}}')
    assert ann.heard[-1]["error"] == "unauthorized"


HOSTILE: dict[str, tuple[bytes, int]] = {
    "garbage": (b"\xff" * 40, CloseCode.PROTOCOL_ERROR),
    "not masked": (Frame(Opcode.TEXT, b"{}").serialize(mask=False), CloseCode.PROTOCOL_ERROR),
    "too long": (Frame(Opcode.TEXT, b"x" * 5_000).serialize(mask=True), CloseCode.MESSAGE_TOO_BIG),
    "endless": (b"\x81\xff" + (2**62).to_bytes(8, "big"), CloseCode.MESSAGE_TOO_BIG),
    "binary": (Frame(Opcode.BINARY, b"{}").serialize(mask=True), Close.BAD_FRAME),
    "no text": (Frame(Opcode.TEXT, b"\xff\xfe").serialize(mask=True), Close.BAD_FRAME),
    "no message": (Frame(Opcode.TEXT, b"[]").serialize(mask=True), Close.BAD_FRAME),
    "pings": (Frame(Opcode.PING, b"").serialize(mask=True) * 50, Close.TOO_MANY),
    "pieces": (Frame(Opcode.TEXT, b"", fin=False).serialize(mask=True), 0),
    "messages": (Frame(Opcode.TEXT, b'{"type":"ping"}').serialize(mask=True) * 50, Close.TOO_MANY),
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_hostile_bytes_close_with_the_right_code_and_nobody_else(room: Room, name: str) -> None:
    hostile, other = await room.wire(), await room.wire()
    data, code = HOSTILE[name]
    hostile.socket.data_received(data)
    if name == "pieces":
        for _ in range(30):
            hostile.socket.data_received(Frame(Opcode.CONT, b"x", fin=False).serialize(mask=True))
        code = Close.TOO_MANY
    assert hostile.code == code
    for _ in range(100):
        if not hostile.is_cut:
            hostile.socket.data_received(data)
    await room.wait(limits.SOCKET_CLOSE_MS / 1_000 + 2)
    assert hostile.is_cut, "a client that does not agree to the close is cut"
    await room.score()
    assert kinds(other)[-1] == "delta" and other.code is None


async def test_messages_before_the_welcome_are_heard_after_it_and_not_endlessly(room: Room) -> None:
    eager = Wire(room.house.ctx, f"{room.id}?spectate")
    eager.say('{"type":"ping"}')
    await room.wait(0)
    assert kinds(eager)[0] == "welcome" and "pong" in kinds(eager)
    flood = Wire(room.house.ctx, f"{room.id}?spectate")
    for _ in range(limits.SOCKET_MESSAGES_PER_S + 1):
        flood.say('{"type":"ping"}')
    await room.wait(0)
    assert flood.code == Close.TOO_MANY


async def test_a_front_end_that_stops_says_so_and_sends_its_clients_elsewhere(room: Room) -> None:
    wire = await room.wire()
    wire.socket.shutdown()
    assert (wire.heard[-1]["type"], wire.heard[-1]["event"]) == ("lifecycle", "maintenance")
    assert wire.code == Close.RECONNECT


async def test_origins_are_checked_for_spectators_too(room: Room) -> None:
    operator = await room.house.store.operator("op_123")
    assert operator is not None
    fields: dict[str, Any] = {name: getattr(operator, name) for name in operator.__slots__}
    await room.house.store.add(type(operator)(**fields | {"origins": ("https://casino.example",)}))
    for origin, code in (("https://evil.example", Close.FORBIDDEN), ("https://casino.example", None)):
        wire = await room.wire(more=f"Origin: {origin}\r\n")
        assert wire.code == code
    assert (await room.wire()).code is None, "what is no browser says none"


async def test_a_handshake_that_is_none_gets_an_http_answer(room: Room) -> None:
    wire = Wire(room.house.ctx, room.id, version="8")
    assert wire.head.startswith(b"HTTP/1.1 426") or wire.head.startswith(b"HTTP/1.1 400"), wire.head
    assert wire.is_cut


async def test_a_player_who_is_out_is_told_so_once() -> None:
    async with a_house() as house:
        rounds = {"count": 2, "durationSeconds": 600, "pacedBy": "game", "eliminatedBy": "game"}
        tournament_id = await house.tournament("ann", "ben", "cid", started=True, rounds=rounds)
        room = Room(house, tournament_id)
        ann, ben = await room.player("ann"), await room.player("ben")
        body = {"events": [{"event_id": "out-1", "player": "ann", "kind": "elimination"}]}
        path = f"/api/internal/tournaments/{tournament_id}/events"
        answer = await house.client.post(path, headers=house.platform, json=body)
        assert answer.json()["accepted"] == 1, answer.text
        await room.wait(5)
        await room.score("ben", seconds=5)
        out = [frame for frame in ann.heard if frame.get("event") == "eliminated"]
        assert len(out) == 1 and "seq" not in out[0]
        assert not [frame for frame in ben.heard if frame.get("event") == "eliminated"]


async def test_the_room_is_told_when_it_fills(room: Room) -> None:
    first = await room.wire()
    assert first.heard[-1] == {
        "type": "room",
        "roomId": f"room_{room.id}",
        "status": "active",
        "activeConnections": 1,
    }
    await room.wire()
    for _ in range(2):
        await room.score()
    await room.wait(limits.ROOM_FRAME_EVERY_S)
    rooms = [frame for frame in first.heard if frame["type"] == "room"]
    assert rooms[-1]["activeConnections"] == 2


@pytest.mark.unforeseen
async def test_a_socket_that_cannot_be_written_to_is_dropped_and_the_others_hear_the_rest(room: Room) -> None:
    first, broken, last = [await room.wire() for _ in range(3)]

    def fail(_: bytes) -> None:
        raise RuntimeError("planted")

    broken.write = fail  # type: ignore[method-assign, assignment]
    await room.score()
    assert broken.is_cut and kinds(first)[-1] == "delta" == kinds(last)[-1]
    assert room.house.ctx.hub.sockets(room.id) == 2


@pytest.mark.unforeseen
async def test_a_board_goes_on_after_what_nobody_foresaw(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    ann = await room.player("ann")
    await room.wait(limits.ME_FRAME_EVERY_S)

    ask_on = room.house.directory.ask

    async def ask(tournament_id: str, message: Any) -> Any:
        if isinstance(message, ReadPlaces):
            raise RuntimeError("planted")
        return await ask_on(tournament_id, message)

    with monkeypatch.context() as planted:
        planted.setattr(room.house.directory, "ask", ask)
        await room.score("ann", seconds=3)
    assert "delta" in kinds(ann)
    seen = kinds(ann).count("me")
    await room.wait(2)
    assert kinds(ann).count("me") == seen + 1, "told without other news"
    with monkeypatch.context() as planted:
        planted.setattr(Channel, "_each", None)
        await room.score("ann")
    seen = kinds(ann).count("delta")
    await room.wait(1)
    assert kinds(ann).count("delta") == seen + 1, "told without other news"
    for part in ("take", "behind"):
        with monkeypatch.context() as planted:
            planted.setattr(Channel, part, None)
            await room.score("ann", seconds=3)
    ann = await room.wire(f"{{id}}?token={room.token}")
    ann.heard.clear()
    await room.score("ann", seconds=3)
    assert {"me", "delta"} <= set(kinds(ann))


async def test_a_socket_ends_with_the_key_that_opened_it(room: Room) -> None:
    auth = await room.house.key("read_only")
    text = auth["Authorization"].removeprefix("Bearer ")
    watcher = await room.wire("{id}", f"Authorization: Bearer {text}\r\n")
    other = await room.wire()
    await room.wait(2)
    assert watcher.code is None
    await room.house.client.delete(f"/api/keys/{text.partition(':')[0]}", headers=room.house.auth)
    await room.wait(5)
    assert watcher.code == Close.LOG_IN_AGAIN and other.code is None


@pytest.mark.parametrize("how", ["removed", "disqualified"])
async def test_a_player_who_is_taken_out_is_told_and_shut_out(room: Room, how: str) -> None:
    ann, ben = await room.player("ann"), await room.player("ben")
    await room.wait(2)
    path = f"/api/tournaments/{room.id}/players/ann"
    if how == "removed":
        await room.house.client.delete(path, headers=room.house.auth)
    else:
        why = {"reason": "cheated"}
        await room.house.client.post(f"{path}/disqualify", headers=room.house.auth, json=why)
    await room.wait(5)
    told = [frame for frame in ann.heard if frame["type"] == "lifecycle"]
    assert [frame["event"] for frame in told] == [how]
    assert ann.code == Close.FORBIDDEN and ben.code is None


async def test_an_operators_key_is_not_taken_from_a_url(room: Room) -> None:
    text = room.house.auth["Authorization"].removeprefix("Bearer ")
    assert (await room.wire(f"{{id}}?token={text}")).code == Close.LOG_IN_AGAIN


async def test_a_burst_of_tiny_frames_before_admission_costs_nothing(room: Room) -> None:
    """200,000 empty fragments took seconds of a core."""
    wire = await room.wire("{id}")
    tiny = Frame(Opcode.CONT, b"").serialize(mask=True)
    wire.socket.data_received(tiny * 200_000)
    assert wire.is_cut
    assert wire.socket._patience._said <= 1_000, "what came behind them was not read"


async def test_after_its_close_a_client_is_read_no_further(room: Room) -> None:
    wire = await room.wire("{id}?token=rubbish")
    assert wire.code == Close.LOG_IN_AGAIN
    wire.socket.data_received(Frame(Opcode.TEXT, b"x").serialize(mask=True) * 100_000)
    assert wire.is_cut


async def test_an_address_has_so_many_sockets(room: Room) -> None:
    room.house.ctx.socket_limits = ConnectionLimits(2)
    wires = [await room.wire() for _ in range(3)]
    assert [wire.code for wire in wires] == [None, None, Close.TOO_MANY]


async def test_a_lone_watcher_that_comes_back_gets_what_it_missed(room: Room) -> None:
    first = await room.wire()
    await room.score()
    at = first.heard[-1]
    first.socket.connection_lost(None)
    await room.score()
    back = await room.wire(f"{{id}}?spectate&resume={at['epoch']}:{at['seq']}")
    missed = [frame for frame in back.heard if "seq" in frame]
    assert [frame["type"] for frame in missed] == ["delta"]
    assert missed[0]["seq"] == at["seq"] + 1
