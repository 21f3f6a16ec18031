"""Every request printed on the two source pages, with its date moved into the future: it works and
answers at least the printed fields with the printed types. In the order of the pages.

Templates and bulk creation are on the pages, too, and come with their own issue.
"""

from typing import Any

import httpx2
import pytest

from tests.support.app import House


def has_shape(value: Any, printed: Any, path: str = "$") -> None:
    """At least the printed fields, each of the printed JSON type; extra fields are welcome."""
    if isinstance(printed, dict):
        assert isinstance(value, dict), path
        for name, inner in printed.items():
            assert name in value, f"{path}.{name} is missing"
            has_shape(value[name], inner, f"{path}.{name}")
    elif isinstance(printed, list):
        assert isinstance(value, list) and value, f"{path} is an empty list"
        for n, item in enumerate(value):
            has_shape(item, printed[0], f"{path}[{n}]")
    elif isinstance(printed, bool):
        assert isinstance(value, bool), path
    elif isinstance(printed, int | float):
        assert isinstance(value, int | float) and not isinstance(value, bool), path
    else:
        assert isinstance(value, type(printed)), f"{path}: {value!r}"


async def post(house: House, path: str, body: Any, **more: Any) -> httpx2.Response:
    return await house.client.post(path, headers=house.auth, json=body, **more)


async def get(house: House, path: str) -> Any:
    answer = await house.client.get(path, headers=house.auth)
    assert answer.status_code == 200, answer.text
    return answer.json()


def scheduled(house: House) -> dict[str, Any]:
    """Tournament Management, "Scheduled Tournament Creation"."""
    return {
        "name": "Test Tournament",
        "external_id": "EXT_001",
        "game": "crash-classic",
        "scheduled_start": house.at(60),
        "max_players": 50,
        "min_players": 5,
        "entry_fee": 10.50,
        "prize_pool": {"total": 500, "distribution": {"1": 50, "2": 30, "3": 20}},
        "config": {"tournament_type": "points_based"},
    }


async def test_scheduled_tournament_creation(house: House) -> None:
    answer = await post(house, "/api/tournaments", scheduled(house))
    assert answer.status_code == 201, answer.text
    printed: dict[str, Any] = {
        "tournament_id": "12345",
        "status": "scheduled",
        "estimated_prize_pool": 500,
        "tournament": {
            "id": "12345",
            "name": "Test Tournament",
            "operator_id": "op_123",
            "status": "scheduled",
            "games": [{"slug": "crash-classic", "config": {}, "status": "active"}],
        },
    }
    body = answer.json()
    has_shape(body, printed)
    assert body["status"] == "scheduled" and body["estimated_prize_pool"] == 500
    assert body["tournament"] == printed["tournament"] | {"id": body["tournament_id"]}


@pytest.mark.parametrize(
    "options",
    [
        {
            "name": "Tournament Name",
            "game": "crash-classic",
            "max_players": 100,
            "min_players": 5,
            "entry_fee": 10.00,
        },
        {"prize_pool": {"total": 500, "distribution": {"1": 50, "2": 30, "3": 20}}},
        {"max_entries_per_player": 3, "rebuy_enabled": True, "rebuy_fee": 20.00},
        {"max_players": None},
    ],
    ids=["basic", "prize pool", "rebuy", "unlimited"],
)
async def test_tournament_configuration_options(house: House, options: dict[str, Any]) -> None:
    base = {"name": "T", "game": "crash-classic", "scheduled_start": house.at(60)}
    answer = await post(house, "/api/tournaments", base | options)
    assert answer.status_code == 201, answer.text


async def test_basic_tournament_creation_of_the_integration_page(house: House) -> None:
    body = {
        "name": "Daily Championship",
        "startTime": house.at(60),
        "gameSlug": "crash-classic",
        "maxPlayers": 100,
        "entryFee": 10.00,
    }
    answer = await post(house, "/api/tournaments", body)
    assert answer.status_code == 201
    assert isinstance(answer.json()["tournamentId"], str)


