"""A flight of crash-classic over real sockets: bet, cash out, crash, facts on the board."""

from collections.abc import AsyncIterator

import pytest

from pitboss_games.crash_classic.climb import climb as height
from tests.support.clock import QuickClock
from tests.support.room_player import a_player
from tests.support.served import Served, a_served_house

ROOM = {"startingCredits": 1_000, "bettingMs": 1_000, "pauseMs": 500, "capMultiplier": 3}


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    async with a_served_house(QuickClock(2)) as opened:
        yield opened


async def test_a_flight_from_the_bet_to_the_board(served: Served) -> None:
    tournament_id = await served.house.tournament("ann", "ben", started=True, config=ROOM)
    tokens = [await served.token(tournament_id, user) for user in ("ann", "ben")]
    sockets = [served.socket(tournament_id, f"token={token}") for token in tokens]
    async with a_player(sockets[0]) as ann, a_player(sockets[1]) as ben:
        assert ann.state["game"] == "crash-classic" and ann.state["open"] is True
        assert (await ann.join())["seat"] == 1
        assert (await ben.join())["seat"] == 2
        await ann.when(lambda: ann.hand.get("credits") == 1_000)
        while True:
            flight = await ann.betting()
            left, seen = ann.hand["credits"] - 100, len(ann.events)
            bet = await ann.play("bet", amount=100, autoCashOut=1.01)
            assert bet["answer"] == {"amount": 100, "autoCashOut": 1.01, "credits": left}
            again = await ann.play("bet", amount=100)
            assert (again["type"], again["error"]) == ("refused", "already_bet")
            assert (await ben.play("bet", amount=100))["type"] == "played"
            await ann.until("climb", seen)
            crash = (await ann.until("crash", seen))["data"]
            ended = (await ann.until("flight_ended", seen))["data"]
            assert crash["flight"] == ended["flight"] == flight and len(ended["link"]) == 64
            if crash["multiplier"] >= 1.01:
                break  # else the stake is lost
        await ann.when(lambda: ann.hand["state"]["bet"] and ann.hand["state"]["bet"]["win"] is not None)
        assert ann.hand["state"]["bet"] == {
            "amount": 100, "autoCashOut": 1.01, "multiplier": 1.01, "win": 101,
        }  # fmt: skip
        rows = await ann.when(lambda: [f["rows"] for f in ann.frames if f["type"] == "delta"] or None)
        points = {row["displayName"]: row["points"] for row in rows[-1]}
        assert points["Ann"] == 101


async def test_a_cash_out_by_hand_counts_at_its_stamp(served: Served) -> None:
    tournament_id = await served.house.tournament("ann", "ben", started=True, config=ROOM)
    token = await served.token(tournament_id, "ann")
    async with a_player(served.socket(tournament_id, f"token={token}")) as ann:
        await ann.join()
        while True:
            await ann.betting()
            seen = len(ann.events)
            await ann.play("bet", amount=50)
            climb = (await ann.until("climb", seen))["data"]
            told = await ann.play("cash_out")
            if told["type"] == "played":
                break
        multiplier = height(told["stampMs"] - climb["startsAtMs"])
        assert told["answer"] == {"multiplier": multiplier / 100, "win": 50 * multiplier // 100, "by": "hand"}
        twice = await ann.play("cash_out")
        assert twice["error"] == "already_cashed_out"
        same = await ann.play("cash_out", move_id=told["id"], flight=told["flight"])
        assert same["again"] is True and same["answer"] == told["answer"]
