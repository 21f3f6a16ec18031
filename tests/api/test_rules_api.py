"""The rules through the API: dry run, traces, corrections, review, rules text, add-ons, rounds, lobby."""

import asyncio
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.owner.queries import row_of
from actors.simulate import DryPlayer, dry_run, rules_of
from server.domain.scoring.registry import MODELS
from server.encoding.wire import instant
from tests.domain.test_scoring import board_of
from tests.support.app import House
from tests.support.configs import facts, scorings

PARAMETERS = {"best_n": {"n": 5}, "first_n": {"n": 5}, "last_n": {"n": 5}, "race_to_target": {"target": 60}}


async def post(house: House, path: str, body: Any = None, headers: Any = None) -> Any:
    answer = await house.client.post(path, headers=headers or house.auth, json=body or {})
    return answer.json() | {"_status": answer.status_code}


async def get(house: House, path: str, headers: Any = None) -> Any:
    answer = await house.client.get(path, headers=house.auth if headers is None else headers)
    return answer.json() | {"_status": answer.status_code}


def recorded(house: House, seed: str, users: str, count: int = 120) -> list[dict[str, Any]]:
    """Facts as a game recorded them; every third without the game's time."""
    luck = random.Random(seed)
    start_ms = house.clock.now_ms()
    found = []
    for n in range(count):
        bet = luck.randint(1, 5)
        fact: dict[str, Any] = {"event_id": f"{seed}-{n}", "player": luck.choice(users), "bet": bet}
        fact |= {"win": bet * luck.choice([0, 0, 1, 2.5]), "points": luck.randint(-2, 9) + 0.25}
        fact |= {"multiplier": luck.randint(0, 90) / 16}
        if n % 3:
            fact["occurred_at"] = instant(start_ms + luck.randint(0, 9_000))
        found.append(fact)
    return found


@pytest.mark.parametrize("model", MODELS)
async def test_a_dry_run_equals_live_play_byte_for_byte(house: House, model: str) -> None:
    config = {
        "tournamentType": model,
        "scoring": PARAMETERS.get(model, {}),
        "tieBreakers": ["points", "first_to_reach"],
    }
    tournament_id = await house.tournament(*"abcde", started=True, config=config)
    house.clock.jump(10_000)
    events = recorded(house, model, "abcde")
    house.clock.jump(10_000)
    for start in range(0, len(events), 17):
        path = f"/api/internal/tournaments/{tournament_id}/events"
        told = await post(house, path, {"events": events[start : start + 17]}, house.platform)
        assert told["_status"] == 200
    path = f"/api/tournaments/{tournament_id}"
    live = await house.client.get(f"{path}/leaderboard", headers=house.auth)
    listed = (await get(house, f"{path}/players"))["players"]
    players = [{n: row[n] for n in ("userId", "playerId", "displayName")} for row in listed]
    body = {"config": config, "players": players, "events": events}
    dry = await house.client.post("/api/scoring/simulate", headers=house.auth, json=body)
    assert dry.status_code == 200, dry.text
    boards = [text.split('"leaderboard":')[1].split("]")[0] for text in (live.text, dry.text)]
    assert boards[0] == boards[1] and boards[0].count("position") == 5
    assert len({row["points"] for row in dry.json()["leaderboard"]}) > 1


@pytest.mark.parametrize("model", MODELS)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_a_dry_run_equals_live_play_for_any_facts(model: str, data: st.DataObject) -> None:
    scoring, played = data.draw(scorings(model)), data.draw(facts())
    story = board_of(scoring, played, sizes=4)
    story.advance()
    live = [row_of(story.tournament, row) for row in story.tournament.ranking.page(0, 9)]
    players = [DryPlayer(user, f"plr_{user}", user.title()) for user in "abcd"]
    run = dry_run(rules_of({"scoring": scoring}), players, played, story.now_ms)
    assert run.rows == live