async def test_player_registration_of_the_integration_page(house: House) -> None:
    tournament_id = await house.tournament(maxPlayers=100)
    body = {"userId": "player_123", "displayName": "PlayerName", "buyInAmount": 10.00}
    answer = await post(house, f"/api/tournaments/{tournament_id}/players", body)
    assert answer.status_code == 201
    printed = {
        "player_id": "x",
        "internal_player_id": "TP_x",
        "tournament_id": tournament_id,
        "status": "registered",
        "crash-classic": {"jwt": "x", "game_url": "https://"},
    }
    registered = answer.json()
    has_shape(registered, printed)
    access = registered["crash-classic"]
    assert access["game_url"] == f"https://games.example/crash#token={access['jwt']}"
    prefix = f"TP_{tournament_id}_{registered['player_id']}_"
    assert registered["internal_player_id"].startswith(prefix)


async def test_get_tournament_status(house: House) -> None:
    tournament_id = await house.tournament("a", "b", started=True, maxPlayers=100)
    printed = {
        "tournamentId": "12345",
        "status": "in_progress",
        "currentPlayers": 87,
        "maxPlayers": 100,
        "startTime": "2024-01-15T20:00:00Z",
        "actualStartTime": "2024-01-15T20:02:15Z",
        "estimatedEndTime": "2024-01-15T21:15:00Z",
        "currentRound": 3,
        "totalRounds": 5,
        "registrationStatus": "closed",
        "prizePool": {"totalAmount": 870.00, "currency": "USD"},
        "gameRoom": {"roomId": "room_abc123", "activeConnections": 87},
    }
    body = await get(house, f"/api/tournaments/{tournament_id}/status")
    has_shape(body, printed)
    assert (body["currentPlayers"], body["prizePool"]["totalAmount"]) == (2, 20)


async def test_list_tournaments(house: House) -> None:
    for n in range(3):
        await house.tournament("a", "b", started=n < 2, maxPlayers=100)
    body = await get(house, "/api/tournaments?status=in_progress&limit=20&offset=0")
    printed = {
        "tournaments": [
            {
                "tournamentId": "12345",
                "name": "Daily Championship",
                "status": "in_progress",
                "startTime": "2024-01-15T20:00:00Z",
                "currentPlayers": 87,
                "maxPlayers": 100,
                "prizePool": 870.00,
            }
        ],
        "pagination": {"total": 156, "limit": 20, "offset": 0, "hasMore": True},
    }
    has_shape(body, printed)
    assert body["pagination"] == {"total": 2, "limit": 20, "offset": 0, "hasMore": False}
    every = await get(house, "/api/tournaments?gameSlug=crash-classic&startDate=2020-01-01&limit=1")
    assert every["pagination"] == {"total": 3, "limit": 1, "offset": 0, "hasMore": True}
    assert (await get(house, "/api/tournaments?endDate=2020-01-01"))["tournaments"] == []


async def test_update_tournament_configuration(house: House) -> None:
    tournament_id = await house.tournament(maxPlayers=100)
    body = {"name": "Updated Championship Name", "maxPlayers": 120, "registrationCloses": house.at(45)}
    answer = await house.client.put(f"/api/tournaments/{tournament_id}", headers=house.auth, json=body)
    assert answer.status_code == 200, answer.text
    detail = await get(house, f"/api/tournaments/{tournament_id}")
    assert {name: detail[name] for name in body} == body


async def test_cancel_tournament(house: House) -> None:
    tournament_id = await house.tournament(*(f"p{n}" for n in range(15)), maxPlayers=100)
    body = {"reason": "Insufficient players", "refundPlayers": True, "notifyPlayers": True}
    request: dict[str, Any] = {"headers": house.auth, "json": body}
    answer = await house.client.request("DELETE", f"/api/tournaments/{tournament_id}", **request)
    assert answer.status_code == 200
    cancelled = answer.json()
    assert cancelled.pop("cancelledAt").endswith("Z")
    assert cancelled == {
        "tournamentId": tournament_id,
        "status": "cancelled",
        "reason": "Insufficient players",
        "playersRefunded": 15,
        "refundAmount": 150.00,
    }
    again = await house.client.request("DELETE", f"/api/tournaments/{tournament_id}", **request)
    assert again.json() == answer.json()


