"""Hostile moves: each is refused with a typed answer or ends the socket, and no other player notices."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from server.domain.ids import TournamentId
from server.runtime.games import DEFAULT, games_of
from tests.support.clock import QuickClock
from tests.support.room_player import RoomPlayer, a_player
from tests.support.served import Served, a_served_house, close_code, frame
from workers.commands.room_check import RoomCheck
from workers.commands.verify import verify_tournament

ROOM = {"startingCredits": 1_000, "bettingMs": 30_000, "pauseMs": 500, "capMultiplier": 2}


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    async with a_served_house(QuickClock(2)) as opened:
        yield opened


def play(move: str = "bet", move_id: Any = 1, flight: Any = 1, **arguments: Any) -> dict[str, Any]:
    """A move as it is on the wire."""
    return {"type": "play", "id": move_id, "flight": flight, "move": move, "with": arguments}


# What a player who has joined sends, and the error of the answer.
REFUSED: dict[str, tuple[Any, ...]] = {
    "a negative amount": (play(amount=-50), "bet_out_of_range"),
    "nothing at all": (play(amount=0), "bet_out_of_range"),
    "more than one has": (play(amount=1_001), "not_enough_credits"),
    "more than any number": (play(amount=2**53), "bad_arguments"),
    "an amount in text": (play(amount="100"), "bad_arguments"),
    "an amount with places": (play(amount=10.5), "bad_arguments"),
    "an amount that is true": (play(amount=True), "bad_arguments"),
    "an amount in a list": (play(amount=[10]), "bad_arguments"),
    "no amount": (play(), "bad_arguments"),
    "too many digits": (play(amount=10, autoCashOut=1.23456789), "bad_arguments"),
    "an auto number of nothing": (play(amount=10, autoCashOut=0), "auto_out_of_range"),
    "an auto number beyond the cap": (play(amount=10, autoCashOut=10**9), "auto_out_of_range"),
    "a number that no decimal holds": ("RAW", '{"amount":1e9999999999999999999}', "bad_arguments"),
    "a number of nothing": ("RAW", '{"amount":1e-9999999999999999999}', "bad_arguments"),
    "something deep": ("RAW", '{"amount":' + "[" * 900 + "]" * 900 + "}", "bad_arguments"),
    "another argument": (play(amount=10, player=0), "bad_arguments"),
    "the name in Python": (play(amount=10, auto_cash_out=2), "bad_arguments"),
    "a move that does not exist": (play("steal"), "unknown_move"),
    "a private method": (play("_crash"), "unknown_move"),
    "a method of the framework": (play("ticks"), "unknown_move"),
    "an attribute": (play("state"), "unknown_move"),
    "a magic method": (play("__class__"), "unknown_move"),
    "the desk": (play("desk.pay"), "unknown_move"),
    "a flight that is over": (play(flight=0, amount=10), "flight_over"),
    "a flight that will be": (play(flight=2, amount=10), "flight_over"),
    "a cash-out before the start": (play("cash_out"), "no_bet"),
    "a cash-out of another's bet": (play("cash_out", player="ann"), "bad_arguments"),
    "a cancellation of nothing": (play("cancel_bet"), "no_bet"),
}
# What ends the socket: it is no message of the protocol.
CLOSED: dict[str, str] = {
    "no JSON": "bet 10",
    "a number": "17",
    "no id": '{"type":"play","flight":1,"move":"bet","with":{"amount":10}}',
    "an id of nothing": '{"type":"play","id":0,"flight":1,"move":"bet","with":{"amount":10}}',
    "a negative id": '{"type":"play","id":-5,"flight":1,"move":"bet","with":{"amount":10}}',
    "an id that is too large": '{"type":"play","id":99999999999999999999,"flight":1,"move":"bet"}',
    "a field that is not known": '{"type":"play","id":1,"flight":1,"move":"bet","player":0}',
    "a name that is too long": json.dumps(play("x" * 65)),
    "a seat that is no number": '{"type":"join","seat":"first"}',
}


async def a_room(served: Served) -> tuple[str, str, str]:
    """A running room; tokens of an honest player and of another one."""
    tournament_id = await served.house.tournament("ann", "mal", started=True, config=ROOM)
    return tournament_id, *[await served.token(tournament_id, user) for user in ("ann", "mal")]  # type: ignore[return-value]


async def unharmed(served: Served, tournament_id: str, ann: RoomPlayer) -> None:
    """Ann's bet is where it was, no credit has moved, and the books are right."""
    host = served.house.directory.host(tournament_id)
    assert host._owner is not None and host._owner.room is not None and host._owner.room.engine is not None
    room = host._owner.room.engine.room
    assert room.is_balanced() and room.faults_in_row == 0 and room.closed is None
    assert (room.purses[0].credits, room.purses[0].stake) == (900, 100)
    assert ann.code is None
    now_ms, name = served.house.clock.now_ms(), TournamentId(tournament_id)
    assert await verify_tournament(served.house.store, name, now_ms, RoomCheck(games_of(DEFAULT))) is None


async def refusal(mal: RoomPlayer, number: int, message: list[Any]) -> dict[str, Any]:
    """The answer to a move, or to one whose arguments no encoder would write."""
    if message[0] != "RAW":
        return await mal._asked(number, message[0] | {"id": number})
    whole = json.dumps(play(move_id=number)).replace("{}", message[1])
    return await mal._asked(number, whole)


