"""What a player is told at the end: what is owed, and that it was paid."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from api.ws.messages import Close
from tests.api.test_socket_care import Room, kinds
from tests.support.app import a_house
from tests.support.sockets import Wire


@pytest.fixture
async def room() -> AsyncIterator[Room]:
    async with a_house() as house:
        config = {"graceSeconds": 0}
        users = ("ann", "ben", "cid", "dan")
        tournament_id = await house.tournament(*users, started=True, visibility="public", config=config)
        yield Room(house, tournament_id)


async def post(room: Room, what: str, **body: str) -> None:
    path = f"/api/tournaments/{room.id}/{what}"
    answer = await room.house.client.post(path, headers=room.house.auth, json=body)
    assert answer.status_code == 200, answer.text


async def acknowledge(room: Room, user: str) -> None:
    """The casino says that it paid."""
    path = f"/api/tournaments/{room.id}/payouts"
    lines = (await room.house.client.get(path, headers=room.house.auth)).json()["payouts"]
    name = next(line["payoutId"] for line in lines if line["userId"] == user)
    await post(room, f"payouts/{name}/ack", status="paid", reference="w-1")


def owed(wire: Wire) -> list[list[tuple[str, float, str]]]:
    told = [frame["payouts"] for frame in wire.heard if frame["type"] == "payouts"]
    return [[(line["kind"], line["amount"], line["state"]) for line in lines] for lines in told]


async def test_a_winner_is_told_of_the_prize_and_of_its_payment(room: Room) -> None:
    ann, dan, watcher = await room.player("ann"), await room.player("dan"), await room.wire()
    await room.score("ann", 2)
    await post(room, "finish")
    await room.wait(2)
    (prize,) = owed(ann)
    assert [(kind, state) for kind, _, state in prize] == [("prize", "approved")]
    last_board = max(n for n, frame in enumerate(ann.heard) if "seq" in frame)
    assert kinds(ann).index("payouts") > last_board, "the board is complete first"
    assert watcher.code == dan.code == Close.TOURNAMENT_OVER, "nothing is owed to them"
    assert owed(dan) == [] and ann.code is None
    await acknowledge(room, "ann")
    await room.wait(2)
    assert [state for lines in owed(ann) for _, _, state in lines] == ["approved", "paid"]
    assert ann.code == Close.TOURNAMENT_OVER


async def test_a_winner_waits_ten_seconds_for_the_money_and_may_ask_again(room: Room) -> None:
    ann = await room.player("ann")
    await room.score("ann", 2)
    await post(room, "finish")
    await room.wait(8)
    assert ann.code is None
    await room.wait(4)
    assert ann.code == Close.TOURNAMENT_OVER and len(owed(ann)) == 1, "told once"
    await acknowledge(room, "ann")
    again = await room.player("ann")
    await room.wait(2)
    assert owed(again)[0][0][2] == "paid" and again.code == Close.TOURNAMENT_OVER


async def test_a_player_is_told_of_refunds(room: Room) -> None:
    ann = await room.player("ann")
    path, why = f"/api/tournaments/{room.id}", {"reason": "The game is down"}
    answer = await room.house.client.request("DELETE", path, headers=room.house.auth, json=why)
    assert answer.status_code == 200, answer.text
    await room.wait(2)
    (lines,) = owed(ann)
    assert [(kind, state) for kind, _, state in lines] == [("refund", "approved")]
    assert ann.heard[-1]["type"] == "payouts"
    await room.wait(12)
    assert ann.code == Close.TOURNAMENT_OVER


async def test_a_player_who_leaves_before_the_start_is_told_of_the_refund() -> None:
    async with a_house() as house:
        room = Room(house, await house.tournament("ann", "ben"))
        ann = await room.player("ann")
        await house.client.delete(f"/api/tournaments/{room.id}/players/ann", headers=house.auth)
        await room.wait(5)
        assert kinds(ann)[-2:] == ["payouts", "lifecycle"] and ann.code == Close.FORBIDDEN
        assert [state for _, _, state in owed(ann)[0]] == ["approved"]


async def test_sockets_go_even_where_the_owner_cannot_say_what_is_owed(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann = await room.player("ann")
    await room.wait(2)
    ask = room.house.directory.ask

    async def mute(tournament_id: str, message: Any) -> Any:
        return None if type(message).__name__ == "ReadPlaces" else await ask(tournament_id, message)

    monkeypatch.setattr(room.house.directory, "ask", mute)
    await post(room, "finish")
    await room.wait(15)
    assert ann.code == Close.TOURNAMENT_OVER