async def test_cancel_without_a_body(house: House) -> None:
    tournament_id = await house.tournament("a")
    answer = await house.client.delete(f"/api/tournaments/{tournament_id}", headers=house.auth)
    assert answer.status_code == 200 and answer.json()["playersRefunded"] == 1


async def test_player_management_and_results_routes(house: House) -> None:
    """The routes that the pages list without printing a body."""
    tournament_id = await house.tournament("ann", "ben", "cid", started=True, rebuyEnabled=True, rebuyFee=5,
                                           config={"graceSeconds": 0})  # fmt: skip
    base = f"/api/tournaments/{tournament_id}"
    listed = await get(house, f"{base}/players")
    assert [row["userId"] for row in listed["players"]] == ["ann", "ben", "cid"]
    bought = await post(house, f"{base}/players/ann/rebuy", {"buyInAmount": 5})
    assert bought.status_code == 200 and bought.json()["entries"] == 2
    removed = await house.client.delete(f"{base}/players/cid", headers=house.auth)
    assert removed.status_code == 200 and removed.json()["refundAmount"] == 0
    facts = {"events": [{"event_id": "1", "player": "ben", "points": 7.25}]}
    told = await house.client.post(
        f"/api/internal/tournaments/{tournament_id}/events", headers=house.platform, json=facts
    )
    assert told.json()["results"] == [{"event_id": "1", "status": "accepted"}]
    board = await get(house, f"{base}/leaderboard")
    assert [(row["userId"], row["points"]) for row in board["leaderboard"]] == [("ben", 7.25), ("ann", 0)]
    early = await house.client.get(f"{base}/results", headers=house.auth)
    assert (early.status_code, early.json()["error"]) == (409, "results_not_available")
    assert (await post(house, f"{base}/finish", {})).status_code == 200
    results = await get(house, f"{base}/results")
    assert [(r["position"], r["userId"], r["prize"]) for r in results["results"]] == [
        (1, "ben", 21.88),
        (2, "ann", 13.12),
    ]
    pool = await get(house, f"{base}/prize-pool")
    assert pool["totalAmount"] == 35 and sum(line["amount"] for line in pool["distribution"]) == 35
    events = await get(house, f"{base}/events")
    assert [row["sequence"] for row in events["events"]] == list(range(1, len(events["events"]) + 1))
    types = [row["eventType"] for row in events["events"]]
    owed = len(types) - types.index("tournament.results_final") - 1
    assert types[-owed:] == ["payout.created"] * owed and owed > 0
    final = await get(house, f"{base}/leaderboard")
    assert [row["userId"] for row in final["leaderboard"]] == ["ben", "ann"]


async def test_printed_error_invalid_configuration(house: House) -> None:
    body = scheduled(house) | {"scheduled_start": "2024-01-15T20:00:00Z", "max_players": 3}
    answer = await post(house, "/api/tournaments", body)
    assert answer.status_code == 400
    told = answer.json()
    assert told["error"] == "validation_failed"
    assert told["message"] == "Tournament configuration is invalid"
    assert told["details"] == {
        "scheduled_start": "Start time must be in the future",
        "max_players": "Maximum players must be greater than minimum players",
    }


async def test_printed_error_tournament_not_found(house: House) -> None:
    answer = await house.client.get("/api/tournaments/12345", headers=house.auth)
    assert answer.status_code == 404
    told = answer.json()
    assert told.pop("requestId")
    assert told == {
        "error": "tournament_not_found",
        "message": "Tournament with ID 12345 not found",
        "tournamentId": "12345",
    }


async def test_printed_error_insufficient_permissions(house: House) -> None:
    reader = await house.key("read_only")
    answer = await house.client.post("/api/tournaments", headers=reader, json=scheduled(house))
    assert answer.status_code == 403
    told = answer.json()
    assert (told["error"], told["message"], told["required"]) == (
        "insufficient_permissions",
        "API key lacks required permissions",
        "tournaments.write",
    )
    assert "tournaments.read" in told["provided"]
