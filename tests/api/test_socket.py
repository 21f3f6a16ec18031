"""The player socket, on a real one: greeted, in step, resumed, and closed with the right code."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from api.ws.messages import Close
from tests.support.served import Served, a_served_house, close_code, frame


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    async with a_served_house() as opened:
        yield opened


async def test_welcome_then_snapshot_then_deltas_and_me(served: Served) -> None:
    tournament_id = await served.house.tournament("ann", "ben", started=True)
    token = await served.token(tournament_id, "ann")
    async with served.socket(tournament_id, f"token={token}") as socket:
        welcome = await frame(socket)
        assert welcome["type"] == "welcome" and welcome["me"]["displayName"] == "Ann"
        assert welcome["can"]["play"] == {"allowed": True, "reason": None}
        assert welcome["can"]["rebuy"] == {"allowed": False, "reason": "no_rebuys"}
        snapshot = await frame(socket)
        assert snapshot["type"] == "snapshot" and snapshot["total"] == 2
        assert snapshot["prizes"] == [{"position": 1, "prize": 12.5}, {"position": 2, "prize": 7.5}]
        first = await frame(socket, "me")
        assert (first["position"], first["points"], first["prize"]) == (1, 0, 12.5)
        await served.report(tournament_id, ben=7.5)
        delta = await frame(socket, "delta")
        assert (delta["epoch"], delta["seq"]) == (snapshot["epoch"], snapshot["seq"] + 1)
        assert [(row["displayName"], row["points"]) for row in delta["rows"]] == [("Ben", 7.5), ("Ann", 0)]
        moved = await frame(socket, "me")
        assert (moved["position"], moved["moved"], moved["pointsToNextPrize"]) == (2, -1, 7.5)
        assert "userId" not in str([welcome, snapshot, delta, moved])


async def test_lifecycle_is_pushed_and_the_final_board_follows(served: Served) -> None:
    no_grace = {"graceSeconds": 0}
    tournament_id = await served.house.tournament("ann", "ben", visibility="public", config=no_grace)
    async with served.socket(tournament_id, "spectate") as socket:
        assert (await frame(socket))["can"]["register"]["allowed"] is True
        await served.house.client.post(f"/api/tournaments/{tournament_id}/start", headers=served.house.auth)
        assert (await frame(socket, "lifecycle"))["event"] == "started"
        await served.house.client.post(f"/api/tournaments/{tournament_id}/finish", headers=served.house.auth)
        events = [(await frame(socket, "lifecycle"))["event"] for _ in range(2)]
        assert events == ["completed", "results_final"]
        assert await close_code(socket) == Close.TOURNAMENT_OVER
    async with served.socket(tournament_id, "spectate") as late:
        assert (await frame(late))["status"] == "completed"
        assert (await frame(late))["resultsStatus"] == "final"
        assert await close_code(late) == Close.TOURNAMENT_OVER


async def test_a_client_that_was_away_gets_exactly_what_it_missed(served: Served) -> None:
    tournament_id = await served.house.tournament("ann", "ben", started=True, visibility="public")
    async with served.socket(tournament_id, "spectate") as stays:
        snapshot = await frame(stays, "snapshot")
        for points in (1, 2, 3):
            await served.report(tournament_id, ann=points)
            last = await frame(stays, "delta")
        position = f"resume={snapshot['epoch']}:{snapshot['seq']}"
        async with served.socket(tournament_id, f"spectate&{position}") as back:
            assert (await frame(back))["type"] == "welcome"
            missed = [await frame(back) for _ in range(last["seq"] - snapshot["seq"])]
            assert [f["type"] for f in missed] == ["delta"] * len(missed)
            assert [f["seq"] for f in missed] == list(range(snapshot["seq"] + 1, last["seq"] + 1))
            assert missed[-1]["rows"] == last["rows"]
        for stale in ("resume=99:0", "resume=1:99999", "resume=x"):
            async with served.socket(tournament_id, f"spectate&{stale}") as lost:
                await frame(lost, "welcome")
                assert (await frame(lost))["type"] == "snapshot"


async def test_a_new_owner_is_a_new_epoch_told_by_a_snapshot(served: Served) -> None:
    tournament_id = await served.house.tournament("ann", "ben", started=True, visibility="public")
    async with served.socket(tournament_id, "spectate") as socket:
        before = await frame(socket, "snapshot")
        await served.house.directory.host(tournament_id).retire()
        await served.report(tournament_id, ben=5)
        after = await frame(socket, "snapshot")
        assert after["epoch"] > before["epoch"]
        while not after["rows"] or after["rows"][0]["points"] != 5:
            after = await frame(socket, "snapshot", "delta")


async def test_two_sockets_get_the_same_bytes_and_are_counted(served: Served) -> None:
    tournament_id = await served.house.tournament("ann", "ben", started=True, visibility="public")
    async with (
        served.socket(tournament_id, "spectate") as one,
        served.socket(tournament_id, "spectate") as two,
    ):
        for socket in (one, two):
            await frame(socket, "snapshot")
        await served.report(tournament_id, ann=1)
        assert await frame(one, "delta") == await frame(two, "delta")
        for prefix, headers in (("/api", served.house.auth), ("/api/internal", served.house.platform)):
            path = f"{prefix}/tournaments/{tournament_id}/status"
            answer = await served.house.client.get(path, headers=headers)
            assert answer.json()["gameRoom"]["activeConnections"] == 2
    async with asyncio.timeout(30):
        while served.house.ctx.hub.sockets(tournament_id):
            await asyncio.sleep(0.01)


async def test_auth_by_header_first_frame_and_operator_key(served: Served) -> None:
    tournament_id = await served.house.tournament("ann", "ben", started=True)
    token = await served.token(tournament_id, "ann")
    bearer = {"Authorization": f"Bearer {token}"}
    async with served.socket(tournament_id, additional_headers=bearer) as socket:
        assert (await frame(socket))["me"]["displayName"] == "Ann"
    async with served.socket(tournament_id) as socket:
        await socket.send(f'{{"type":"auth","token":"{token}"}}')
        assert (await frame(socket))["me"]["displayName"] == "Ann"
    async with served.socket(tournament_id, additional_headers=served.house.auth) as socket:
        assert (await frame(socket))["me"] is None


async def test_who_is_turned_away_and_with_which_code(served: Served) -> None:
    house = served.house
    tournament_id = await house.tournament("ann", "ben", started=True)
    other = await house.tournament("ann")
    token = await served.token(other, "ann")
    cases = [
        ("spectate", {}, Close.NOT_FOUND),
        ("token=rubbish", {}, Close.LOG_IN_AGAIN),
        (f"token={token}", {}, Close.FORBIDDEN),
        ("", await house.key("player_registration"), Close.FORBIDDEN),
        ("", house.other, Close.NOT_FOUND),
        ("", {"Authorization": "Bearer pk_live_x:sk_live_y"}, Close.LOG_IN_AGAIN),
    ]
    for query, headers, code in cases:
        async with served.socket(tournament_id, query, additional_headers=headers) as socket:
            assert await close_code(socket) == code
    for first, code in (("{", Close.BAD_FRAME), ('{"type":"ping"}', Close.LOG_IN_AGAIN)):
        async with served.socket(tournament_id) as socket:
            await socket.send(first)
            assert await close_code(socket) == code


async def test_a_removed_player_and_a_wrong_origin_are_forbidden(served: Served) -> None:
    house = served.house
    tournament_id = await house.tournament("ann", "ben", started=True)
    token = await served.token(tournament_id, "ann")
    operator = await house.store.operator("op_123")
    assert operator is not None
    fields = {name: getattr(operator, name) for name in operator.__slots__}
    await house.store.add(type(operator)(**fields | {"origins": ("https://casino.example",)}))
    async with served.socket(tournament_id, f"token={token}", origin="https://evil.example") as socket:
        assert await close_code(socket) == Close.FORBIDDEN
    async with served.socket(tournament_id, f"token={token}", origin="https://casino.example") as socket:
        assert (await frame(socket))["type"] == "welcome"
    await house.client.delete(f"/api/tournaments/{tournament_id}/players/ann", headers=house.auth)
    async with served.socket(tournament_id, f"token={token}") as socket:
        assert await close_code(socket) == Close.FORBIDDEN


async def test_messages_in_are_answered_and_bad_ones_close(served: Served) -> None:
    tournament_id = await served.house.tournament("ann", "ben", "cid", started=True)
    token = await served.token(tournament_id, "ben")
    async with served.socket(tournament_id, f"token={token}") as socket:
        await socket.send('{"type":"ping"}')
        assert (await frame(socket, "pong"))["serverTime"].endswith("Z")
        await socket.send('{"type":"around","above":1,"below":0}')
        assert [row["displayName"] for row in (await frame(socket, "around"))["rows"]] == ["Ann", "Ben"]
        await socket.send('{"type":"dance"}')
        assert (await frame(socket, "error"))["error"] == "unknown_message"
        await socket.send(f'{{"type":"auth","token":"{token}"}}')
        assert (await frame(socket, "auth"))["renewed"] is True
        await socket.send('{"type":"auth","token":"x"}')
        assert (await frame(socket, "error"))["error"] == "unauthorized"
    for bad in ("garbage", "[]", '{"type":5}', '{"type":"ping","more":1}'):
        async with served.socket(tournament_id, f"token={token}") as socket:
            await socket.send(bad)
            assert await close_code(socket) == Close.BAD_FRAME
    async with served.socket(tournament_id, f"token={token}") as socket:
        for _ in range(60):
            await socket.send('{"type":"ping"}')
        assert await close_code(socket) == Close.TOO_MANY
    async with served.socket(tournament_id, f"token={token}") as socket:
        await socket.send("x" * 5_000)
        assert await close_code(socket) in (1009, Close.BAD_FRAME)
