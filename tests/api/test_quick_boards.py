"""Repeated reads of a board: the same bytes as the long way, never older than a tick, own writes at once."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

from config.limits import TICK_MS
from tests.support.app import House
from tests.support.clock import ManualClock
from tests.support.served import a_served_house


@pytest.fixture
async def house() -> AsyncIterator[House]:
    """A front end that listens, on manual time; its client speaks HTTP."""
    async with a_served_house(ManualClock()) as served:
        house = served.house
        async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{served.port}") as client:
            house.client = client
            yield house


async def board(house: House, tournament_id: str, query: str = "", **headers: str) -> Any:
    path = f"/api/tournaments/{tournament_id}/leaderboard{query}"
    return await house.client.get(path, headers=house.auth | headers)


async def report(house: House, tournament_id: str, event_id: str, player: str, points: float) -> None:
    body = {"events": [{"event_id": event_id, "player": player, "points": points}]}
    path = f"/api/internal/tournaments/{tournament_id}/events"
    await house.client.post(path, headers=house.platform, json=body)


async def test_a_repetition_asks_nobody_and_is_the_same(house: House) -> None:
    tournament_id = await house.tournament("ann", "ben", started=True)
    first = await board(house, tournament_id)
    calls = house.directory.calls
    again = await board(house, tournament_id)
    assert again.content == first.content and again.headers["etag"] == first.headers["etag"]
    assert house.directory.calls == calls
    assert again.headers["x-request-id"] and again.headers["x-ratelimit-remaining"] == "498"
    other = await board(house, tournament_id, "?limit=1")
    assert house.directory.calls == calls + 1 and len(other.json()["leaderboard"]) == 1
    known = await board(house, tournament_id, **{"If-None-Match": first.headers["etag"]})
    assert known.status_code == 304 and known.content == b""


async def test_own_writes_are_read_at_once_and_others_within_a_tick(house: House) -> None:
    tournament_id = await house.tournament("ann", "ben", started=True)
    await board(house, tournament_id)
    await report(house, tournament_id, "1", "ben", 5)
    mine = await board(house, tournament_id)
    assert mine.json()["leaderboard"][0]["userId"] == "ben"
    await house.client.delete(f"/api/tournaments/{tournament_id}/players/ben", headers=house.auth)
    assert [row["userId"] for row in (await board(house, tournament_id)).json()["leaderboard"]] == ["ann"]
    calls = house.directory.calls
    house.clock.jump(TICK_MS - 1)
    await board(house, tournament_id)
    assert house.directory.calls == calls
    house.clock.jump(1)
    await board(house, tournament_id)
    assert house.directory.calls == calls + 1


@pytest.mark.parametrize("who", ["nobody", "stranger", "sandbox", "poor"])
async def test_a_kept_page_is_for_nobody_else(house: House, who: str) -> None:
    tournament_id = await house.tournament("ann", "ben", started=True)
    await board(house, tournament_id)
    headers = {
        "nobody": {"Authorization": "Bearer pk_live_x:sk_live_y"},
        "stranger": house.other,
        "sandbox": await house.key("full_access", live=False),
        "poor": await house.key("player_registration"),
    }[who]
    answer = await house.client.get(f"/api/tournaments/{tournament_id}/leaderboard", headers=headers)
    assert answer.status_code == {"nobody": 401, "poor": 403}.get(who, 404)


async def test_limits_hold_on_the_short_way_too(house: House) -> None:
    tournament_id = await house.tournament("ann", "ben", started=True)
    for _ in range(500):
        assert (await board(house, tournament_id)).status_code == 200
    over = await board(house, tournament_id)
    assert (over.status_code, over.json()["error"]) == (429, "rate_limit_exceeded")
    assert over.headers["Retry-After"] == "60"


async def raw(house: House, *requests: bytes) -> bytes:
    """What comes back for requests that are sent in one go on one connection."""
    port = house.client.base_url.port
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"".join(requests))
    answers = await asyncio.wait_for(reader.read(), 30)
    writer.close()
    return answers


def request(house: House, path: str, *lines: str) -> bytes:
    head = (f"GET {path} HTTP/1.1", "host: x", f"authorization: {house.auth['Authorization']}", *lines)
    return "\r\n".join((*head, "", "")).encode()


async def test_pipelined_requests_are_answered_in_order(house: House) -> None:
    tournament_id = await house.tournament("ann", "ben", started=True)
    path = f"/api/tournaments/{tournament_id}/leaderboard"
    await board(house, tournament_id)
    ids = [f"x-request-id: r{n}" for n in range(6)]
    parts = [path, f"/api/tournaments/{tournament_id}", path, path, "/healthz", path]
    asked = [request(house, part, ids[n]) for n, part in enumerate(parts[:-1])]
    told = await raw(house, *asked, request(house, parts[-1], ids[5], "connection: close"))
    assert told.count(b"HTTP/1.1 200 OK") == 6
    assert [told.index(f"r{n}".encode()) for n in range(6)] == sorted(
        told.index(f"r{n}".encode()) for n in range(6)
    )


async def test_what_is_not_plain_goes_the_long_way(house: House) -> None:
    tournament_id = await house.tournament("ann", "ben", started=True)
    path = f"/api/tournaments/{tournament_id}/leaderboard"
    await board(house, tournament_id)
    calls = house.directory.calls
    for target in (f"/api//tournaments/{tournament_id}/leaderboard", path + "/", path + "?limit=0"):
        answer = await house.client.get(target, headers=house.auth)
        assert answer.status_code in (400, 404)
    assert (
        await house.client.get(path, headers={"X-API-Key": house.auth["Authorization"][7:]})
    ).status_code == 200
    assert house.directory.calls == calls + 1
    injected = request(house, path, "x-request-id: a b", "if-none-match: nonsense", "connection: close")
    told = await raw(house, injected)
    assert b"HTTP/1.1 200 OK" in told and b"a b" not in told


async def test_answers_have_a_date_and_the_headers_of_every_answer(house: House) -> None:
    tournament_id = await house.tournament("ann", "ben", started=True)
    first = await board(house, tournament_id)
    again = await board(house, tournament_id, **{"X-Request-Id": "mine"})
    assert set(first.headers) == set(again.headers) and again.headers["x-request-id"] == "mine"


async def test_who_asks_for_it_gets_the_owners_word_each_time(house: House) -> None:
    tournament_id = await house.tournament("ann", "ben", started=True)
    await board(house, tournament_id, "?consistency=strong")
    calls = house.directory.calls
    await board(house, tournament_id, "?consistency=strong")
    assert house.directory.calls == calls + 1
    await board(house, tournament_id, "?consistency=eventual")
    await board(house, tournament_id, "?consistency=eventual")
    assert house.directory.calls == calls + 2
    wrong = await board(house, tournament_id, "?consistency=weak")
    assert wrong.status_code == 400 and "consistency" in wrong.json()["details"]
