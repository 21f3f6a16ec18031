"""Rooms in the whole house: created, refused, recovered, checked, told."""

import asyncio
import json
import re
import zlib
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from actors.replies import Refused
from actors.requests import Deliver
from config import limits
from server.domain.ids import TournamentId
from server.domain.rooms.fairness import chain_of
from server.domain.rooms.inputs import Batch, Input, Kind
from server.domain.rooms.refusals import RoomCode
from server.encoding.room_codec import decode_batch, encode_batch, encode_inputs
from server.ports import BlockRow, EventRow
from server.runtime.games import DEFAULT, games_of
from tests.support.app import House, a_house
from tests.support.clock import QuickClock
from tests.support.rewritten import LogRow, rewritten
from tests.support.room_player import a_player
from tests.support.served import Served, a_served_house
from workers.commands.room_check import RoomCheck
from workers.commands.verify import verify_tournament

ROOM = {"startingCredits": 1_000, "bettingMs": 1_000, "pauseMs": 500, "capMultiplier": 2}


@pytest.fixture
async def house() -> AsyncIterator[House]:
    async with a_house() as opened:
        yield opened


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    async with a_served_house(QuickClock(2)) as opened:
        yield opened


async def refused(house: House, **config: Any) -> dict[str, str]:
    """The faults of a config, by field."""
    body = {"name": "Cup", "gameSlug": "crash-classic", "startTime": house.at(60), "config": config}
    answer = await house.client.post("/api/tournaments", headers=house.auth, json=body)
    assert answer.status_code == 400, answer.text
    faults: dict[str, str] = answer.json()["details"]
    return faults


async def test_settings_are_checked_where_a_tournament_is_created(house: House) -> None:
    assert await refused(house, minBet=0) == {"config.minBet": "Must be 1 to 1000000000"}
    assert await refused(house, startingCredits=10**12) == {
        "config.startingCredits": "Must be 1 to 1000000000"
    }
    assert await refused(house, minBet=50, maxBet=20) == {"config.maxBet": "Must not be below minBet"}
    assert await refused(house, gameSettings={"sides": 6}) == {
        "config.gameSettings.sides": "The game crash-classic does not know it"
    }
    assert await refused(house, source="platform", minBet=5) == {
        "config.minBet": "Only a room knows it: the source is a platform"
    }
    assert "config.flights" in await refused(house, bettingMs=1_000, pauseMs=500, flights=10_001)


async def test_a_long_tournament_needs_a_number_of_flights(house: House) -> None:
    body = {
        "name": "Cup",
        "gameSlug": "crash-classic",
        "startTime": house.at(60),
        "durationSeconds": 10 * 86_400,
        "config": {"source": "room"},
    }
    answer = await house.client.post("/api/tournaments", headers=house.auth, json=body)
    assert answer.json()["details"] == {
        "config.flights": "Up to 108001 flights fit in, and there can be 10000: give a number"
    }
    body["config"] = {"flights": 500}
    assert (await house.client.post("/api/tournaments", headers=house.auth, json=body)).status_code == 201


async def test_the_config_and_the_commitment_are_read_back(house: House) -> None:
    tournament_id = await house.tournament(config={"minBet": 20})
    told = (await house.client.get(f"/api/tournaments/{tournament_id}", headers=house.auth)).json()
    assert told["config"]["source"] == "room" and told["config"]["minBet"] == 20
    assert told["config"]["startingCredits"] == 1_000 and told["config"]["gameSettings"] == {}
    assert len(told["fairnessCommitment"]) == 64
    rules = (await house.client.get(f"/api/tournaments/{tournament_id}/rules", headers=house.auth)).json()
    assert told["fairnessCommitment"] in str(rules)
    other = await house.tournament(config={"minBet": 20})
    told_too = (await house.client.get(f"/api/tournaments/{other}", headers=house.auth)).json()
    assert told_too["fairnessCommitment"] != told["fairnessCommitment"], "each has a chain of its own"
    plain = (await house.client.get(f"/api/tournaments/{await house.tournament()}", headers=house.auth)).json()
    assert plain["config"]["source"] == "platform" and plain["fairnessCommitment"] is None


