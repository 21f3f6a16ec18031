"""Reading boards: who asks the same goes together, small ones are kept whole, own writes are seen."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

from actors.replies import Done, Unavailable
from actors.requests import ReadBoard
from config.limits import TICK_MS, WHOLE_BOARD_ROWS_MAX
from tests.api.test_quick_boards import board, report
from tests.support.app import House
from tests.support.clock import ManualClock
from tests.support.served import a_served_house

PLAYERS = [f"p{n}" for n in range(30)]


@pytest.fixture
async def house() -> AsyncIterator[House]:
    """On manual time; its client speaks HTTP."""
    async with a_served_house(ManualClock()) as served, httpx2.AsyncClient() as client:
        client.base_url = f"http://127.0.0.1:{served.port}"
        served.house.client = client
        yield served.house


def asked_of(house: House, monkeypatch: pytest.MonkeyPatch) -> list[ReadBoard]:
    """The questions about boards that reach the owner."""
    asked, ask = list[ReadBoard](), house.directory.ask

    async def seen(tournament_id: str, message: Any) -> Any:
        if isinstance(message, ReadBoard):
            asked.append(message)
        return await ask(tournament_id, message)

    monkeypatch.setattr(house.directory, "ask", seen)
    return asked


async def around(house: House, tournament_id: str, player: str, more: str = "") -> Any:
    return await board(house, tournament_id, f"?around={player}{more}")


async def test_many_who_ask_about_a_player_each_are_answered_from_one_whole_board(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    tournament_id = await house.tournament(*PLAYERS, started=True)
    await report(house, tournament_id, "1", "p7", 5)
    each = {p: (await board(house, tournament_id, f"?around={p}&consistency=strong")).json() for p in PLAYERS}
    asked = asked_of(house, monkeypatch)
    for player in PLAYERS:
        answer = await around(house, tournament_id, player)
        assert answer.json() == each[player], "the same as the owner's"
    assert [want.around for want in asked] == ["p0", None], "one by one, then the whole"
    assert (await around(house, tournament_id, "p7", "&above=1&below=0")).json()["leaderboard"][-1][
        "points"
    ] == 5
    assert len(asked) == 2
    house.clock.jump(TICK_MS)
    await around(house, tournament_id, "p7")
    assert len(asked) == 3, "a tick later it is asked again"


async def test_names_that_are_not_on_the_board_are_the_owners_affair(house: House) -> None:
    tournament_id = await house.tournament(*PLAYERS, started=True)
    await house.client.delete(f"/api/tournaments/{tournament_id}/players/p3", headers=house.auth)
    first = (await board(house, tournament_id)).json()["leaderboard"][0]
    for _ in range(3):
        for name in (first["playerId"], first["userId"]):
            found = (await around(house, tournament_id, name, "&below=0")).json()
            assert [row["playerId"] for row in found["leaderboard"]] == [first["playerId"]]
        gone, none = [await around(house, tournament_id, name) for name in ("p3", "nobody")]
        assert none.status_code == 404 and none.json()["error"] == "player_not_found"
        assert gone.json() == (await board(house, tournament_id, "?around=p3&consistency=strong")).json()


async def test_a_whole_board_is_of_its_tenant_alone(house: House) -> None:
    tournament_id = await house.tournament(*PLAYERS, started=True)
    for player in PLAYERS[:5]:
        await around(house, tournament_id, player)
    assert house.ctx.boards.wholes.last(house.ctx.shown_tenant, tournament_id) is not None  # type: ignore[arg-type]
    for headers in (house.other, await house.key("full_access", live=False)):
        path = f"/api/tournaments/{tournament_id}/leaderboard?around=p1"
        assert (await house.client.get(path, headers=headers)).status_code == 404


async def test_own_writes_are_seen_in_whole_boards_too(house: House) -> None:
    tournament_id = await house.tournament(*PLAYERS, started=True)
    for n, player in enumerate(PLAYERS):
        await around(house, tournament_id, player)
        await report(house, tournament_id, f"e{n}", player, 1)
        shown = (await around(house, tournament_id, player, "&above=0&below=0")).json()
        assert [(row["userId"], row["points"]) for row in shown["leaderboard"]] == [(player, 1)]


async def test_what_was_asked_before_a_write_is_not_kept_after_it(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer of the owner is under way while another caller of this front end writes."""
    tournament_id = await house.tournament(*PLAYERS, started=True)
    ask, held, go_on = house.directory.ask, asyncio.Event(), asyncio.Event()

    async def slowly(of: str, message: Any) -> Any:
        reply = await ask(of, message)
        if isinstance(message, ReadBoard) and not go_on.is_set():
            held.set()
            await go_on.wait()
        return reply

    monkeypatch.setattr(house.directory, "ask", slowly)
    for query in ("", "?around=p1"):
        held.clear()
        go_on.clear()
        before = asyncio.create_task(board(house, tournament_id, query))
        await held.wait()
        await report(house, tournament_id, f"x{query}", "p1", 3)
        points = 3 if not query else 6
        go_on.set()
        assert (await before).status_code == 200
        now = (await board(house, tournament_id, query)).json()["leaderboard"]
        assert next(row["points"] for row in now if row["userId"] == "p1") == points