async def test_the_dry_run_tells_every_fault_and_what_became_of_facts(house: House) -> None:
    body: dict[str, Any] = {
        "config": {"tournamentType": "best_n", "scoring": {"n": 0, "minBet": 5, "maxBet": 1}},
        "events": [{"event_id": "1"}, {"event_id": "2", "player": "ann", "bet": 1e-7}],
    }
    wrong = await post(house, "/api/scoring/simulate", body)
    assert set(wrong["details"]) == {
        "config.scoring.n", "config.scoring.maxBet", "events[0].player", "events[1].bet",
    }  # fmt: skip
    fact = {"event_id": "1", "player": "ann", "bet": 2, "win": 5}
    body = {
        "config": {"tournamentType": "total_win", "scoring": {"minBet": 2}},
        "events": [fact, fact, fact | {"event_id": "2", "bet": 1}, {"event_id": "3", "player": "ann"}],
    }
    told = await post(house, "/api/scoring/simulate", body)
    assert [line["status"] for line in told["results"]] == [
        "accepted", "duplicate", "out_of_range", "missing_value",
    ]  # fmt: skip
    assert told["leaderboard"][0] | {"userId": "ann", "points": 5} == told["leaderboard"][0]
    twice = {"players": [{"userId": "a"}, {"userId": "a"}], "events": [fact]}
    assert (await post(house, "/api/scoring/simulate", twice))["_status"] == 400


async def played(house: House, **body: Any) -> str:
    """Ann, ben and cid with 9, 5 and 1 points."""
    tournament_id = await house.tournament("ann", "ben", "cid", started=True, **body)
    for n, (user, points) in enumerate({"ann": 9, "ben": 5, "cid": 1}.items()):
        fact = {"event_id": f"f{n}", "player": user, "points": points, "round_id": f"r{n}"}
        path = f"/api/internal/tournaments/{tournament_id}/events"
        await post(house, path, {"events": [fact]}, house.platform)
    return tournament_id


async def board(house: House, tournament_id: str) -> list[tuple[str, float]]:
    rows = (await get(house, f"/api/tournaments/{tournament_id}/leaderboard"))["leaderboard"]
    return [(row["userId"], row["points"]) for row in rows]


async def test_corrections_change_the_board_and_the_trace_says_why(house: House) -> None:
    tournament_id = await played(house)
    path = f"/api/tournaments/{tournament_id}"
    adjusted = await post(
        house, f"{path}/corrections", {"action": "adjust", "player": "ben", "points": 5.5, "reason": "lag"}
    )
    assert (adjusted["status"], adjusted["pointsBefore"], adjusted["pointsAfter"]) == ("applied", 5, 10.5)
    voided = await post(
        house,
        f"{path}/corrections",
        {"action": "void", "eventId": "f0", "reason": "rolled back"},
        house.platform,
    )
    assert (voided["userId"], voided["pointsBefore"], voided["pointsAfter"]) == ("ann", 9, 0)
    reset = await post(house, f"{path}/corrections", {"action": "reset", "player": "cid", "reason": "restart"})
    assert reset["pointsAfter"] == 0
    assert await board(house, tournament_id) == [("ben", 10.5), ("ann", 0), ("cid", 0)]
    lines = {}
    for user in ("ann", "ben", "cid"):
        trace = await get(house, f"{path}/players/{user}/trace")
        assert sum(line["points"] for line in trace["lines"]) == trace["points"]
        lines[user] = [(line["kind"], line["why"], line["points"]) for line in trace["lines"]]
    assert lines == {
        "ann": [("fact", "voided", 0)],
        "ben": [("fact", "counted", 5), ("adjust", "lag", 5.5)],
        "cid": [("fact", "reset", 0), ("reset", "restart", 0)],
    }
    events = (await get(house, f"{path}/events"))["events"]
    assert [e["data"]["action"] for e in events if e["eventType"] == "score.corrected"] == [
        "adjust",
        "void",
        "reset",
    ]
    again = await post(house, f"{path}/corrections", {"action": "void", "eventId": "f0", "reason": "again"})
    assert (again["_status"], again["error"]) == (404, "fact_not_found")


