"""Bad input: the typed error, all faults at once, nothing stored, nothing logged but one line."""

import json
import logging
from typing import Any

import msgspec
import pytest
import structlog

from api.tournaments.fact_decoder import Unfit, decode_facts, quickly
from config.door_limits import HINTS_MAX
from tests.support.app import House


def valid(house: House) -> dict[str, Any]:
    return {"name": "T", "startTime": house.at(60), "gameSlug": "crash-classic", "entryFee": 10}


@pytest.mark.parametrize(
    ("change", "field", "says"),
    [
        ({"name": 5}, "name", "Must be text"),
        ({"name": ""}, "name", "at least 1"),
        ({"name": "a\u0007b"}, "name", "control"),
        ({"name": "x" * 201}, "name", "at most 200"),
        ({"maxPlayers": "100"}, "maxPlayers", "whole number"),
        ({"maxPlayers": True}, "maxPlayers", "whole number"),
        ({"maxPlayers": 2.5}, "maxPlayers", "whole number"),
        ({"maxPlayers": 0}, "maxPlayers", "1 to 16777215"),
        ({"entryFee": "10"}, "entryFee", "JSON number"),
        ({"entryFee": False}, "entryFee", "JSON number"),
        ({"entryFee": 10.505}, "entryFee", "2 decimal places"),
        ({"entryFee": -1}, "entryFee", "negative"),
        ({"entryFee": 10**15}, "entryFee", "limit"),
        ({"fee": [1]}, "fee", "JSON number"),
        ({"startTime": "2024-01-15T20:00:00Z"}, "startTime", "future"),
        ({"startTime": "tomorrow"}, "startTime", "RFC 3339"),
        ({"startTime": "2030-01-15T20:00:00"}, "startTime", "zone"),
        ({"startTime": 1800000000}, "startTime", "RFC 3339"),
        ({"endTime": "2026-01-15T20:00:00Z"}, "endTime", "after the start"),
        ({"registrationCloses": "2090-01-15T20:00:00Z"}, "registrationCloses", "not after the start"),
        ({"gameSlug": "chess"}, "gameSlug", "Unknown game"),
        ({"currency": "XXX1"}, "currency", "Unknown currency"),
        ({"currency": "JPY", "entryFee": 10.5}, "entryFee", "0 decimal places"),
        ({"colour": "red"}, "colour", "Unknown field"),
        ({"entryFe": 1}, "entryFe", "did you mean entryFee"),
        ({"entry_fee": 11}, "entry_fee", "Contradicts entryFee"),
        ({"config": {"tournament_type": "chess"}}, "config.tournament_type", "Unknown scoring model"),
        ({"config": {"speed": 1}}, "config.speed", "Unknown field"),
        ({"config": 5}, "config", "object"),
        ({"prizePool": {"distribution": [50, 30]}}, "prizePool.distribution", "100"),
        ({"prizePool": {"distribution": {"1": 50, "3": 50}}}, "prizePool.distribution", "without a gap"),
        ({"prizePool": {"distribution": [50.00001, 49.99999]}}, "prizePool.distribution", "4 decimal"),
        ({"prizePool": {"type": "fixed"}}, "prizePool.total", "required"),
        ({"prizePool": {"type": "percentage", "total": 5}}, "prizePool.total", "no total"),
        ({"prizePool": {"total": 5.555}}, "prizePool.total", "2 decimal"),
        ({"prizePool": {"distribution": {"1": 40, "2-3": 15, "5": 30}}}, "prizePool.distribution", "gap"),
        ({"prizePool": {"distribution": {"1": 40, "3-2": 60}}}, "prizePool.distribution", "gap"),
        ({"prizePool": {"distribution": {"1": 40, "2-3": 15}}}, "prizePool.distribution", "100"),
        ({"prizePool": {"distribution": [0, 0], "unit": "weight"}}, "prizePool.distribution", "all zero"),
        ({"prizePool": {"total": 5, "guaranteed": 9}}, "prizePool.guaranteed", "Only a percentage"),
        ({"prizePool": {"total": 5, "seed": 9}}, "prizePool.seed", "Only a percentage"),
        ({"prizePool": {"seed": 1.005}}, "prizePool.seed", "2 decimal"),
        ({"prizePool": {"unclaimed": "me"}}, "prizePool.unclaimed", "house"),
        ({"onMinPlayersMissed": "pray"}, "onMinPlayersMissed", "cancel"),
        ({"onMinPlayersMissed": "wait"}, "waitUntil", "required"),
        ({"waitUntil": "2090-01-15T20:00:00Z"}, "waitUntil", "onMinPlayersMissed"),
        ({"lateRegistrationMinutes": -1}, "lateRegistrationMinutes", "at least"),
        ({"visibility": "secret"}, "visibility", "private"),
        ({"maxEntriesPerPlayer": 0}, "maxEntriesPerPlayer", "1 to"),
        ({"durationSeconds": 0}, "durationSeconds", "at least"),
    ],
)
async def test_each_fault_is_named(house: House, change: dict[str, Any], field: str, says: str) -> None:
    answer = await house.client.post("/api/tournaments", headers=house.auth, json=valid(house) | change)
    assert answer.status_code == 400, answer.text
    told = answer.json()
    assert told["error"] == "validation_failed"
    assert says in told["details"][field]
    assert len(told["details"]) == 1
    listed = await house.client.get("/api/tournaments", headers=house.auth)
    assert listed.json()["pagination"]["total"] == 0 and house.store.commits == 0


