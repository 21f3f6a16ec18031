"""Rooms whose salt needs a public beacon: the rounds are real ones of drand's quicknet."""

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncGenerator, AsyncIterator
from hashlib import sha256
from typing import Any

import pytest
from aiohttp import web

from actors.requests import Identity, request_of
from config import limits
from server.domain.ids import TournamentId
from server.domain.rooms.beacon import QUICKNET, BeaconChain, randomness_of
from server.domain.tournament.commands import TakeBeacon
from server.ports import EventRow
from server.runtime.beacon_proof import is_genuine
from server.runtime.games import DEFAULT, games_of
from server.runtime.randomness import SystemIds
from tests.support.app import House, a_house
from tests.support.clock import ManualClock
from tests.support.rewritten import rewritten
from tests.support.room_player import a_player
from tests.support.served import Served, a_served_house, free_port
from workers.commands.room_check import RoomCheck
from workers.commands.verify import verify_tournament
from workers.http_client import Outgoing
from workers.loops.beacons import Beacons, Relays

# Rounds as they are printed by drand's own clients (drand-verify, tlock-js).
ROUND, SIGNATURE = 657_413, bytes.fromhex(
    "b713718a38ae728dfd477991af2822e08d2f305e47718cef9f7848ce4050e7be41076862b98fad56e91a6b85b89cd97b"
)  # fmt: skip
RANDOMNESS = "fc1873a13f3545aeade8401532ef5519920652eee6b0d2b19ca12643b87b3587"
OTHER_ROUND, OTHER_SIGNATURE = 1_000, bytes.fromhex(
    "b44679b9a59af2ec876b1a6b1ad52ea9b1615fc3982b19576350f93447cb1125e342b73a8dd2bacbe47e4b6b63ed5e39"
)  # fmt: skip
ROOM = {"startingCredits": 1_000, "bettingMs": 1_000, "pauseMs": 500, "capMultiplier": 2}
LIVE = ROOM | {"beacon": "drand-quicknet"}
STARTS_MS = QUICKNET.instant_of(ROUND) - 7_000


@pytest.fixture
async def house() -> AsyncIterator[House]:
    async with a_house(ManualClock(STARTS_MS), beacons=True) as opened:
        yield opened


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    async with a_served_house(beacons=True) as opened:
        yield opened


class Said:
    """A source that says what it was told to say, and counts how often it was asked."""

    def __init__(self, *signatures: bytes) -> None:
        self.says = list(signatures)
        self.asked: list[int] = []

    async def signatures(self, chain: BeaconChain, number: int) -> AsyncGenerator[bytes]:
        self.asked.append(number)
        for one in self.says:
            yield one


def beacons(house: House, source: Any) -> Beacons:
    """The worker over a source."""
    return Beacons(house.store, house.directory, source, house.clock, SystemIds())


async def fairness(house: House, tournament_id: str) -> dict[str, Any]:
    """What the fairness route tells an operator."""
    path = f"/api/tournaments/{tournament_id}/fairness"
    told: dict[str, Any] = (await house.client.get(path, headers=house.auth)).json()
    return told


def test_real_rounds_are_genuine_and_others_are_not() -> None:
    assert is_genuine(QUICKNET, ROUND, SIGNATURE) and is_genuine(QUICKNET, OTHER_ROUND, OTHER_SIGNATURE)
    assert randomness_of(SIGNATURE).hex() == RANDOMNESS
    assert not is_genuine(QUICKNET, ROUND + 1, SIGNATURE), "of another round"
    assert not is_genuine(QUICKNET, ROUND, OTHER_SIGNATURE)
    infinity, flipped = bytes([0xC0]) + bytes(47), SIGNATURE[:-1] + bytes([SIGNATURE[-1] ^ 1])
    for wrong in (infinity, flipped, bytes(48), b"\xff" * 48, SIGNATURE[:47], b"", SIGNATURE + b"x"):
        assert not is_genuine(QUICKNET, ROUND, wrong), wrong.hex()
    uncompressed = bytes([SIGNATURE[0] & 0x7F]) + SIGNATURE[1:]
    assert not is_genuine(QUICKNET, ROUND, uncompressed)


def test_the_proof_leaves_the_stack_of_its_process_alone() -> None:
    """With another limit a body that nests deeply would end the process that reads it."""
    code = "import sys; was = sys.getrecursionlimit(); import server.runtime.beacon_proof; "
    code += "sys.exit(sys.getrecursionlimit() != was)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_rounds_come_every_three_seconds() -> None:
    assert QUICKNET.instant_of(1) == 1_692_803_367_000
    at_ms = QUICKNET.instant_of(ROUND)
    assert at_ms == 1_694_775_603_000
    assert [QUICKNET.first_at(at_ms + ms) - ROUND for ms in (-3_000, -2_999, 0, 1)] == [-1, 0, 0, 1]
    assert QUICKNET.for_list_closed_at(at_ms - 6_000) == ROUND, "six seconds lie between"
    assert QUICKNET.for_list_closed_at(at_ms - 5_999) == ROUND + 1
    assert QUICKNET.first_at(0) == 1