async def test_wrong_corrections_are_refused_with_their_code(house: House) -> None:
    tournament_id = await played(house)
    path = f"/api/tournaments/{tournament_id}"
    wrong = await post(house, f"{path}/corrections", {"action": "void", "points": 1, "player": "ann"})
    assert set(wrong["details"]) == {"reason", "eventId", "points"}
    for body, code in (
        ({"action": "void", "event_id": "nope", "reason": "x"}, "fact_not_found"),
        ({"action": "void", "event_id": "f0", "player": "ben", "reason": "x"}, "fact_not_found"),
        ({"action": "reset", "player": "nobody", "reason": "x"}, "player_not_found"),
    ):
        told = await post(house, f"{path}/corrections", body)
        assert (told["_status"], told["error"]) == (404, code)
    await house.client.delete(f"{path}/players/cid", headers=house.auth)
    told = await post(house, f"{path}/corrections", {"action": "reset", "player": "cid", "reason": "x"})
    assert (told["_status"], told["error"]) == (409, "player_removed")
    early = await house.tournament("ann")
    told = await post(
        house, f"/api/tournaments/{early}/corrections", {"action": "reset", "player": "ann", "reason": "x"}
    )
    assert told["error"] == "invalid_status"


async def test_a_disqualification_in_review_moves_prizes_up_and_keeps_the_payout_ids(house: House) -> None:
    tournament_id = await played(house, config={"payoutApproval": "manual"})
    path = f"/api/tournaments/{tournament_id}"
    early = await post(house, f"{path}/payouts/approve")
    assert (early["_status"], early["error"]) == (409, "results_not_ready")
    await post(house, f"{path}/finish")
    house.clock.jump(60_000)
    before = (await get(house, f"{path}/payouts"))["payouts"]
    assert [(p["userId"], p["amount"], p["state"]) for p in before] == [
        ("ann", 15, "waiting_review"), ("ben", 9, "waiting_review"), ("cid", 6, "waiting_review"),
    ]  # fmt: skip
    out = await post(house, f"{path}/players/ann/disqualify", {"reason": "two accounts"})
    assert (out["status"], out["playerStatus"], out["refundAmount"]) == ("applied", "disqualified", 0)
    results = await get(house, f"{path}/results")
    assert results["resultsStatus"] == "provisional"
    assert [(r["userId"], r["prize"]) for r in results["results"]] == [("ben", 18.75), ("cid", 11.25)]
    assert (await post(house, f"{path}/payouts/approve"))["resultsStatus"] == "final"
    assert (await post(house, f"{path}/payouts/approve"))["resultsStatus"] == "final"
    after = (await get(house, f"{path}/payouts"))["payouts"]
    assert [(p["userId"], p["amount"], p["state"]) for p in after] == [
        ("ben", 18.75, "approved"), ("cid", 11.25, "approved"),
    ]  # fmt: skip
    ids = {p["userId"]: p["payoutId"] for p in before}
    assert all(ids[p["userId"]] == p["payoutId"] for p in after), "a payout id outlives a change of rank"
    review = await post(house, f"{path}/players/ben/disqualify", {"reason": "late tip"})
    assert review["status"] == "review"
    review = await post(
        house, f"{path}/corrections", {"action": "adjust", "player": "cid", "points": 99, "reason": "x"}
    )
    assert (review["status"], review["pointsAfter"]) == ("review", 1)
    assert (await get(house, f"{path}/payouts"))["payouts"] == after
    assert (await get(house, f"{path}/status"))["openReviews"] == 2
    barred = await post(house, f"{path}/players", {"userId": "ann", "buyInAmount": 10})
    assert (barred["_status"], barred["error"]) == (409, "player_disqualified")


