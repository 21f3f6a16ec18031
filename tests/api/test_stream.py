"""A game platform's stream of facts, on a real socket."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
from websockets.asyncio.client import ClientConnection

from actors.replies import Unavailable
from api.ws.messages import Close
from config.door_limits import PLATFORM_PER_10_S
from config.limits import STREAM_BATCHES_MAX
from tests.support.served import Served, a_served_house, close_code, frame


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    async with a_served_house() as opened:
        yield opened


def stream(served: Served, tournament_id: str, headers: Any = None) -> Any:
    path = f"/ws/internal/tournaments/{tournament_id}/events"
    return served.open(path, additional_headers=headers or served.house.platform)


def facts(start: int, count: int = 1, player: str = "ann", **more: Any) -> list[dict[str, Any]]:
    return [{"event_id": f"f{n}", "player": player, "points": 1} | more for n in range(start, start + count)]


async def send(socket: ClientConnection, batch: int | str, events: Any) -> None:
    await socket.send(msgspec.json.encode({"batch": batch, "events": events}).decode())


async def points_of(served: Served, tournament_id: str) -> list[float]:
    path = f"/api/tournaments/{tournament_id}/leaderboard"
    answer = await served.house.client.get(path, headers=served.house.auth)
    return [row["points"] for row in answer.json()["leaderboard"]]


async def test_batches_are_acknowledged_in_order_when_they_are_durable(served: Served) -> None:
    tournament_id = await served.house.tournament("ann", "ben", started=True)
    async with stream(served, tournament_id) as socket:
        welcome = await frame(socket)
        assert (welcome["type"], welcome["status"]) == ("welcome", "in_progress")
        assert (welcome["factsMax"], welcome["batchesMax"]) == (1_000, STREAM_BATCHES_MAX)
        commits = served.house.store.commits
        for batch in range(60):
            await send(socket, batch, facts(batch * 10, 10))
        for batch in range(60):
            assert await frame(socket) == {"batch": batch, "type": "ack", "accepted": 10, "others": []}
        assert served.house.store.commits - commits <= 60
        assert await points_of(served, tournament_id) == [600, 0]


async def test_what_was_not_accepted_is_named_and_a_repeated_batch_counts_once(served: Served) -> None:
    tournament_id = await served.house.tournament("ann", "ben", started=True)
    async with stream(served, tournament_id) as socket:
        await frame(socket)
        await send(socket, "one", [*facts(0), *facts(1, player="zoe")])
        unknown = {"event_id": "f1", "status": "unknown_player"}
        assert await frame(socket) == {"batch": "one", "type": "ack", "accepted": 1, "others": [unknown]}
        await send(socket, "one again", facts(0))
        told = await frame(socket)
        assert told["accepted"] == 0 and told["others"] == [{"event_id": "f0", "status": "duplicate"}]
    assert await points_of(served, tournament_id) == [1, 0]


async def test_a_large_batch_fits_and_a_player_still_has_little_room(served: Served) -> None:
    tournament_id = await served.house.tournament("ann", "ben", started=True, visibility="public")
    async with stream(served, tournament_id) as socket:
        await frame(socket)
        await send(socket, 1, facts(0, 1_000, round_id="r" * 100))
        assert (await frame(socket))["accepted"] == 1_000
    async with served.socket(tournament_id, "spectate&/ws/internal/") as socket:
        await socket.send("x" * 5_000)
        assert await close_code(socket) in (1009, Close.BAD_FRAME)
    async with stream(served, tournament_id) as socket:
        await frame(socket)
        await socket.send("x" * (1 << 20) + "x")
        assert await close_code(socket) == 1009


async def test_a_wrong_batch_is_told_with_every_fault_and_the_stream_goes_on(served: Served) -> None:
    tournament_id = await served.house.tournament("ann", "ben", started=True)
    async with stream(served, tournament_id) as socket:
        await frame(socket)
        await send(socket, 1, [*facts(0), {"event_id": "", "points": "1"}])
        told = await frame(socket)
        assert (told["type"], told["batch"], told["accepted"]) == ("ack", 1, 1)
        assert [line["status"] for line in told["others"]] == ["invalid"]
        assert set(told["others"][0]["details"]) == {"event_id", "player", "points"}
        await send(socket, 2, [])
        told = await frame(socket)
        assert (told["type"], told["batch"], told["error"]) == ("error", 2, "validation_failed")
        await send(socket, 3, facts(0))
        assert (await frame(socket))["others"][0]["status"] == "duplicate", "the good one was taken"


async def test_an_owner_that_is_away_is_told_and_the_batch_can_be_repeated(served: Served) -> None:
    tournament_id = await served.house.tournament("ann", "ben", started=True)
    courier = served.house.ctx.fact_batcher
    send_on = courier.send

    async def away(*_: Any, **__: Any) -> Unavailable:
        courier.send = send_on  # type: ignore[method-assign]
        return Unavailable("planted")

    async with stream(served, tournament_id) as socket:
        await frame(socket)
        courier.send = away  # type: ignore[method-assign]
        for accepted in (None, 1):
            await send(socket, 7, facts(0))
            told = await frame(socket)
            assert told["batch"] == 7 and told.get("accepted") == accepted
            assert accepted or (told["error"], told["retryAfter"]) == ("service_unavailable", 1)


async def test_batches_are_counted_under_the_keys_limits(served: Served) -> None:
    tournament_id = await served.house.tournament("ann", "ben", started=True)
    async with stream(served, tournament_id) as socket:
        await frame(socket)
        for batch in range(PLATFORM_PER_10_S + 1):
            await send(socket, batch, facts(batch))
            told = await frame(socket)
        assert told["error"] == "rate_limit_exceeded" and 1 <= told["retryAfter"] <= 10
    assert (await points_of(served, tournament_id))[0] == PLATFORM_PER_10_S


async def test_who_is_turned_away_and_with_which_code(served: Served) -> None:
    house = served.house
    tournament_id = await house.tournament("ann", started=False)
    foreign = await house.key("game_platform", "op_456")
    sandbox = await house.key("game_platform", live=False)
    for headers, code in (
        ({"Authorization": "Bearer nobody"}, Close.LOG_IN_AGAIN),
        (house.auth, Close.FORBIDDEN),
        (foreign, Close.NOT_FOUND),
        (sandbox, Close.NOT_FOUND),
    ):
        async with stream(served, tournament_id, headers) as socket:
            assert await close_code(socket) == code
    for bad in ("garbage", "[]", '{"batch": 1}', '{"events": []}', '{"batch": 1, "events": [], "x": 1}'):
        async with stream(served, tournament_id) as socket:
            await frame(socket)
            await socket.send(bad)
            assert await close_code(socket) == Close.BAD_FRAME


async def test_a_revoked_key_ends_the_stream(served: Served) -> None:
    tournament_id = await served.house.tournament("ann", "ben", started=True)
    async with stream(served, tournament_id) as socket:
        await frame(socket)
        text = served.house.platform["Authorization"].removeprefix("Bearer ")
        key_id = text.partition(":")[0]
        served.house.store._keys.pop(key_id)
        served.house.ctx.key_cache.forget(key_id)
        await send(socket, 1, facts(0))
        assert await close_code(socket) == Close.LOG_IN_AGAIN


async def test_a_platform_that_does_not_read_its_acknowledgements_is_not_read_either(served: Served) -> None:
    tournament_id = await served.house.tournament("ann", "ben", started=True)
    courier, gate = served.house.ctx.fact_batcher, asyncio.Event()
    send_on = courier.send

    async def slow(*args: Any, **more: Any) -> Any:
        await gate.wait()
        return await send_on(*args, **more)

    courier.send = slow  # type: ignore[method-assign]
    async with stream(served, tournament_id) as socket:
        await frame(socket)
        for batch in range(STREAM_BATCHES_MAX * 3):
            await send(socket, batch, facts(batch))
        await asyncio.sleep(0.3)
        assert len(asyncio.all_tasks()) < STREAM_BATCHES_MAX + 30
        gate.set()
        for batch in range(STREAM_BATCHES_MAX * 3):
            assert (await frame(socket))["batch"] == batch


@pytest.mark.unforeseen
async def test_what_nobody_foresaw_is_answered_and_the_stream_goes_on(served: Served) -> None:
    tournament_id = await served.house.tournament("ann", "ben", started=True)
    courier = served.house.ctx.fact_batcher
    send_on = courier.send

    async def broken(*_: Any) -> Any:
        raise RuntimeError("planted")

    courier.send = broken  # type: ignore[method-assign, assignment]
    async with stream(served, tournament_id) as socket:
        await frame(socket)
        await send(socket, 1, facts(0))
        told = await frame(socket)
        assert (told["batch"], told["error"]) == (1, "internal_error") and "planted" not in str(told)
        courier.send = send_on  # type: ignore[method-assign]
        await send(socket, 1, facts(0))
        assert (await frame(socket))["accepted"] == 1