async def test_all_faults_are_told_at_once(house: House) -> None:
    body = '{"nam":"x","startTime":"2020-01-01T00:00:00Z","entryFee":1e1,"fee":1.234,'
    body += '"minPlayers":9,"maxPlayers":5}'
    answer = await house.client.post("/api/tournaments", headers=house.auth, content=body)
    assert set(answer.json()["details"]) == {
        "nam", "name", "startTime", "entryFee", "fee", "maxPlayers", "gameSlug",
    }  # fmt: skip


@pytest.mark.parametrize(
    "body", ["{", "[1,", '{"a":NaN}', '{"a":1,"a":2}', "\xff", "[" * 100_000], ids=lambda body: body[:6]
)
async def test_what_is_not_json(house: House, body: str) -> None:
    answer = await house.client.post("/api/tournaments", headers=house.auth, content=body.encode("latin-1"))
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_json")


async def test_a_body_that_is_no_object(house: House) -> None:
    answer = await house.client.post("/api/tournaments", headers=house.auth, content="[1]")
    assert answer.json()["details"] == {"body": "Must be an object"}


@pytest.mark.parametrize("path", ["/api/tournaments", "/api/internal/tournaments/{id}/events"])
async def test_an_oversized_body_is_413(house: House, path: str) -> None:
    tournament_id = await house.tournament("a")
    big = json.dumps({"name": "x" * 1_100_000})
    headers = house.platform if "internal" in path else house.auth
    answer = await house.client.post(path.format(id=tournament_id), headers=headers, content=big)
    assert (answer.status_code, answer.json()["error"]) == (413, "body_too_large")


async def test_both_spellings_and_equal_values_twice_are_fine(house: House) -> None:
    body = {"name": "T", "start_time": house.at(60), "game": "crash-classic", "entryFee": 10, "entry_fee": 10}
    answer = await house.client.post("/api/tournaments", headers=house.auth, json=body)
    assert answer.status_code == 201, answer.text


@pytest.mark.parametrize(
    ("fact", "field"),
    [
        ({"points": "5"}, "points"),
        ({"points": 1.00001}, "points"),
        ({"points": True}, "points"),
        ({"points": 10**12}, "points"),
        ({"event_id": ""}, "event_id"),
        ({"event_id": 7}, "event_id"),
        ({"event_id": "x" * 129}, "event_id"),
        ({"player": ""}, "player"),
        ({"colour": 1}, "colour"),
        ({"occurred_at": "2026-01-01T00:00:00"}, "occurred_at"),
        ({"opened_at": "now"}, "opened_at"),
        ({"kind": 5}, "kind"),
    ],
)
async def test_one_wrong_fact_takes_no_other_with_it(house: House, fact: dict[str, Any], field: str) -> None:
    tournament_id = await house.tournament("a", "b", started=True)
    good = {"event_id": "g", "player": "a", "points": 1}
    body = {"events": [good, good | {"event_id": "w"} | fact, good | {"event_id": "h"}]}
    path = f"/api/internal/tournaments/{tournament_id}/events"
    answer = await house.client.post(path, headers=house.platform, json=body)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert told["accepted"] == 2
    assert [line["status"] for line in told["results"]] == ["accepted", "invalid", "accepted"]
    assert list(told["results"][1]["details"]) == [field]
    board = await house.client.get(f"/api/tournaments/{tournament_id}/leaderboard", headers=house.auth)
    assert {row["points"] for row in board.json()["leaderboard"]} == {0, 2}


