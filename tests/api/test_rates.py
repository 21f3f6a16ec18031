"""Rate limits through the API: headers on every answer, 429 and a Retry-After that keeps its word."""

from typing import Any

from api.access.rate_limits import KINDS
from api.app import ROUTERS
from config.door_limits import PLATFORM_PER_10_S, PLATFORM_PER_MINUTE, REQUESTS_PER_MINUTE
from tests.support.app import House


def left(answer: Any) -> tuple[int, int, int]:
    names = ("limit", "remaining", "reset")
    limit, remaining, reset = (int(answer.headers[f"x-ratelimit-{name}"]) for name in names)
    return limit, remaining, reset


async def test_the_101st_request_of_a_minute_waits_as_long_as_it_is_told(house: House) -> None:
    for n in range(100):
        answer = await house.client.get("/api/tournaments", headers=house.auth)
        assert answer.status_code == 200 and left(answer) == (100, 99 - n, 60)
    house.clock.jump(10_500)
    over = await house.client.get("/api/tournaments", headers=house.auth)
    assert (over.status_code, over.json()["error"]) == (429, "rate_limit_exceeded")
    assert (
        left(over) == (100, 0, 50) and over.headers["Retry-After"] == "50" and over.json()["retryAfter"] == 50
    )
    other = await house.client.get("/api/tournaments", headers=house.other)
    assert other.status_code == 200, "a limit is a key's own"
    house.clock.jump(int(over.headers["Retry-After"]) * 1_000)
    again = await house.client.get("/api/tournaments", headers=house.auth)
    assert again.status_code == 200 and left(again) == (100, 99, 60)


async def test_kinds_are_counted_apart_and_a_refused_create_creates_nothing(house: House) -> None:
    for _ in range(10):
        await house.tournament()
    commits = house.store.commits
    body = {"name": "T", "startTime": house.at(60), "gameSlug": "crash-classic"}
    over = await house.client.post("/api/tournaments", headers=house.auth, json=body)
    assert over.status_code == 429 and left(over)[0] == 10 and house.store.commits == commits
    keyed = house.auth | {"Idempotency-Key": "k"}
    assert (await house.client.post("/api/tournaments", headers=keyed, json=body)).status_code == 429
    assert (await house.client.get("/api/tournaments", headers=house.auth)).status_code == 200
    house.clock.jump(60_000)
    made = await house.client.post("/api/tournaments", headers=keyed, json=body)
    assert made.status_code == 201 and left(made) == (10, 9, 60), "a 429 was no answer to keep"


async def test_game_platforms_have_their_own_limits(house: House) -> None:
    tournament_id = await house.tournament("ann", "ben", started=True)
    path = f"/api/internal/tournaments/{tournament_id}/config"
    first = await house.client.get(path, headers=house.platform)
    assert left(first) == (500, 499, 10)
    for _ in range(499):
        await house.client.get(path, headers=house.platform)
    over = await house.client.get(path, headers=house.platform)
    assert (over.status_code, over.headers["Retry-After"]) == (429, "10")


async def test_who_is_not_known_has_no_limits_to_be_told(house: House) -> None:
    answer = await house.client.get("/api/tournaments", headers={"X-API-Key": "nobody"})
    assert answer.status_code == 401 and "x-ratelimit-limit" not in answer.headers


def test_every_kind_names_routes_that_exist() -> None:
    names = {getattr(route, "name", "") for router in ROUTERS for route in router.routes}
    assert set(KINDS) <= names | {"create_tournaments_in_bulk"}
    assert set(KINDS.values()) < set(REQUESTS_PER_MINUTE)
    assert PLATFORM_PER_10_S * 6 <= PLATFORM_PER_MINUTE