async def test_settings_may_change_before_registration_opens_and_the_chain_stays(house: House) -> None:
    tournament_id = await house.tournament(
        config={"minBet": 20}, registrationOpens=house.at(30), startTime=house.at(60)
    )
    path = f"/api/tournaments/{tournament_id}"
    before = (await house.client.get(path, headers=house.auth)).json()
    answer = await house.client.put(path, headers=house.auth, json={"config": {"minBet": 30}})
    assert answer.status_code == 200, answer.text
    after = answer.json()
    assert after["config"]["minBet"] == 30 and after["fairnessCommitment"] == before["fairnessCommitment"]


async def test_a_room_takes_no_facts_from_outside(house: House) -> None:
    tournament_id = await house.tournament("ann", "ben", started=True, config=ROOM)
    facts = [{"event_id": "x", "player": "ann", "points": 5}]
    path = f"/api/internal/tournaments/{tournament_id}/events"
    told = (await house.client.post(path, headers=house.platform, json={"events": facts})).json()
    assert told["accepted"] == 0 and "not_allowed" in json.dumps(told)


async def test_a_front_end_may_say_only_what_players_do(house: House) -> None:
    tournament_id = await house.tournament("ann", "ben", started=True, config=ROOM)
    for kind in Kind:
        if kind >= Kind.OPENS:
            payload = encode_inputs([Input(kind, 1, amount=10**6, player=0, word="removed")])
            reply = await house.directory.deliver(tournament_id, Deliver("fe-x", 1, 1, 0, payload))
            assert isinstance(reply, Refused) and reply.code == "bad_delivery", kind


async def played(served: Served, tournament_id: str, flights: int) -> None:
    """Ann bets on so many flights."""
    token = await served.token(tournament_id, "ann")
    async with a_player(served.socket(tournament_id, f"token={token}")) as ann:
        await ann.join()
        for _ in range(flights):
            await ann.betting()
            assert (await ann.play("bet", amount=10, autoCashOut=1.01))["type"] == "played"
            await ann.until("flight_ended", len(ann.events))


async def test_fairness_is_public_and_reveals_the_chain_in_the_end(
    served: Served,
) -> None:
    house = served.house
    tournament_id = await house.tournament("ann", "ben", config=ROOM, visibility="public")
    path = f"/api/tournaments/{tournament_id}/fairness"
    before = (await house.client.get(path)).json()
    assert before["salt"] is None and before["flights"] == [] and before["seed"] is None
    await house.client.post(f"/api/tournaments/{tournament_id}/start", headers=house.auth)
    await played(served, tournament_id, 2)
    during = (await house.client.get(path)).json()
    assert during["entrants"]["count"] == 2 and during["seed"] is None
    assert len(during["flights"]) >= 2 and during["flights"][0]["proves"]["multiplier"] >= 1
    assert during["commitment"] == before["commitment"]
    assert during["operator"] == {"committed": 1, "started": 1, "cancelledAfterStart": 0}
    assert during["game"]["package"] == "pitboss" and len(during["game"]["filesSha256"]) == 64
    await house.client.post(f"/api/tournaments/{tournament_id}/finish", headers=house.auth)
    after = (await house.client.get(path)).json()
    assert len(after["seed"]) == 64
    chain = [link.hex() for link in chain_of(bytes.fromhex(after["seed"]), after["links"])]
    assert chain[0] == after["commitment"]
    assert all(chain[one["flight"]] == one["link"] for one in after["flights"])