async def test_results_are_provisional_until_the_grace_is_over(house: House) -> None:
    tournament_id = await played(house)
    path = f"/api/tournaments/{tournament_id}"
    opened = instant(house.clock.now_ms())
    house.clock.jump(2_000)
    await post(house, f"{path}/finish")
    late = [
        {"event_id": "late-1", "player": "ben", "points": 7, "opened_at": opened},
        {"event_id": "late-2", "player": "cid", "points": 99},
    ]
    facts_path = f"/api/internal/tournaments/{tournament_id}/events"
    for _ in range(2):
        told = await post(house, facts_path, {"events": late}, house.platform)
        late.sort(key=lambda fact: str(fact["event_id"]))
        statuses = [line["status"] for line in told["results"]]
        assert statuses in (["accepted", "after_bell"], ["duplicate", "after_bell"])
    assert (await get(house, f"{path}/results"))["resultsStatus"] == "provisional"
    assert (await board(house, tournament_id))[0] == ("ben", 12)
    house.clock.jump(5_000)
    told = await post(house, facts_path, {"events": [late[0] | {"event_id": "late-3"}]}, house.platform)
    assert told["results"][0]["status"] == "after_bell"
    results = await get(house, f"{path}/results")
    assert results["resultsStatus"] == "final" and results["results"][0]["userId"] == "ben"
    trace = await get(house, f"{path}/players/cid/trace")
    assert [line["why"] for line in trace["lines"]] == ["counted", "after_bell"]


async def test_rules_are_readable_by_players_under_the_version_they_accepted(house: House) -> None:
    config = {"tournamentType": "best_n", "scoring": {"n": 3, "metric": "win"}, "tiePrizes": "split"}
    tournament_id = await house.tournament("ann", config=config, maxPlayers=20)
    path = f"/api/tournaments/{tournament_id}"
    renamed = await house.client.put(path, headers=house.auth, json={"name": "Renamed", "maxPlayers": 50})
    assert renamed.status_code == 200, renamed.text
    jwt = (await post(house, f"{path}/players/ann/token"))["crash-classic"]["jwt"]
    mine = await get(house, f"{path}/rules", {"Authorization": f"Bearer {jwt}"})
    assert (mine["version"], mine["currentVersion"], mine["name"]) == (1, 2, "Cup")
    text = " ".join(line for section in mine["sections"] for line in section["lines"])
    assert "the best 3 game rounds, by win" in text and "share the prizes of their places" in text
    current = await get(house, f"{path}/rules")
    assert current["version"] == 2 and current["hash"] != mine["hash"]
    assert [change["changed"] for change in current["changes"]] == [[], ["maxPlayers", "name"]]
    assert (await get(house, f"{path}/rules?version=1"))["hash"] == mine["hash"]
    assert (await get(house, f"{path}/rules?version=7"))["_status"] == 404
    assert current["timeZone"] == "UTC", "the operator's"
    far = await get(house, f"{path}/rules?timeZone=Asia/Tokyo")
    assert far["hash"] == current["hash"] and "(UTC+9)" in str(far["sections"])
    for unknown in ("Mars/Olympus", "../../etc/passwd", "", "/etc/localtime"):
        assert (await get(house, f"{path}/rules?timeZone={unknown}"))["details"].keys() == {"timeZone"}
    assert (await get(house, f"{path}/rules", {}))["_status"] == 401
    assert (await get(house, f"{path}/rules", {"Authorization": "Bearer rubbish"}))["_status"] == 401
    public = await house.tournament(visibility="public")
    assert (await get(house, f"/api/tournaments/{public}/rules", {}))["version"] == 1
    other = await get(house, f"/api/tournaments/{public}/rules", {"Authorization": f"Bearer {jwt}"})
    assert other["_status"] == 404
    own = await get(house, f"{path}/players/ann/trace", {"Authorization": f"Bearer {jwt}"})
    assert own["points"] == 0
    foreign = await get(house, f"{path}/players/bob/trace", {"Authorization": f"Bearer {jwt}"})
    assert foreign["_status"] == 404


