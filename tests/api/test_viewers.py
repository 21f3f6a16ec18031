"""What players and spectators may read, and what of it they never see."""

import json
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any

import pytest

from tests.support.app import House, a_house
from tests.support.clock import QuickClock
from tests.support.room_player import RoomPlayer, a_player
from tests.support.served import a_served_house

READS = ("", "/status", "/leaderboard", "/prize-pool", "/results", "/rules", "/fairness")
ROOM = {"startingCredits": 1_000, "bettingMs": 1_000, "pauseMs": 500, "capMultiplier": 2}
PLAYERS = [f"casino-secret-{n}" for n in range(6)]
CASINO = "https://casino.example"


@pytest.fixture
async def house() -> AsyncIterator[House]:
    async with a_house() as opened:
        yield opened


async def guest(house: House, tournament_id: str, user: str) -> dict[str, str]:
    """Headers with a player's token."""
    path = f"/api/tournaments/{tournament_id}/players/{user}/token"
    told = (await house.client.post(path, headers=house.auth)).json()
    return {"Authorization": f"Bearer {told['crash-classic']['jwt']}"}


async def finished(house: House, **body: Any) -> str:
    """A tournament of all players that is over, with an external id of its own."""
    tournament_id = await house.tournament(*PLAYERS, started=True, externalId="secret-external", **body)
    await house.client.post(f"/api/tournaments/{tournament_id}/finish", headers=house.auth)
    return tournament_id


async def read(house: House, tournament_id: str, headers: dict[str, str]) -> dict[str, Any]:
    """All that can be read, by route."""
    told = {}
    for route in READS:
        answer = await house.client.get(f"/api/tournaments/{tournament_id}{route}", headers=headers)
        told[route] = answer.json() if answer.status_code == 200 else answer.status_code
    return told


@pytest.mark.parametrize("visibility", ["public", "private"])
async def test_a_player_reads_the_board_the_status_and_the_results(house: House, visibility: str) -> None:
    tournament_id = await finished(house, config=ROOM, visibility=visibility)
    told = await read(house, tournament_id, await guest(house, tournament_id, PLAYERS[2]))
    assert all(isinstance(one, dict) for one in told.values()), told
    assert len(told["/results"]["results"]) == len(told["/leaderboard"]["leaderboard"]) == 6


async def test_spectators_read_public_tournaments_alone(house: House) -> None:
    shown, hidden = (
        await finished(house, visibility="public", config=ROOM),
        await house.tournament("ann", "ben"),
    )
    assert all(isinstance(one, dict) for one in (await read(house, shown, {})).values())
    assert set((await read(house, hidden, {})).values()) == {401}


async def test_no_answer_to_a_player_or_spectator_holds_a_casinos_id(house: House) -> None:
    """Nor anything that is the operator's own affair."""
    tournament_id = await finished(house, config=ROOM, visibility="public")
    for user in (None, *PLAYERS[:2]):
        headers = {} if user is None else await guest(house, tournament_id, user)
        text = json.dumps(await read(house, tournament_id, headers))
        others = [one for one in PLAYERS if one != user]
        assert not [one for one in others if one in text], "another player's casino id"
        assert "secret-external" not in text and "openReviews" not in text
    whole = json.dumps(await read(house, tournament_id, house.auth))
    assert all(one in whole for one in (*PLAYERS, "secret-external", "openReviews")), "the operator sees all"


async def test_boards_of_operators_and_players_are_kept_apart(house: House) -> None:
    tournament_id = await house.tournament(*PLAYERS, started=True, visibility="public")
    path = f"/api/tournaments/{tournament_id}/leaderboard"
    player = await guest(house, tournament_id, PLAYERS[0])
    for headers, sees in ((house.auth, True), (player, False), ({}, False), (house.auth, True), ({}, False)):
        rows = (await house.client.get(path, headers=headers)).json()["leaderboard"]
        assert all(("userId" in row) == sees for row in rows)


async def test_a_token_reads_its_own_tournament_alone(house: House) -> None:
    mine, other = await house.tournament("ann", "ben"), await house.tournament("ann", "ben")
    token = await guest(house, mine, "ann")
    assert set((await read(house, other, token)).values()) == {404}
    assert (await house.client.get(f"/api/tournaments/{mine}/players", headers=token)).status_code == 401
    assert (await house.client.get(f"/api/tournaments/{mine}/events", headers=token)).status_code == 401
    about_ben = await house.client.get(f"/api/tournaments/{mine}/players/ben/trace", headers=token)
    assert about_ben.status_code in (403, 404)


async def test_a_player_reads_what_became_of_the_entry(house: House) -> None:
    pool = {"type": "fixed", "total": 100, "distribution": [60, 40]}
    tournament_id = await house.tournament("ann", "ben", "cid", started=True, prizePool=pool)
    path = f"/api/tournaments/{tournament_id}"
    tokens = {user: await guest(house, tournament_id, user) for user in ("ann", "ben", "cid")}
    why = {"reason": "cheated"}
    await house.client.post(f"{path}/players/cid/disqualify", headers=house.auth, json=why)
    facts = [{"event_id": "x", "player": "ben", "points": 5}]
    await house.client.post(f"/api/internal{path[4:]}/events", headers=house.platform, json={"events": facts})
    during = (await house.client.get(f"{path}/players/me", headers=tokens["ben"])).json()
    assert (during["position"], during["points"], during["prize"]) == (1, 5, 60)
    await house.client.post(f"{path}/finish", headers=house.auth)
    await house.clock.advance(60_000)
    await house.client.get(f"{path}/status", headers=house.auth)
    out = (await house.client.get(f"{path}/players/me", headers=tokens["cid"])).json()
    assert (out["status"], out["position"], out["payouts"]) == ("disqualified", None, [])
    assert (await house.client.get(f"{path}/players/me", headers=house.auth)).status_code == 401
    assert (await house.client.get(f"{path}/players/me")).status_code == 401