async def test_the_room_opens_with_the_round_that_was_named_when_the_list_closed(house: House) -> None:
    tournament_id = await house.tournament("ann", "ben", started=True, config=LIVE)
    before = await fairness(house, tournament_id)
    assert before["saltChosenBy"] == "beacon" and before["salt"] is None
    assert before["beacon"]["round"] == ROUND and before["beacon"]["at"] == "2023-09-15T11:00:03Z"
    assert before["entrants"]["count"] == 2 and before["beacon"]["signature"] is None
    late = {"userId": "cid", "displayName": "Cid", "buyInAmount": 10}
    path = f"/api/tournaments/{tournament_id}"
    await house.client.post(f"{path}/players", headers=house.auth, json=late)
    source = Said(OTHER_SIGNATURE, SIGNATURE)
    assert await beacons(house, source).look() == 0 and source.asked == [], "the round is yet to come"
    await house.clock.advance(7_000)
    assert await beacons(house, source).look() == 1 and source.asked == [ROUND]
    after = await fairness(house, tournament_id)
    assert after["entrants"] == before["entrants"], "who comes late is not in the list"
    parts = (after["commitment"], after["entrants"]["sha256"], RANDOMNESS)
    assert after["salt"] == sha256(b"".join(bytes.fromhex(part) for part in parts)).hexdigest()
    assert after["beacon"]["signature"] == SIGNATURE.hex() and after["beacon"]["randomness"] == RANDOMNESS
    assert await beacons(house, source).look() == 0, "it is taken once"
    told = (await house.client.get(f"{path}/events?limit=20", headers=house.auth)).json()["events"]
    data = {one["eventType"]: one["data"] for one in told}
    assert data["tournament.started"]["beaconRound"] == ROUND
    assert data["tournament.started"]["entrantsSha256"] == after["entrants"]["sha256"]
    assert data["tournament.beacon_taken"]["salt"] == after["salt"]


async def test_a_round_that_is_not_the_networks_is_found_by_verify(house: House) -> None:
    tournament_id = TournamentId(await house.tournament("ann", "ben", started=True, config=LIVE))
    await house.clock.advance(7_000)
    assert await beacons(house, Said(OTHER_SIGNATURE)).look() == 0, "not genuine: no owner hears of it"
    await beacons(house, Said(SIGNATURE)).look()
    await house.clock.advance(60_000)
    check, now_ms = RoomCheck(games_of(DEFAULT)), house.clock.now_ms()
    assert await verify_tournament(house.store, tournament_id, now_ms, check) is None
    assert len(check.flights) > 3 and check.flights[0].wrong is None
    record = (await house.client.get(f"/api/tournaments/{tournament_id}/rules", headers=house.auth)).json()
    assert "drand-quicknet" in json.dumps(record)
    forged = [one for one in house.store._tournaments[tournament_id].log if isinstance(one, EventRow)]
    assert [one.kind for one in forged].count("beacon_taken") == 1
    ours, theirs = (one.hex().encode() for one in (SIGNATURE, OTHER_SIGNATURE))
    stored = house.store._tournaments[tournament_id]
    stored.log = rewritten(stored.log, lambda row: row.payload.replace(ours, theirs))
    wrong = await verify_tournament(house.store, tournament_id, now_ms, RoomCheck(games_of(DEFAULT)))
    assert wrong is not None


async def test_a_forged_signature_that_fits_its_salt_is_named(house: House) -> None:
    """An owner trusts its worker; who checks does not."""
    tournament_id = TournamentId(await house.tournament("ann", "ben", started=True, config=LIVE))
    await house.clock.advance(7_000)
    order = request_of(TakeBeacon(ROUND, OTHER_SIGNATURE.hex()), Identity("forger", "beacon"))
    await house.directory.ask(tournament_id, order)
    await house.clock.advance(60_000)
    wrong = await verify_tournament(
        house.store, tournament_id, house.clock.now_ms(), RoomCheck(games_of(DEFAULT))
    )
    assert wrong is not None and "not genuine" in wrong.what