async def test_add_ons_feed_the_pool_and_give_points(house: House) -> None:
    add_on = {"price": 5, "points": 2.5, "maxPerPlayer": 1}
    tournament_id = await house.tournament("ann", "ben", addOn=add_on)
    path = f"/api/tournaments/{tournament_id}"
    early = await post(house, f"{path}/players/ann/add-on", {"amount": 5})
    assert (early["_status"], early["error"], early["rule"]) == (409, "add_on_not_allowed", "not_started")
    await post(house, f"{path}/start")
    wrong = await post(house, f"{path}/players/ann/add-on", {"amount": 4})
    assert (wrong["error"], wrong["expected"]) == ("wrong_amount", 5)
    sold = await post(house, f"{path}/players/ann/add-on", {"amount": 5, "tender": "bonus"})
    assert sold["prizePool"]["totalAmount"] == 25 and sold["entries"] == 1
    assert sold["sales"][-1]["kind"] == "add_on" and sold["sales"][-1]["tender"] == "bonus"
    assert await board(house, tournament_id) == [("ann", 2.5), ("ben", 0)]
    more = await post(house, f"{path}/players/ann/add-on", {"amount": 5})
    assert more["rule"] == "limit"
    plain = await house.tournament("ann", "ben", started=True)
    none = await post(house, f"/api/tournaments/{plain}/players/ann/add-on", {"amount": 5})
    assert none["rule"] == "no_add_ons"


async def test_a_lobby_starts_when_enough_are_in_and_opens_the_next_exactly_once(house: House) -> None:
    body = {
        "name": "Hop",
        "gameSlug": "crash-classic",
        "format": "hop_on_off",
        "minPlayers": 5,
        "entryFee": 10,
    }
    made = await post(house, "/api/tournaments", body | {"durationSeconds": 600})
    assert made["_status"] == 201
    first = made["tournamentId"]

    async def join(user: str) -> Any:
        return await post(house, f"/api/tournaments/{first}/players", {"userId": user, "buyInAmount": 10})

    answers = await asyncio.gather(*(join(f"u{n}") for n in range(23)))
    assert [answer["_status"] for answer in answers] == [201] * 23
    sold: dict[str, int] = {}
    for answer in answers:
        sold[answer["tournament_id"]] = sold.get(answer["tournament_id"], 0) + 1
    assert sorted(sold.values(), reverse=True) == [5, 5, 5, 5, 3]
    listed = (await get(house, "/api/tournaments"))["tournaments"]
    assert sorted(row["status"] for row in listed) == ["in_progress"] * 4 + ["open"]
    assert all(row["startTime"] is None for row in listed if row["status"] == "open")
    waiting = next(row["tournamentId"] for row in listed if row["status"] == "open")
    detail = await get(house, f"/api/tournaments/{waiting}")
    assert detail["lobby"] == {"id": first, "number": 5} and detail["endTime"] is None
    user = next(a["userId"] for a in answers if a["tournament_id"] == waiting)
    left = await house.client.delete(f"/api/tournaments/{waiting}/players/{user}", headers=house.auth)
    assert left.json()["refundAmount"] == 10
    await house.client.delete(f"/api/tournaments/{waiting}", headers=house.auth)
    closed = await join("late")
    assert (closed["_status"], closed["error"]) == (409, "registration_closed")


async def test_a_game_platform_creates_hop_on_off_tournaments_and_lets_players_leave(house: House) -> None:
    body = {"name": "Hop", "gameSlug": "crash-classic", "minPlayers": 2, "entryFee": 10}
    path = "/api/internal/tournaments"
    wrong = await post(house, path, body | {"startTime": house.at(5)}, house.platform)
    assert "startCondition" in wrong["details"]
    made = await post(house, path, body | {"startCondition": "min_players_reached"}, house.platform)
    tournament_id = made["tournamentId"]
    for user in ("ann", "ben"):
        entry = {"userId": user, "buyInAmount": 10}
        await post(house, f"/api/tournaments/{tournament_id}/players", entry)
        if user == "ann":
            left = await house.client.delete(f"{path}/{tournament_id}/players/ann", headers=house.platform)
            assert left.json()["refundAmount"] == 10
            await post(house, f"/api/tournaments/{tournament_id}/players", entry)
    late = await house.client.delete(f"{path}/{tournament_id}/players/ann", headers=house.platform)
    assert (late.status_code, late.json()["error"]) == (409, "invalid_status")