async def test_a_cancelled_tournament_tells_its_players_of_their_refund(house: House) -> None:
    tournament_id = await house.tournament("ann", "ben")
    path, token = f"/api/tournaments/{tournament_id}", await guest(house, tournament_id, "ann")
    await house.client.request("DELETE", path, headers=house.auth, json={"reason": "Storm"})
    told = (await house.client.get(f"{path}/players/me", headers=token)).json()
    assert (told["tournamentStatus"], told["cancelReason"], told["status"]) == (
        "cancelled",
        "Storm",
        "cancelled",
    )
    assert [(line["kind"], line["amount"]) for line in told["payouts"]] == [("refund", 10)]


async def test_cross_origin_answers_go_by_the_operators_list(house: House) -> None:
    tournament_id = await house.tournament("ann", "ben", started=True, visibility="public")
    path, token = f"/api/tournaments/{tournament_id}", await guest(house, tournament_id, "ann")

    async def allowed(headers: dict[str, str], route: str = "/leaderboard") -> str | None:
        answer = await house.client.get(path + route, headers=headers | {"Origin": CASINO})
        found: str | None = answer.headers.get("access-control-allow-origin")
        assert "Origin" in answer.headers.get("vary", "") or headers == house.auth
        return found

    assert await allowed(token) is None and await allowed({}) is None, "no list: no foreign origin"
    await house.store.add(replace(house.store._operators["op_123"], origins=(CASINO,)))
    assert await allowed(token) == await allowed({}) == CASINO
    assert await allowed(house.auth) is None and await allowed(house.auth, "/players") is None
    assert await allowed({"Authorization": "Bearer none"}) is None
    own = await house.client.get(path, headers=token | {"Origin": "http://pitboss.test"})
    assert own.headers["access-control-allow-origin"] == "http://pitboss.test", "our own pages always may"


async def test_a_preflight_looks_nothing_up(house: House) -> None:
    asked = {"Origin": CASINO, "Access-Control-Request-Method": "GET"}
    for path in ("/api/tournaments/none", "/api/tournaments/none/players/me", "/api/public/x/tournaments"):
        answer = await house.client.options(path, headers=asked)
        assert answer.status_code == 204 and answer.headers["access-control-allow-origin"] == CASINO
        assert answer.headers["access-control-max-age"] == "7200"
    for path in ("/api/tournaments", "/api/tournaments/none/players", "/api/keys"):
        answer = await house.client.options(path, headers=asked)
        assert answer.status_code == 405 and "access-control-allow-origin" not in answer.headers


async def test_head_answers_as_get_does_without_a_body(house: House) -> None:
    tournament_id = await house.tournament("ann", "ben", started=True, visibility="public")
    for path in (
        f"/api/tournaments/{tournament_id}",
        f"/api/tournaments/{tournament_id}/leaderboard",
        "/",
        "/healthz",
    ):
        got, head = await house.client.get(path), await house.client.head(path)
        assert (head.status_code, head.content) == (got.status_code, b"")
        assert head.headers.get("content-length") == got.headers.get("content-length")
        assert head.headers.get("etag") == got.headers.get("etag")
    assert (await house.client.head("/api/tournaments")).status_code == 401


async def test_a_player_without_a_name_is_never_called_by_the_casinos_id(house: House) -> None:
    tournament_id = await house.tournament()
    path = f"/api/tournaments/{tournament_id}/players"
    body = {"userId": "casino-secret-7", "buyInAmount": 10}
    told = (await house.client.post(path, headers=house.auth, json=body)).json()
    assert re.fullmatch(r"Player \d{4}", told["displayName"])


async def heard(viewer: RoomPlayer, event: str) -> None:
    """Until the client was told that the tournament has moved on."""
    await viewer.when(lambda: [frame for frame in viewer.frames if frame.get("event") == event] or None)


async def test_no_frame_to_a_player_or_spectator_holds_a_casinos_id() -> None:
    """A whole short life in a room: lobby, bets, facts, a removal, the end."""
    async with a_served_house(QuickClock(3)) as served:
        house = served.house
        tournament_id = await house.tournament(*PLAYERS, config=ROOM, visibility="public")
        tokens = [await served.token(tournament_id, user) for user in PLAYERS[:2]]
        queries = [f"token={token}" for token in tokens] + ["spectate"]
        path = f"/api/tournaments/{tournament_id}"
        async with AsyncExitStack() as stack:
            viewers = [
                await stack.enter_async_context(a_player(served.socket(tournament_id, query)))
                for query in queries
            ]
            await house.client.post(f"{path}/start", headers=house.auth)
            for viewer in viewers[:2]:
                await heard(viewer, "started")
                await viewer.join()
            await viewers[0].betting()
            for viewer in viewers[:2]:
                await viewer.play("bet", amount=10, autoCashOut=1.01)
            await viewers[2].until("flight_ended")
            await viewers[0].say(type="around")
            await house.client.delete(f"{path}/players/{PLAYERS[5]}", headers=house.auth)
            await house.client.post(f"{path}/finish", headers=house.auth)
            await viewers[2].when(
                lambda: [f for f in viewers[2].frames if f.get("event") == "completed"] or None
            )
            for viewer, own in zip(viewers, (PLAYERS[0], PLAYERS[1], None), strict=True):
                text = json.dumps(viewer.frames)
                assert len(viewer.frames) > 8 and not [one for one in PLAYERS if one != own and one in text]