async def test_hostile_moves_are_refused_by_name(served: Served) -> None:
    tournament_id, ann_token, token = await a_room(served)
    async with a_player(served.socket(tournament_id, f"token={ann_token}")) as ann:
        await ann.join()
        assert (await ann.play("bet", amount=100))["type"] == "played"
        async with a_player(served.socket(tournament_id, f"token={token}")) as mal:
            await mal.join()
            for number, (*message, error) in enumerate(REFUSED.values(), 1):
                told = await refusal(mal, number, message)
                assert (told["type"], told["error"]) == ("refused", error), message
                await asyncio.sleep(0.06)
            assert (await mal.play("bet", move_id=90, amount=1_000))["type"] == "played"
            assert (await mal.play("bet", move_id=91, amount=1))["error"] == "already_bet"
            again = await mal.play("bet", move_id=90, amount=1_000)
            assert again["type"] == "played" and again["again"] is True
            assert (await mal.play("bet", move_id=90, amount=5))["error"] == "id_reused"
            assert (await mal.play("bet", move_id=1, amount=5))["error"] in ("stale_id", "id_reused")
        await unharmed(served, tournament_id, ann)


async def test_what_is_no_message_ends_the_socket(served: Served) -> None:
    tournament_id, ann_token, token = await a_room(served)
    async with a_player(served.socket(tournament_id, f"token={ann_token}")) as ann:
        await ann.join()
        await ann.play("bet", amount=100)
        for name, text in CLOSED.items():
            async with served.socket(tournament_id, f"token={token}") as socket:
                await frame(socket, "welcome")
                await socket.send(text)
                assert await close_code(socket) == 4400, name
        async with served.socket(tournament_id, f"token={token}") as socket:
            await frame(socket, "welcome")
            await socket.send(json.dumps(play(amount=10, text="x" * 5_000)))
            assert await close_code(socket) in (1009, 4400), "too long"
        await unharmed(served, tournament_id, ann)


async def test_a_flood_is_answered_and_then_ended(served: Served) -> None:
    """Twenty a second are heard, as many again are told that they are too many, and then the socket ends."""
    tournament_id, ann_token, token = await a_room(served)
    async with a_player(served.socket(tournament_id, f"token={ann_token}")) as ann:
        await ann.join()
        await ann.play("bet", amount=100)
        async with served.socket(tournament_id, f"token={token}") as socket:
            await frame(socket, "welcome")
            await socket.send('{"type":"join"}')
            await frame(socket, "joined")
            warned = await flood(socket)
            assert warned == "too_many_messages"
            assert await close_code(socket) in (4429, 1006)
        await asyncio.sleep(0.5)
        log = served.house.store._tournaments[tournament_id].log
        assert len(log) < 60, "a flood leaves its count, not itself"
        await unharmed(served, tournament_id, ann)


async def flood(socket: ClientConnection) -> str | None:
    """Ten thousand moves, as fast as they go; what is told first of them being too many."""
    try:
        for number in range(1, 10_001):
            await socket.send(json.dumps(play(move_id=number, amount=10)))
    except ConnectionClosed:
        pass
    try:
        while True:
            told = json.loads(await socket.recv())
            if told.get("error") == "too_many_messages":
                return str(told["error"])
    except ConnectionClosed:
        return None


async def test_who_has_no_seat_makes_no_move(served: Served) -> None:
    """A spectator, an operator, a player who has not joined, one of another tournament, one who is removed."""
    tournament_id, ann_token, token = await a_room(served)
    house = served.house
    async with a_player(served.socket(tournament_id, f"token={ann_token}")) as ann:
        await ann.join()
        await ann.play("bet", amount=100)
        async with a_player(served.socket(tournament_id, f"token={token}")) as mal:
            assert (await mal.play("bet", amount=10))["error"] == "not_joined"
        key = house.auth["Authorization"]
        async with served.socket(tournament_id, additional_headers={"Authorization": key}) as operator:
            await frame(operator, "welcome")
            await operator.send(json.dumps(play(amount=10)))
            assert (await frame(operator, "error"))["error"] == "unknown_message"
        elsewhere = await house.tournament("ann", "mal", started=True, config=ROOM)
        async with served.socket(elsewhere, f"token={token}") as stranger:
            assert await close_code(stranger) == 4403
        async with a_player(served.socket(tournament_id, f"token={token}")) as mal:
            await mal.join()
            path = f"/api/tournaments/{tournament_id}/players/mal"
            assert (await house.client.delete(path, headers=house.auth)).status_code == 200
            told = await mal.play("bet", amount=10)
            assert told["error"] in ("removed", "not_joined")
        await unharmed(served, tournament_id, ann)


async def test_a_room_that_has_not_opened_seats_no_one(served: Served) -> None:
    tournament_id = await served.house.tournament("ann", "mal", config=ROOM)
    token = await served.token(tournament_id, "mal")
    async with a_player(served.socket(tournament_id, f"token={token}")) as mal:
        assert (await mal.join())["error"] == "room_waiting"
        assert (await mal.play("bet", amount=10))["error"] == "not_joined"