async def test_the_history_of_a_user_has_every_entry_with_what_became_of_it(house: House) -> None:
    done = await played(house, config={"graceSeconds": 0})
    await post(house, f"/api/tournaments/{done}/finish")
    house.clock.jump(1_000)
    await house.client.delete(
        f"/api/tournaments/{await house.tournament('ann')}/players/ann", headers=house.auth
    )
    told = await get(house, "/api/players/ann/tournaments")
    rows = sorted(
        (row["playerStatus"], row["position"], row["prize"], row["totalPaid"]) for row in told["tournaments"]
    )
    assert rows == [("finished", 1, 15, 10), ("removed", None, None, 10)]
    assert told["pagination"]["total"] == 2
    page = await get(house, "/api/players/ann/tournaments?limit=1&offset=1")
    assert len(page["tournaments"]) == 1
    assert (await get(house, "/api/players/ann/tournaments", house.other))["tournaments"] == []


async def test_a_hop_on_off_tournament_has_no_times(house: House) -> None:
    body = {
        "name": "Hop",
        "gameSlug": "crash-classic",
        "startCondition": "min_players_reached",
        "minPlayers": 2,
    }
    wrong = await post(house, "/api/tournaments", body | {"startTime": house.at(5), "endTime": house.at(9)})
    assert set(wrong["details"]) == {"startTime", "endTime"}
    wrong = await post(house, "/api/tournaments", body | {"format": "scheduled", "startTime": house.at(5)})
    assert "startCondition" in wrong["details"]


async def test_rounds_eliminate_and_a_rebuy_revives(house: House) -> None:
    rounds = {"count": 3, "durationSeconds": 60, "eliminationRate": 0.5, "survivors": 1}
    body = {"rounds": rounds, "rebuyEnabled": True, "rebuyFee": 10}
    tournament_id = await house.tournament(*"abcd", started=True, **body)
    path = f"/api/tournaments/{tournament_id}"
    events = [{"event_id": u, "player": u, "points": p} for u, p in {"a": 4, "b": 3, "c": 2, "d": 1}.items()]
    await post(house, f"/api/internal/tournaments/{tournament_id}/events", {"events": events}, house.platform)
    house.clock.jump(65_000)
    status = await get(house, f"{path}/status")
    board_ = await board(house, tournament_id)
    status = await get(house, f"{path}/status")
    assert (status["currentRound"], status["totalRounds"], status["playersLeft"]) == (2, 3, 2)
    assert [user for user, _ in board_] == ["a", "b", "c", "d"]
    told = await post(
        house, f"/api/internal/tournaments/{tournament_id}/events",
        {"events": [{"event_id": "x", "player": "c", "points": 99}]}, house.platform,
    )  # fmt: skip
    assert told["results"][0]["status"] == "player_eliminated"
    assert (await get(house, f"{path}/players/c"))["status"] == "eliminated"
    back = await post(house, f"{path}/players/c/rebuy", {"amount": 10})
    assert (back["_status"], back["status"]) == (200, "active")
    assert (await get(house, f"{path}/status"))["playersLeft"] == 3
    house.clock.jump(65_000)
    late = await post(house, f"{path}/players/d/rebuy", {"amount": 10})
    assert (late["error"], late["rule"]) == ("rebuy_not_allowed", "eliminated")
    told = (await get(house, f"{path}/events"))["events"]
    types = [e["eventType"] for e in told]
    assert types.count("tournament.round_completed") == types.count("tournament.round_ended") == 2
    assert types.count("tournament.round_started") == 3, "the first one, too"
    assert types.count("player.eliminated") == sum(len(e["data"].get("eliminated", ())) for e in told)