async def test_who_asks_the_same_at_once_shares_one_question(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    tournament_id = await house.tournament(*PLAYERS, started=True)
    asked = asked_of(house, monkeypatch)
    answers = await asyncio.gather(*(board(house, tournament_id, "?limit=5") for _ in range(20)))
    assert len({answer.content for answer in answers}) == 1
    assert len(asked) <= 2, "one that is under way, and one for those who came meanwhile"


async def test_a_board_that_is_too_large_is_not_fetched_whole(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    tournament_id = await house.tournament(*PLAYERS, started=True)
    monkeypatch.setattr("api.context.boards.whole_boards.WHOLE_BOARD_ROWS_MAX", len(PLAYERS) - 1)
    asked = asked_of(house, monkeypatch)
    for player in PLAYERS:
        await around(house, tournament_id, player)
    assert [want.around for want in asked] == PLAYERS
    await around(house, tournament_id, PLAYERS[0])
    assert len(asked) == len(PLAYERS), "a page is shown again for a tick"


async def test_rows_that_were_not_fetched_are_asked_for(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """More players have come than a whole board holds."""
    tournament_id = await house.tournament(*PLAYERS, started=True)
    monkeypatch.setattr("api.context.boards.boards.WHOLE", ReadBoard(0, 10))
    for player in PLAYERS:
        strong = (await board(house, tournament_id, f"?around={player}&consistency=strong")).json()
        assert (await around(house, tournament_id, player)).json() == strong
    assert WHOLE_BOARD_ROWS_MAX > 10


async def test_while_the_owner_is_away_an_old_board_says_so(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    tournament_id = await house.tournament(*PLAYERS, started=True)
    for player in PLAYERS:
        await around(house, tournament_id, player)

    async def away(*_: Any) -> Any:
        return Unavailable("planted")

    assert isinstance(await house.directory.ask(tournament_id, ReadBoard(0, 1)), Done)
    await report(house, tournament_id, "new", "p9", 7)
    house.clock.jump(10 * TICK_MS)
    newer = (await around(house, tournament_id, "p9")).json()
    monkeypatch.setattr(house.directory, "ask", away)
    house.clock.jump(10 * TICK_MS)
    old = await around(house, tournament_id, "p9")
    assert old.status_code == 200 and old.json()["stale"] is True and "warning" in old.headers
    assert old.json() | {"stale": False} == newer, "of a page and a whole board the newer one"
    strong = await board(house, tournament_id, "?around=p9&consistency=strong")
    assert strong.status_code == 503