async def test_fairness_of_a_private_tournament_needs_a_key_or_a_player(house: House) -> None:
    tournament_id = await house.tournament("ann", "ben", config=ROOM)
    path = f"/api/tournaments/{tournament_id}/fairness"
    assert (await house.client.get(path)).status_code == 401
    assert (await house.client.get(path, headers=house.other)).status_code == 404
    assert (await house.client.get(path, headers=house.auth)).status_code == 200
    token = (await house.client.post(
        f"/api/tournaments/{tournament_id}/players/ann/token", headers=house.auth
    )).json()["crash-classic"]["jwt"]  # fmt: skip
    answer = await house.client.get(path, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200
    plain = await house.tournament("ann", "ben")
    assert (
        await house.client.get(f"/api/tournaments/{plain}/fairness", headers=house.auth)
    ).status_code == 404


async def test_a_finished_room_verifies_and_a_tampered_flight_is_named(served: Served) -> None:
    house, games = served.house, games_of(DEFAULT)
    tournament_id = TournamentId(await house.tournament("ann", "ben", started=True, config=ROOM))
    await played(served, tournament_id, 2)
    await house.client.post(f"/api/tournaments/{tournament_id}/finish", headers=house.auth)
    check = RoomCheck(games)
    now_ms = house.clock.now_ms()
    assert await verify_tournament(house.store, tournament_id, now_ms, check) is None
    assert check.left_out is None and len(check.flights) >= 2
    assert all(line.endswith(" ok") for line in check.lines())
    unplayed = RoomCheck({})
    assert await verify_tournament(house.store, tournament_id, now_ms, unplayed) is None
    assert unplayed.left_out == "crash-classic"
    tamper(house, tournament_id, other_link)
    wrong = await verify_tournament(house.store, tournament_id, now_ms, RoomCheck(games))
    assert wrong is not None and "flight 1" in wrong.what
    tamper(house, tournament_id, more_won)
    wrong = await verify_tournament(house.store, tournament_id, now_ms, RoomCheck(games))
    assert wrong is not None, "the board is another one than the batch says"
    tamper(house, tournament_id, later_bet)
    wrong = await verify_tournament(house.store, tournament_id, now_ms, RoomCheck(games))
    assert wrong is not None and "played again" in wrong.what


Change = Callable[[Batch], Batch | None]


def other_link(batch: Batch) -> Batch | None:
    """Another link is revealed."""
    return batch._replace(reveals=[(batch.reveals[0][0], bytes(32))]) if batch.reveals else None


def more_won(batch: Batch) -> Batch | None:
    """A fact says that more was won."""
    if not batch.facts:
        return None
    first = batch.facts[0]
    return batch._replace(facts=[first._replace(fact=first.fact._replace(points=10**9)), *batch.facts[1:]])


def later_bet(batch: Batch) -> Batch | None:
    """A bet came when betting was over."""
    if not any(one.word == "bet" for one in batch.inputs):
        return None
    late = [one._replace(body=b'{"amount":11}') if one.word == "bet" else one for one in batch.inputs]
    return batch._replace(inputs=late)


def tamper(house: House, tournament_id: TournamentId, change: Change) -> None:
    """Change the first batch that can be, and make all hashes fit again. What was changed before is undone."""
    originals = _ORIGINALS.setdefault(tournament_id, list(house.store._tournaments[tournament_id].log))
    done = False

    def payload_of(row: LogRow) -> bytes:
        nonlocal done
        changed = None if done or isinstance(row, EventRow) else change(decode_batch(row.payload))
        done = done or changed is not None
        return row.payload if changed is None else encode_batch(changed)

    house.store._tournaments[tournament_id].log = rewritten(originals, payload_of)
    assert done


_ORIGINALS: dict[str, list[LogRow]] = {}


async def test_an_owner_that_is_rebuilt_goes_on_with_the_same_flight(served: Served) -> None:
    house = served.house
    room = ROOM | {"bettingMs": 2_000, "capMultiplier": 100}
    tournament_id = TournamentId(await house.tournament("ann", "ben", started=True, config=room))
    token = await served.token(tournament_id, "ann")
    async with a_player(served.socket(tournament_id, f"token={token}")) as ann:
        await ann.join()
        flight = await ann.betting()
        await ann.play("bet", amount=100, autoCashOut=1.01)
        epoch = ann.state["epoch"]
        await house.directory.host(tournament_id).retire()
        await ann.when(lambda: ann.state["epoch"] != epoch or None)
        assert ann.state["flight"] == flight and ann.state["state"]["bets"][0]["amount"] == 100
        again = await ann.play("bet", amount=100)
        assert again["error"] in ("already_bet", "betting_closed"), "the bet is there"
        over = [one for one in ann.events if one["kind"] == "flight_ended" and one["data"]["flight"] == flight]
        ended = over[0] if over else await ann.until("flight_ended", len(ann.events))
        assert ended["data"]["flight"] == flight
        await ann.when(lambda: ann.hand["credits"] != 900 or ended["data"]["multiplier"] < 1.01 or None)
    check = RoomCheck(games_of(DEFAULT))
    assert await verify_tournament(house.store, tournament_id, house.clock.now_ms(), check) is None


async def test_a_player_has_one_seat_and_the_newest_connection_takes_it(served: Served) -> None:
    tournament_id = await served.house.tournament("ann", "ben", started=True, config=ROOM)
    token = await served.token(tournament_id, "ann")
    async with (
        a_player(served.socket(tournament_id, f"token={token}")) as one,
        a_player(served.socket(tournament_id, f"token={token}")) as two,
    ):
        first = await one.join()
        assert (await one.play("bet", amount=1))["error"] != "not_joined"
        assert (await two.play("bet", amount=10))["error"] == "not_joined"
        assert (await two.join())["seat"] != first["seat"]
        await one.when(lambda: [f for f in one.frames if f.get("error") == "seat_taken_elsewhere"] or None)
        assert (await one.play("bet", amount=10))["error"] == "not_joined"


async def test_a_client_that_comes_back_to_its_seat_is_answered_as_before(served: Served) -> None:
    tournament_id = await served.house.tournament("ann", "ben", started=True, config=ROOM)
    token = await served.token(tournament_id, "ann")
    async with a_player(served.socket(tournament_id, f"token={token}")) as ann:
        seat = (await ann.join())["seat"]
        await ann.betting()
        told = await ann.play("bet", move_id=7, amount=10)
        flight = ann.flight
    async with a_player(served.socket(tournament_id, f"token={token}")) as ann:
        assert await ann.join(seat=seat) == {"type": "joined", "seat": seat, "lastId": 7}
        again = await ann.play("bet", move_id=7, flight=flight, amount=10)
        assert again == told | {"again": True}


async def test_a_move_for_another_flight_is_not_taken(served: Served) -> None:
    tournament_id = await served.house.tournament("ann", "ben", started=True, config=ROOM)
    token = await served.token(tournament_id, "ann")
    async with a_player(served.socket(tournament_id, f"token={token}")) as ann:
        await ann.join()
        flight = await ann.betting()
        told = await ann.play("bet", flight=flight + 1, amount=10)
        assert (told["error"], told["detail"]["flight"]) == ("flight_over", flight)


async def test_a_player_who_is_removed_gets_the_stake_back_and_is_out(served: Served) -> None:
    house = served.house
    tournament_id = await house.tournament("ann", "ben", "cid", started=True, config=ROOM)
    token = await served.token(tournament_id, "ann")
    async with a_player(served.socket(tournament_id, f"token={token}")) as ann:
        await ann.join()
        await ann.betting()
        await ann.play("bet", amount=100)
        path = f"/api/tournaments/{tournament_id}/players/ann"
        assert (await house.client.delete(path, headers=house.auth)).status_code == 200
        await ann.when(lambda: ann.code or [f for f in ann.frames if f.get("event") == "removed"] or None)
    host = house.directory.host(tournament_id)
    owner = host._owner
    assert owner is not None and owner.room is not None and owner.room.engine is not None
    purse = owner.room.engine.room.purses[0]
    assert (purse.credits, purse.stake, purse.out) == (1_000, 0, "removed")


async def test_the_chain_is_nowhere_in_clear_before_the_end(served: Served) -> None:
    """Neither the seed nor a link that is still to come stands in anything that is stored or said."""
    house = served.house
    tournament_id = TournamentId(await house.tournament("ann", "ben", started=True, config=ROOM))
    await played(served, tournament_id, 1)
    stored = house.store._tournaments[tournament_id]
    assert stored.seed is not None and house.ctx.seals is not None
    seed = house.ctx.seals.open(tournament_id, stored.seed)
    rules = stored.summary.rules.room
    assert rules is not None
    owner = house.directory.host(tournament_id)._owner
    assert owner is not None and owner.room is not None
    flown = owner.state.room.link_flight
    await owner.checkpoint()
    secret = chain_of(seed, rules.links)[flown + 1 :]
    public = [
        house.store._outbox,
        stored.entries,
        stored.summary,
        stored.answers,
        stored.checkpoints,
        stored.log,
    ]
    record = (await house.client.get(f"/api/tournaments/{tournament_id}/record", headers=house.auth)).text
    fairness = (await house.client.get(f"/api/tournaments/{tournament_id}/fairness", headers=house.auth)).text
    raw = b"".join(zlib.decompress(row.payload) for row in stored.log if isinstance(row, BlockRow))
    said = repr(public) + record + fairness
    for link in secret:
        assert link not in raw and link.hex() not in said and repr(link)[2:-1] not in said


async def test_a_link_whose_deliveries_are_not_known_any_more_begins_anew(served: Served) -> None:
    """As after a database that was set back: the owner knows of no delivery, and the front end of many."""
    tournament_id = await served.house.tournament("ann", "ben", started=True, config=ROOM)
    token = await served.token(tournament_id, "ann")
    async with a_player(served.socket(tournament_id, f"token={token}")) as ann:
        await ann.join()
        assert (await ann.play("cash_out"))["type"] == "refused"
        owner = served.house.directory.host(tournament_id)._owner
        assert owner is not None and owner.room is not None and owner.room.engine is not None
        owner.room.engine.room.front_ends.clear()
        told = await ann.play("cash_out")
        assert told["error"] in ("no_bet", "flight_over")
        await ann.betting()
        assert (await ann.play("bet", amount=10))["type"] == "played"


async def test_a_front_end_that_is_about_to_stop_seats_no_one(served: Served) -> None:
    tournament_id = await served.house.tournament("ann", "ben", started=True, config=ROOM)
    token = await served.token(tournament_id, "ann")
    async with a_player(served.socket(tournament_id, f"token={token}")) as ann:
        served.house.ctx.hub.drain()
        assert (await ann.join())["error"] == "draining"


async def test_who_stays_away_too_long_loses_the_seat_and_keeps_the_stake() -> None:
    async with a_served_house(QuickClock(2)) as served:
        tournament_id = await served.house.tournament("ann", "ben", started=True, config=ROOM)
        token = await served.token(tournament_id, "ann")
        async with a_player(served.socket(tournament_id, f"token={token}")) as ann:
            await ann.join()
            await ann.betting()
            await ann.play("bet", amount=10, autoCashOut=1.01)
        owner = served.house.directory.host(tournament_id)._owner
        assert owner is not None and owner.room is not None and owner.room.engine is not None
        room = owner.room.engine.room
        while room.seats[0].away_us is None:
            await asyncio.sleep(0.05)
        assert room.purses[0].stake == 10, "dropped: seat and stake stay"
        room.seats[0].away_us -= limits.ROOM_SEAT_GRACE_MS * 1_000
        while 0 in room.seats:
            owner.room.wanted.set()
            await asyncio.sleep(0.05)


def test_every_code_is_explained() -> None:
    text = (Path(__file__).parents[2] / "docs" / "rooms.md").read_text()
    inside = {RoomCode.DELIVERY_GAP, RoomCode.BAD_DELIVERY}
    assert [code for code in RoomCode if f"`{code}`" not in text and code not in inside] == []
    moves = (Path(__file__).parents[2] / "pitboss_games" / "crash_classic" / "game.py").read_text()
    assert [code for code in re.findall(r'Refused\("(\w+)"', moves) if f"`{code}`" not in text] == []


async def test_where_a_tournament_is_played_cannot_be_changed(house: House) -> None:
    opens = house.at(30)
    here = await house.tournament(config=ROOM, registrationOpens=opens)
    elsewhere = await house.tournament(registrationOpens=opens)
    for tournament_id, config in ((here, {"source": "platform"}), (elsewhere, {"source": "room"})):
        path = f"/api/tournaments/{tournament_id}"
        answer = await house.client.put(path, headers=house.auth, json={"config": config})
        assert answer.status_code == 409 and "config.source" in answer.json()["details"], answer.text


async def test_a_room_whose_game_is_away_goes_on_where_it_stood(house: House) -> None:
    """What was bought meanwhile reaches it, and no checkpoint forgets that it had opened."""
    body = await house.tournament("ann", "ben", started=True, config=ROOM, rebuyEnabled=True)
    tournament_id = TournamentId(body)
    host = house.directory.host(tournament_id)
    assert host._owner is not None and host._owner.room is not None and host._owner.room.engine is not None
    flight = host._owner.room.engine.room.flight
    with_games = house.directory._process
    house.directory._process = replace(with_games, rooms=without_games(house))
    await host.retire()
    path = f"/api/tournaments/{tournament_id}/players/ann/rebuy"
    assert (await house.client.post(path, headers=house.auth, json={"amount": 10})).status_code == 200
    host = house.directory.host(tournament_id)
    assert host._owner is not None and host._owner.room is not None
    assert host._owner.room.why_lost() == "game_not_installed" and host._owner.room.image() is None
    house.directory._process = with_games
    await host.retire()
    path = f"/api/tournaments/{tournament_id}/status"
    host = house.directory.host(tournament_id)
    await house.client.get(
        f"/api/tournaments/{tournament_id}/leaderboard?consistency=strong", headers=house.auth
    )
    await house.clock.advance(100)
    owner = host._owner
    assert owner is not None and owner.room is not None and owner.room.engine is not None
    assert owner.room.engine.room.flight >= flight and owner.room.engine.room.purses[0].credits == 2_000
    assert owner.room.engine.room.purses[1].credits == 1_000


def without_games(house: House) -> Any:
    """The same key, and no game."""
    assert house.directory._rooms is not None
    return replace(house.directory._rooms, games={})


async def test_a_move_is_not_made_after_the_moment_that_it_names(served: Served) -> None:
    tournament_id = await served.house.tournament("ann", "ben", started=True, config=ROOM)
    token = await served.token(tournament_id, "ann")
    async with a_player(served.socket(tournament_id, f"token={token}")) as ann:
        await ann.join()
        flight = await ann.betting()
        now_ms = ann.events[-1]["atMs"]
        bet = {"type": "play", "flight": flight, "move": "bet", "with": {"amount": 10}}
        await ann.say(id=1, untilMs=now_ms - 1_000, **bet)
        refused = await ann.when(lambda: next((f for f in ann.frames if f["type"] == "refused"), None))
        assert (refused["id"], refused["error"], refused["stampMs"]) == (1, "expired", None)
        await ann.say(id=1, untilMs=now_ms + 60_000, **bet)
        played = await ann.when(lambda: next((f for f in ann.frames if f["type"] == "played"), None))
        assert played["answer"]["amount"] == 10, "it was not remembered"
