"""Every scoring model, rebuys, add-ons, eliminations and lobbies, each through a room on manual time."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from actors.replies import Done
from actors.requests import CommandRequest, Deliver
from server.domain.ids import TournamentId
from server.domain.rooms.inputs import Input, Kind
from server.domain.rooms.room import Room
from server.domain.scoring.registry import MODELS
from server.domain.tournament import commands
from server.domain.tournament.lifecycle import Status
from server.encoding import codec
from server.encoding.room_codec import encode_inputs
from server.encoding.wire import load
from server.runtime.games import DEFAULT, games_of
from tests.api.scenario import CountingIds
from tests.support.app import House, a_house
from workers.commands.room_check import RoomCheck
from workers.commands.verify import verify_tournament

ROOM = {"startingCredits": 1_000, "bettingMs": 2_000, "pauseMs": 500, "capMultiplier": 3, "graceSeconds": 0}
PARAMETERS: dict[str, dict[str, Any]] = {
    "best_n": {"n": 2, "metric": "win"}, "race_to_target": {"target": 150, "metric": "win"},
    "last_n": {"n": 2}, "first_n": {"n": 2}, "consecutive": {"n": 2}, "best_streak": {"n": 2},
}  # fmt: skip


@pytest.fixture
async def house() -> AsyncIterator[House]:
    async with a_house(ids=CountingIds(), draw=lambda: bytes(32)) as opened:
        yield opened


class Table:
    """A room, spoken to as a front end speaks to it."""

    def __init__(self, house: House, tournament_id: str) -> None:
        self.house = house
        self.id = TournamentId(tournament_id)
        self._number = 0
        self._ids: dict[int, int] = {}
        self._seats: dict[int, int] = {}

    async def say(self, kind: Kind, player: int, **fields: Any) -> dict[str, Any]:
        self._number += 1
        stamp_us = self.house.clock.now_ms() * 1_000 + self._number
        one = Input(kind, stamp_us, player=player, connection=player + 1, **fields)
        message = Deliver("fe-1", 1, self._number, stamp_us + 1, encode_inputs([one]))
        reply = await self.house.directory.deliver(self.id, message)
        assert isinstance(reply, Done), reply
        (frame,) = codec.decode(reply.value, list[bytes])
        told: dict[str, Any] = load(frame) if frame else {}
        return told

    async def join(self, *players: int) -> list[str]:
        told = [await self.say(Kind.JOIN, player, amount=1) for player in players]
        self._seats |= {player: one.get("seat", 0) for player, one in zip(players, told, strict=True)}
        return [one.get("error", "joined") for one in told]

    async def play(self, player: int, move: str, body: bytes = b"{}") -> dict[str, Any]:
        move_id = self._ids[player] = self._ids.get(player, 0) + 1
        fields = {"seat": self._seats[player], "move_id": move_id, "flight": self.room.flight}
        return await self.say(Kind.PLAY, player, word=move, body=body, **fields)

    async def bet(self, player: int, amount: int, auto: float | None = None) -> dict[str, Any]:
        more = "" if auto is None else f',"autoCashOut":{auto}'
        return await self.play(player, "bet", f'{{"amount":{amount}{more}}}'.encode())

    @property
    def room(self) -> Room:
        owner = self.house.directory.host(self.id)._owner
        assert owner is not None and owner.room is not None and owner.room.engine is not None
        return owner.room.engine.room

    @property
    def state(self) -> Any:
        owner = self.house.directory.host(self.id)._owner
        assert owner is not None
        return owner.state

    async def fly(self, *bets: tuple[int, int, float | None]) -> None:
        """One flight with these bets, to the end of its pause."""
        while not (self.room.in_air and self.room.state.phase == "betting"):
            await self.house.clock.advance(250)
        for player, amount, auto in bets:
            assert (await self.bet(player, amount, auto))["type"] == "played"
        flight = self.room.flight
        while self.room.in_air and self.room.flight == flight:
            await self.house.clock.advance(500)

    async def points(self) -> dict[str, float]:
        path = f"/api/tournaments/{self.id}/leaderboard?consistency=strong"
        board = (await self.house.client.get(path, headers=self.house.auth)).json()
        return {row["userId"]: row["points"] for row in board["leaderboard"]}

    async def verified(self) -> None:
        check = RoomCheck(games_of(DEFAULT))
        assert await verify_tournament(self.house.store, self.id, self.house.clock.now_ms(), check) is None
        assert self.room.is_balanced()


async def a_table(house: House, *users: str, started: bool = True, **body: Any) -> Table:
    config = ROOM | body.pop("config", {})
    table = Table(house, await house.tournament(*users, started=started, config=config, **body))
    if started:
        await table.join(*range(len(users)))
    return table


@pytest.mark.parametrize("model", sorted(MODELS))
async def test_every_scoring_model_scores_what_a_room_reports(house: House, model: str) -> None:
    config = {"tournamentType": model, "scoring": PARAMETERS.get(model, {})}
    table = await a_table(house, "ann", "ben", config=config)
    for _ in range(3):
        await table.fly((0, 100, 1.01), (1, 50, None))
        await ask_advance(table)
        if table.state.status is not Status.IN_PROGRESS:
            break
    assert table.state.facts_counted >= 2
    assert any((await table.points()).values())
    path = f"/api/tournaments/{table.id}/players/ann/trace"
    trace = (await house.client.get(path, headers=house.auth)).json()
    assert any(line["kind"] == "fact" for line in trace["lines"])
    await table.verified()


async def test_a_fact_of_a_room_can_be_taken_back(house: House) -> None:
    table = await a_table(house, "ann", "ben")
    await table.fly((0, 100, 1.01), (1, 100, 1.01))
    assert await table.points() == {"ann": 101, "ben": 101}
    body = {"player": "ann", "action": "void", "eventId": "room:1:0", "reason": "a dispute"}
    path = f"/api/tournaments/{table.id}/corrections"
    answer = await house.client.post(path, headers=house.auth, json=body)
    assert answer.status_code == 200, answer.text
    assert await table.points() == {"ann": 0, "ben": 101}
    await table.verified()


async def test_a_rebuy_and_an_add_on_bring_credits(house: House) -> None:
    table = await a_table(house, "ann", "ben", rebuyEnabled=True, addOn={"price": 5, "points": 3})
    path = f"/api/tournaments/{table.id}/players/ann"
    assert (
        await house.client.post(f"{path}/rebuy", headers=house.auth, json={"amount": 10})
    ).status_code == 200
    assert table.room.purses[0].credits == 2_000
    await house.client.post(f"{path}/add-on", headers=house.auth, json={"amount": 5})
    assert table.room.purses[0].credits == 3_000 and table.room.purses[1].credits == 1_000
    await table.verified()


async def test_where_the_best_entry_counts_a_rebuy_replaces_the_credits(house: House) -> None:
    table = await a_table(house, "ann", "ben", rebuyEnabled=True, config={"entryScoring": "best_entry"})
    while table.room.state.phase != "betting":
        await house.clock.advance(250)
    assert (await table.bet(0, 600, 1.01))["type"] == "played"
    await house.clock.advance(10)
    path = f"/api/tournaments/{table.id}/players/ann/rebuy"
    assert (await house.client.post(path, headers=house.auth, json={"amount": 10})).status_code == 200
    assert table.room.purses[0].credits == 1_000 and table.room.purses[0].stake == 600
    while table.room.in_air and table.room.flight == 1:
        await house.clock.advance(500)
    entry = table.state.entries[0]
    assert entry.former[0].points == 606 * 10_000 and entry.tally.points == 0, "it scores for the first entry"
    assert (await table.points())["ann"] == 606
    await table.verified()


async def test_rounds_put_players_out_and_the_room_goes_on(house: House) -> None:
    rounds = {"count": 2, "durationSeconds": 40, "eliminate": 1, "survivors": 1}
    table = await a_table(house, "ann", "ben", "cid", rounds=rounds)
    await table.fly((0, 100, 1.01), (1, 50, 1.01))
    while table.state.round_no == 1:
        await house.clock.advance(500)
        await ask_advance(table)
    assert table.state.entries[2].eliminated_round == 1
    assert (await table.join(2)) == ["eliminated"]
    assert (table.room.purses[2].out == "eliminated" and not table.room.in_air) or table.room.flight > 1
    await table.fly((0, 100, 1.01), (1, 60, None))
    while table.state.status is Status.IN_PROGRESS:
        await house.clock.advance(500)
        await ask_advance(table)
    assert table.state.status is Status.COMPLETED and not table.room.in_air
    assert (await table.bet(0, 10))["error"] == "room_closed"
    await table.verified()


async def ask_advance(table: Table) -> None:
    """What the schedule worker does."""
    await table.house.directory.ask(table.id, CommandRequest(commands.Advance(), "worker", "schedule"))


async def test_a_flight_in_the_air_is_waited_for_at_the_end_of_play(house: House) -> None:
    table = await a_table(house, "ann", "ben", durationSeconds=12, config={"capMultiplier": 100})
    while table.state.status is Status.IN_PROGRESS:
        if table.room.in_air and table.room.state.phase == "betting" and not table.room.purses[0].stake:
            assert (await table.bet(0, 10))["type"] == "played"
        assert not (house.clock.now_ms() > table.room.bell_ms + 2_000 and table.room.in_air)
        await house.clock.advance(100)
        await ask_advance(table)
    assert not table.room.in_air and table.room.purses[0].stake == 0
    told = table.room
    assert told.flight >= 1 and table.state.facts_counted >= 1
    await table.verified()


async def test_a_number_of_flights_ends_the_tournament(house: House) -> None:
    table = await a_table(house, "ann", "ben", config={"flights": 2})
    for _ in range(2):
        await table.fly((0, 10, 1.01))
    for _ in range(20):
        await house.clock.advance(500)
    assert table.state.status is Status.COMPLETED and table.state.room.flight == 2
    await table.verified()


@pytest.mark.parametrize("how", ["finish", "cancel"])
async def test_ending_by_hand_voids_the_flight_in_the_air(house: House, how: str) -> None:
    table = await a_table(house, "ann", "ben")
    while table.room.state.phase != "betting":
        await house.clock.advance(250)
    await table.bet(0, 400)
    path = f"/api/tournaments/{table.id}"
    if how == "finish":
        assert (await house.client.post(f"{path}/finish", headers=house.auth)).status_code == 200
    else:
        assert (await house.client.delete(path, headers=house.auth)).status_code == 200
    assert (table.room.purses[0].credits, table.room.purses[0].stake) == (1_000, 0)
    assert table.state.facts_counted == 0 and not table.state.room.in_air
    fairness = (await house.client.get(f"{path}/fairness", headers=house.auth)).json()
    assert fairness["seed"] == bytes(32).hex(), "the chain is told whole, also when it is called off"
    assert fairness["operator"]["cancelledAfterStart"] == (how == "cancel")
    await table.verified()


async def test_a_late_entrant_has_credits_and_a_seat(house: House) -> None:
    table = await a_table(house, "ann", "ben", lateRegistrationMinutes=10)
    entry = {"userId": "cid", "displayName": "Cid", "buyInAmount": 10}
    path = f"/api/tournaments/{table.id}/players"
    assert (await house.client.post(path, headers=house.auth, json=entry)).status_code == 201
    assert await table.join(2) == ["joined"] and table.room.purses[2].credits == 1_000
    await table.fly((2, 100, 1.01))
    assert (await table.points())["cid"] == 101
    await table.verified()


async def test_tables_of_a_lobby_have_a_room_and_a_chain_each(house: House) -> None:
    body = {
        "name": "Sit and go",
        "gameSlug": "crash-classic",
        "format": "hop_on_off",
        "minPlayers": 2,
        "maxPlayers": 2,
        "durationSeconds": 60,
        "config": ROOM,
    }
    made = (await house.client.post("/api/tournaments", headers=house.auth, json=body)).json()
    tables = []
    for pair in (("ann", "ben"), ("cid", "dee")):
        for user in pair:
            entry = {"userId": user, "displayName": user.title()}
            path = f"/api/tournaments/{made['tournamentId']}/players"
            told = (await house.client.post(path, headers=house.auth, json=entry)).json()
        tables.append(Table(house, told["tournament_id"]))
    first, second = tables
    assert first.id != second.id
    assert await first.join(0, 1) == await second.join(0, 1) == ["joined", "joined"]
    assert first.state.rules.room.commitment and second.state.rules.room.commitment
    await first.fly((0, 10, 1.01))
    await second.fly((1, 10, 1.01))
    await first.verified()
    await second.verified()


async def test_a_careful_owner_tells_its_room_what_the_schedule_does(house: House) -> None:
    """After a fault the schedule's steps are stored by themselves; the room hears of them all the same."""
    table = await a_table(house, "ann", "ben", durationSeconds=10)
    owner = house.directory.host(table.id)._owner
    assert owner is not None
    owner._careful_until_ms = house.clock.monotonic_ms() + 60_000
    while table.state.status is Status.IN_PROGRESS:
        await house.clock.advance(500)
        await ask_advance(table)
    assert table.room.closed == "completed"
    await table.verified()
