"""Repeated reads of a board: the same bytes as the long way, never older than a tick, own writes at once."""

from typing import Any

import pytest

from config.limits import TICK_MS
from tests.support.app import House


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