async def test_an_exponent_is_no_amount_of_points(house: House) -> None:
    tournament_id = await house.tournament("a", "b", started=True)
    path = f"/api/internal/tournaments/{tournament_id}/events"
    body = '{"events":[{"event_id":"1","player":"a","points":1e1}]}'
    answer = await house.client.post(path, headers=house.platform, content=body)
    assert list(answer.json()["results"][0]["details"]) == ["points"]


@pytest.mark.parametrize("count", [0, 1_001])
async def test_reports_have_a_size(house: House, count: int) -> None:
    tournament_id = await house.tournament("a", "b", started=True)
    facts = [{"event_id": str(n), "player": "a", "points": 1} for n in range(count)]
    path = f"/api/internal/tournaments/{tournament_id}/events"
    answer = await house.client.post(path, headers=house.platform, json={"events": facts})
    assert "1 to 1000" in answer.json()["details"]["events"]


async def test_facts_in_any_spelling_count_alike(house: House) -> None:
    tournament_id = await house.tournament("a", "b", started=True)
    path = f"/api/internal/tournaments/{tournament_id}/events"
    facts = [
        {"eventId": "1", "userId": "a", "points": 1.25, "roundId": "r", "occurredAt": house.at(0)},
        {"event_id": "2", "player": "a", "points": 2.5, "openedAt": house.at(0), "multiplier": 1.5},
    ]
    answer = await house.client.post(path, headers=house.platform, json={"facts": facts})
    assert answer.json()["accepted"] == 2
    board = await house.client.get(f"/api/tournaments/{tournament_id}/leaderboard", headers=house.auth)
    assert board.json()["leaderboard"][0]["points"] == 3.75


async def test_a_query_is_read_in_both_spellings_and_told_all_its_faults(house: House) -> None:
    await house.tournament(externalId="mine", gameSlug="crash-classic")
    await house.tournament(externalId="other")
    for query, count in (
        ("external_id=mine", 1),
        ("externalId=mine&game_slug=crash-classic&status=open,scheduled", 1),
        ("format=hop_on_off", 0),
        ("status=completed,cancelled", 0),
        ("start_date=2027-01-01&endDate=2099-01-01T00:00:00%2B02:00", 2),
    ):
        answer = await house.client.get(f"/api/tournaments?{query}", headers=house.auth)
        assert answer.status_code == 200 and answer.json()["pagination"]["total"] == count, query
    wrong = "limit=0&offset=x&game_slugs=a&startDate=1&status=open,odd&format=x&externalId=a&external_id=b"
    answer = await house.client.get(f"/api/tournaments?{wrong}", headers=house.auth)
    told = answer.json()["details"]
    faulty = {"limit", "offset", "game_slugs", "startDate", "status", "format", "external_id"}
    assert answer.status_code == 400 and set(told) == faulty
    assert told["game_slugs"] == "Unknown query parameter; did you mean gameSlug?"