async def test_a_beacon_that_does_not_come_calls_the_tournament_off(house: House) -> None:
    tournament_id = await house.tournament("ann", "ben", started=True, durationSeconds=7_200, config=LIVE)
    await house.clock.advance(limits.ROOM_LOST_AFTER_MS)
    path = f"/api/tournaments/{tournament_id}"
    assert (await house.client.get(path, headers=house.auth)).json()["status"] == "in_progress"
    await house.clock.advance(10_000)
    told = (await house.client.get(path, headers=house.auth)).json()
    assert told["status"] == "cancelled", "ten minutes after its round"
    assert await house.store.awaiting_beacon(10) == []
    players = (await house.client.get(f"{path}/events?limit=50", headers=house.auth)).json()["events"]
    refunds = [one for one in players if one["eventType"] == "refund.created"]
    assert len(refunds) == 2


async def test_live_tournaments_have_a_beacon_unless_they_say_otherwise(house: House) -> None:
    async def beacon(headers: dict[str, str], **config: Any) -> str | None:
        house.auth = headers
        tournament_id = await house.tournament(config={"source": "room"} | config)
        told = (await house.client.get(f"/api/tournaments/{tournament_id}", headers=headers)).json()
        found: str | None = told["config"]["beacon"]
        return found

    live, test = house.auth, await house.key("full_access", live=False)
    assert await beacon(live) == "drand-quicknet" and await beacon(live, beacon="none") is None
    assert await beacon(test) is None and await beacon(test, beacon="drand-quicknet") == "drand-quicknet"
    house.ctx.has_beacons = False
    assert await beacon(live) is None
    body = {"name": "Cup", "gameSlug": "crash-classic", "startTime": house.at(60), "config": LIVE}
    answer = await house.client.post("/api/tournaments", headers=live, json=body)
    assert answer.json()["details"] == {"config.beacon": "This installation fetches no public beacons"}
    body["config"] = {"source": "platform", "beacon": "drand-quicknet"}
    answer = await house.client.post("/api/tournaments", headers=live, json=body)
    assert answer.json()["details"] == {"config.beacon": "Only a room knows it: the source is a platform"}


async def test_players_are_told_to_wait_until_the_beacon_has_come(served: Served) -> None:
    house = served.house
    tournament_id = await house.tournament("ann", "ben", started=True, config=LIVE)
    token = await served.token(tournament_id, "ann")
    async with a_player(served.socket(tournament_id, f"token={token}")) as ann:
        assert (ann.state["open"], ann.state["flight"]) == (False, 0)
        assert 3_000 < ann.state["opensMs"] - ann.state["roomMs"] < 10_000
        await ann.say(type="join")
        refused = await ann.when(lambda: next((f for f in ann.frames if f["type"] == "refused"), None))
        assert refused["error"] == "room_waiting"
        number = (await fairness(house, tournament_id))["beacon"]["round"]
        order = request_of(TakeBeacon(number, SIGNATURE.hex()), Identity("x", "beacon"))
        await house.directory.ask(tournament_id, order)
        assert (await ann.join())["type"] == "joined"
        await ann.when(lambda: ann.state["open"] or None)
        assert ann.state["opensMs"] is None


async def test_one_honest_relay_among_broken_ones_is_enough() -> None:
    """Over real HTTP: one hangs, one lies, one says nonsense, one says the truth."""
    app, port = web.Application(), free_port("127.0.0.1")
    released = asyncio.Event()

    async def hang(request: web.Request) -> web.Response:
        await released.wait()
        return web.Response(status=404)

    async def lie(request: web.Request) -> web.Response:
        return web.json_response({"round": ROUND, "signature": OTHER_SIGNATURE.hex()})

    async def babble(request: web.Request) -> web.Response:
        return web.Response(text='{"signature": 7}')

    async def tell(request: web.Request) -> web.Response:
        assert request.path == f"/truth/{QUICKNET.hash}/public/{ROUND}"
        return web.json_response({"round": ROUND, "randomness": RANDOMNESS, "signature": SIGNATURE.hex()})

    for name, says in (("hang", hang), ("lie", lie), ("babble", babble), ("truth", tell)):
        app.router.add_get(f"/{name}/{{rest:.*}}", says)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    names = ("hang", "lie", "babble", "missing", "truth")
    relays = Relays(Outgoing(allow_private=True), tuple(f"http://127.0.0.1:{port}/{one}" for one in names))
    async with a_house(ManualClock(STARTS_MS), beacons=True) as house:
        tournament_id = await house.tournament("ann", "ben", started=True, config=LIVE)
        await house.clock.advance(7_000)
        assert await beacons(house, relays).look() == 1
        assert (await fairness(house, tournament_id))["beacon"]["randomness"] == RANDOMNESS
    released.set()
    await relays.close()
    await runner.cleanup()
