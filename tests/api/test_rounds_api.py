"""Rounds in the hands of the game platform, through the API."""

from typing import Any

from server.encoding import codec
from tests.support.app import House

PACED = {"count": 2, "durationSeconds": 600, "pacedBy": "game", "eliminatedBy": "game"}


async def platform(house: House, tournament_id: str, path: str, body: Any) -> tuple[int, Any]:
    url = f"/api/internal/tournaments/{tournament_id}/{path}"
    answer = await house.client.post(url, headers=house.platform, json=body)
    return answer.status_code, answer.json()


def line(event_id: str, player: str, **more: Any) -> dict[str, Any]:
    return {"event_id": event_id, "player": player, "points": 1} | more


async def test_a_game_plays_its_rounds_and_puts_players_out_in_order_of_its_facts(house: House) -> None:
    tournament_id = await house.tournament("ann", "ben", "cid", started=True, rounds=PACED)
    out = {"event_id": "out", "player": "cid", "kind": "elimination"}
    facts = [line("a", "cid"), out, line("b", "cid"), line("c", "ben"), out]
    _, told = await platform(house, tournament_id, "events", {"events": facts})
    statuses = [one["status"] for one in told["results"]]
    assert statuses == ["accepted", "accepted", "player_eliminated", "accepted", "duplicate"]
    status, ended = await platform(house, tournament_id, "rounds", {"action": "end", "round": 1})
    assert (status, ended["roundState"], ended["playersLeft"]) == (200, "ended", 2)
    early = await platform(house, tournament_id, "rounds", {"action": "start", "round": 2})
    assert early[0] == 409 and early[1]["error"] == "round_not_allowed" and early[1]["rule"] == "round_open"
    house.clock.jump(5_000)
    _, started = await platform(house, tournament_id, "rounds", {"action": "start", "roundNumber": 2})
    assert (started["currentRound"], started["totalRounds"], started["roundState"]) == (2, 2, "running")
    players = await house.client.get(f"/api/tournaments/{tournament_id}/players/cid", headers=house.auth)
    assert players.json()["status"] == "eliminated"
    _, over = await platform(house, tournament_id, "rounds", {"action": "end", "round": 2})
    assert over["status"] == "completed" and over["roundState"] is None
    events = await house.client.get(f"/api/tournaments/{tournament_id}/events", headers=house.auth)
    told_types = [event["eventType"] for event in events.json()["events"]]
    assert told_types[told_types.index("player.eliminated") :] == [
        "player.eliminated",
        "tournament.round_ended",
        "tournament.round_completed",
        "tournament.round_started",
        "tournament.round_ended",
        "tournament.completed",
    ]


async def test_an_owner_that_recovers_knows_who_is_out_and_which_round_waits(house: House) -> None:
    tournament_id = await house.tournament("ann", "ben", "cid", started=True, rounds=PACED)
    out = line("out", "cid", kind="elimination")
    await platform(house, tournament_id, "events", {"events": [line("a", "cid"), out, line("b", "ben")]})
    await platform(house, tournament_id, "rounds", {"action": "end", "round": 1})
    house.clock.jump(5_000)
    host = house.directory.host(tournament_id)
    await platform(house, tournament_id, "rounds", {"action": "end", "round": 1})
    owner = host._owner
    assert owner is not None and owner.state.between_rounds
    before = codec.state_digest(owner.state)
    await host.retire()
    _, told = await platform(house, tournament_id, "events", {"events": [out]})
    assert told["results"][0]["status"] == "duplicate"
    again = house.directory.host(tournament_id)._owner
    assert again is not None and codec.state_digest(again.state) == before


async def test_what_the_game_may_not_say(house: House) -> None:
    plain = await house.tournament("ann", "ben", started=True)
    status, told = await platform(house, plain, "rounds", {"action": "end", "round": 1})
    assert (status, told["error"], told["rule"]) == (409, "round_not_allowed", "not_paced_by_game")
    out = line("out", "ann", kind="elimination")
    _, told = await platform(house, plain, "events", {"events": [out]})
    assert told["results"] == [{"event_id": "out", "status": "not_allowed"}]
    for wrong in ({}, {"action": "pause", "round": 1}, {"action": "end", "round": 0}, {"action": "end"}):
        assert (await platform(house, plain, "rounds", wrong))[0] == 400
    body = {
        "name": "Cup",
        "gameSlug": "crash-classic",
        "startTime": house.at(60),
        "rounds": PACED | {"eliminate": 1},
    }
    answer = await house.client.post("/api/tournaments", headers=house.auth, json=body)
    assert answer.status_code == 400 and "rounds.eliminatedBy" in answer.json()["details"]


async def test_players_read_who_paces_and_who_eliminates(house: House) -> None:
    tournament_id = await house.tournament("ann", rounds=PACED, visibility="public")
    answer = await house.client.get(f"/api/tournaments/{tournament_id}/rules")
    text = answer.text
    assert "the game starts and ends them" in text and "The game decides which players" in text