@pytest.mark.parametrize("name", ["limi{n}", "limi"], ids=["many", "one_again_and_again"])
async def test_very_many_unknown_parameters_cost_little(
    house: House, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Looking for a near name costs a hundred times as much as all the rest of a parameter."""
    looked: list[str] = []

    def counted(key: str, names: Any, n: int) -> list[str]:
        looked.append(key)
        return ["limit"]

    monkeypatch.setattr("api.http.body.difflib.get_close_matches", counted)
    wrong = "&".join(f"{name.format(n=n)}=" for n in range(700))
    for path in ("/api/tournaments", f"/api/tournaments/{'x' * 32}/rules"):
        answer = await house.client.get(f"{path}?{wrong}", headers=house.auth)
        assert answer.status_code == 400 and "did you mean limit?" in answer.text
    assert 2 <= len(looked) <= 2 * HINTS_MAX


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=101", "limit=x", "offset=-1", "status=odd", "startDate=x", "colour=red", "limit=١"],
)
async def test_wrong_queries(house: House, query: str) -> None:
    answer = await house.client.get(f"/api/tournaments?{query}", headers=house.auth)
    assert (answer.status_code, answer.json()["error"]) == (400, "validation_failed")
    assert list(answer.json()["details"]) == [query.partition("=")[0]]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"userId": "u", "buyInAmount": 10.001}, "buyInAmount"),
        ({"userId": "u", "buyInAmount": 10, "entry_payment_details": {"amount": 9}}, "buyInAmount"),
        ({"buyInAmount": 10}, "userId"),
        ({"userId": "u", "buyInAmount": 10, "tender": "gold"}, "tender"),
    ],
)
async def test_wrong_registrations(house: House, body: dict[str, Any], field: str) -> None:
    tournament_id = await house.tournament()
    answer = await house.client.post(
        f"/api/tournaments/{tournament_id}/players", headers=house.auth, json=body
    )
    assert (answer.status_code, list(answer.json()["details"])) == (400, [field])


async def test_a_wrong_amount_says_the_right_one(house: House) -> None:
    tournament_id = await house.tournament(fee=0.5)
    body = {"userId": "u", "entry_payment_details": {"payment_id": "p", "buyInAmount": 10}}
    answer = await house.client.post(
        f"/api/tournaments/{tournament_id}/players", headers=house.auth, json=body
    )
    assert answer.status_code == 400
    told = answer.json()
    assert (told["error"], told["expected"], told["given"]) == ("wrong_amount", 10.5, 10)


async def test_bad_requests_leave_one_line_each(house: House) -> None:
    with structlog.testing.capture_logs() as lines:
        await house.client.post("/api/tournaments", headers=house.auth, content="{")
        await house.client.post("/api/tournaments", headers=house.auth, json={"name": 5})
        await house.client.get("/api/tournaments/x", headers=house.auth)
        await house.client.get("/api/tournaments")
    told = [(line["event"], line["status"], line["error"]) for line in lines]
    assert told == [
        ("request", 400, "invalid_json"),
        ("request", 400, "validation_failed"),
        ("request", 404, "tournament_not_found"),
        ("request", 401, "unauthorized"),
    ]


async def test_an_internal_error_tells_nothing(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: Any) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(house.store, "page", broken)
    logging.disable(logging.CRITICAL)
    with structlog.testing.capture_logs():
        answer = await house.client.get("/api/tournaments", headers=house.auth)
    logging.disable(logging.NOTSET)
    assert answer.status_code == 500 and "secret" not in answer.text
    assert answer.json()["error"] == "internal_error"


@pytest.mark.parametrize(
    ("digits", "points"),
    [("5", 50_000), ("-5", -50_000), ("2.5", 25_000), ("0.0001", 1), ("1.50000", 15_000), ("null", None)],
)
async def test_well_formed_facts_take_the_fast_way(digits: str, points: int | None) -> None:
    body = f'{{"events":[{{"event_id":"1","player":"a","points":{digits},"bet":1.25,"round_id":"r",'
    body += '"opened_at":"2026-01-01T00:00:00Z","occurred_at":"2026-01-01T00:00:00.5+01:00"}]}'
    (fact,) = quickly(body.encode())
    assert (fact.points, fact.bet, fact.win, fact.round_id) == (points, 12_500, None, "r")
    assert fact.opened_at_ms == 1_767_225_600_000
    assert fact.occurred_at_ms == 1_767_225_600_500 - 3_600_000
    assert await decode_facts(body.encode()) == [fact]
    assert await decode_facts(body.replace("event_id", "eventId").encode()) == [fact]


@pytest.mark.parametrize("digits", ['"5"', "1e1", "true", "1.00001", "[1]", "10000000001"])
async def test_the_fast_way_takes_nothing_that_the_slow_one_refuses(digits: str) -> None:
    body = f'{{"events":[{{"event_id":"1","player":"a","points":{digits}}}]}}'
    with pytest.raises((ValueError, msgspec.DecodeError)):
        quickly(body.encode())
    (unfit,) = await decode_facts(body.encode())
    assert isinstance(unfit, Unfit) and list(unfit.details) == ["points"]


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"action": "void", "eventId": None}, ["eventId"]),
        ({"action": "adjust", "player": "ann", "points": None}, ["points"]),
        ({"action": "adjust", "player": None, "points": 1}, ["player"]),
        ({"action": "reset", "player": None}, ["player"]),
        ({"action": "void", "eventId": 7}, ["eventId"]),
    ],
)
async def test_null_is_no_value_of_what_a_correction_needs(
    house: House, body: dict[str, Any], fields: list[str]
) -> None:
    tournament_id = await house.tournament("ann", "ben", started=True)
    path = f"/api/tournaments/{tournament_id}/corrections"
    answer = await house.client.post(path, headers=house.auth, json=body | {"reason": "A test"})
    assert (answer.status_code, list(answer.json()["details"])) == (400, fields)


async def test_null_is_no_start_and_no_role(house: House) -> None:
    cup = {"name": "Cup", "gameSlug": "crash-classic", "startTime": None}
    answer = await house.client.post("/api/tournaments", headers=house.auth, json=cup)
    assert (answer.status_code, list(answer.json()["details"])) == (400, ["startTime"])
    for body in ({"role": None}, {"role": None, "permissions": None}):
        answer = await house.client.post("/api/keys", headers=house.auth, json={"name": "a", **body})
        assert (answer.status_code, list(answer.json()["details"])) == (400, ["role"])
