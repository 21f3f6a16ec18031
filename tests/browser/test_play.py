"""The game as its players meet it."""

import asyncio
import json
from typing import Any

from actors.requests import Identity, request_of
from server.domain.rooms.inputs import Batch, Kind
from server.domain.tournament import commands
from server.encoding import codec
from server.encoding.room_codec import decode_batch
from server.ports import BlockRow
from server.runtime.randomness import SystemIds
from tests.browser.mute_proxy import a_mute_proxy
from tests.browser.visitor import Visitor

PATIENCE_MS = 40_000
ROOM = {
    "startingCredits": 1_000,
    "bettingMs": 4_000,
    "pauseMs": 1_000,
    "capMultiplier": 3,
    "minBet": 10,
}


async def until(page: Any, text: str) -> None:
    """Until JavaScript says so. Asked from outside: the page's policy lets no text be evaluated in it."""
    async with asyncio.timeout(PATIENCE_MS / 1_000):
        while not await page.evaluate(f"Boolean({text})"):
            await asyncio.sleep(0.05)


async def betting(page: Any) -> None:
    """Until a bet can be laid with time to spare."""
    await until(
        page,
        "globalThis.pitboss && pitboss.game.phase === 'betting' && !pitboss.game.bet && pitboss.client.seat"
        " && pitboss.game.startsAtMs - pitboss.client.roomNow() > 1500",
    )


def batches_of(visitor: Visitor, tournament_id: str) -> list[Batch]:
    """What the journal holds of the room."""
    log = visitor.served.house.store._tournaments[tournament_id].log
    return [decode_batch(row.payload) for row in log if isinstance(row, BlockRow) and row.kind == codec.ROOM]


def moves_of(visitor: Visitor, tournament_id: str) -> list[str]:
    """The moves that came."""
    return [
        one.word
        for batch in batches_of(visitor, tournament_id)
        for one in batch.inputs
        if one.kind == Kind.PLAY
    ]


async def test_a_bet_a_cash_out_and_the_board_moves(visitor: Visitor) -> None:
    house = visitor.served.house
    tournament_id = await house.tournament("ann", "ben", started=True, config=ROOM)
    page = await visitor.open(await visitor.play_url(tournament_id, "ann"))
    assert "token" not in page.url, "the token leaves the address bar at once"
    while True:
        await betting(page)
        await page.fill("#amount", "100")
        await page.click("#act")
        await until(page, "pitboss.game.bet?.amount === 100")
        await until(page, "pitboss.game.phase !== 'betting'")
        if await page.evaluate("pitboss.game.isFlying"):
            await page.click("#act")
            await until(page, "pitboss.game.bet?.multiplier || pitboss.game.phase !== 'climb'")
        if await page.evaluate("Boolean(pitboss.game.bet?.multiplier)"):
            break
    await until(page, "pitboss.game.phase === 'pause'")
    await until(page, "document.getElementById('news').textContent.startsWith('You won')")
    await until(page, "pitboss.client.board.rows.some(row => row.displayName === 'Ann' && row.points > 0)")
    board = page.locator("pitboss-board")
    await until(
        page, "document.querySelector('pitboss-board').shadowRoot.textContent.includes('You are in place 1')"
    )
    assert "Ann" in await board.locator("tr.mine").inner_text()


async def test_by_keyboard_alone(visitor: Visitor) -> None:
    house = visitor.served.house
    tournament_id = await house.tournament("ann", "ben", started=True, config=ROOM)
    page = await visitor.open(await visitor.play_url(tournament_id, "ann"))
    await betting(page)
    await page.keyboard.press("Tab")
    assert await page.evaluate("document.activeElement.id") == "amount"
    await page.keyboard.press("Control+A")
    await page.keyboard.type("70")
    await page.keyboard.press("Enter")
    await until(page, "pitboss.game.bet?.amount === 70")


async def test_offline_moves_are_not_sent_and_the_game_comes_back(visitor: Visitor) -> None:
    house = visitor.served.house
    room = ROOM | {"bettingMs": 8_000}
    tournament_id = await house.tournament("ann", "ben", started=True, config=room)
    page = await visitor.open(await visitor.play_url(tournament_id, "ann"))
    await betting(page)
    await visitor.context.set_offline(True)
    await page.evaluate("pitboss.client.check()")
    await until(page, "pitboss.client.connection === 'reconnecting'")
    await page.click("#act")
    await until(page, "document.getElementById('news').textContent.startsWith('Not sent')")
    await asyncio.sleep(1)
    assert moves_of(visitor, tournament_id) == []
    await visitor.context.set_offline(False)
    await until(page, "pitboss.client.connection === 'live' && pitboss.client.seat === 1")
    assert moves_of(visitor, tournament_id) == [], "nothing is sent late"
    await betting(page)
    await page.click("#act")
    await until(page, "pitboss.game.bet !== null")
    assert moves_of(visitor, tournament_id) == ["bet"]
    visitor.forgive("ERR_INTERNET_DISCONNECTED", "WebSocket connection")


async def test_every_flight_is_checked_in_the_browser_and_a_wrong_one_is_named(visitor: Visitor) -> None:
    house = visitor.served.house
    quick = ROOM | {"bettingMs": 1_000, "pauseMs": 500, "capMultiplier": 2}
    tournament_id = await house.tournament("ann", "ben", started=True, config=quick, visibility="public")
    path = f"/api/tournaments/{tournament_id}/fairness"
    while len((await house.client.get(path)).json()["flights"]) < 2:
        await asyncio.sleep(0.2)
    page = await visitor.open(f"/fair/{tournament_id}")
    await until(page, "document.getElementById('verdict').textContent.startsWith('All ')")

    async def tamper(route: Any) -> None:
        answer = await route.fetch()
        body = await answer.json()
        body["flights"][0]["proves"]["multiplier"] = 77.77
        await route.fulfill(response=answer, body=json.dumps(body))

    await page.route("**/fairness*", tamper)
    await page.reload()
    await until(page, "document.getElementById('verdict').textContent.startsWith('Wrong: flights')")


async def test_a_stranger_is_in_the_game_after_one_click(visitor: Visitor) -> None:
    house = visitor.served.house
    tournament_id = await house.tournament(
        "ann", "ben", started=True, config=ROOM, visibility="public", externalId="demo-1",
        lateRegistrationMinutes=30, maxPlayers=80,
    )  # fmt: skip
    page = await visitor.open("/")
    await page.click("#play")
    await page.wait_for_url(f"**/play/crash-classic/{tournament_id}*", timeout=PATIENCE_MS)
    await betting(page)
    await page.click("#act")
    await until(page, "pitboss.game.bet !== null")
    names = await page.evaluate("pitboss.client.welcome.me.displayName")
    assert names.startswith("Visitor ")


async def test_on_a_phone_everything_is_within_reach_of_a_thumb(visitor: Visitor) -> None:
    house = visitor.served.house
    tournament_id = await house.tournament("ann", "ben", started=True, config=ROOM)
    page = await visitor.open("/")
    await page.set_viewport_size({"width": 360, "height": 740})
    await page.goto(await visitor.play_url(tournament_id, "ann"))
    await betting(page)
    button = await page.locator("#act").bounding_box()
    assert button["height"] >= 48 and button["y"] + button["height"] <= 740, "without scrolling"
    wide = await page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 360, "nothing sticks out"


async def test_who_is_eliminated_is_told_and_watches_on(visitor: Visitor) -> None:
    house = visitor.served.house
    rounds = {"count": 2, "durationSeconds": 8, "eliminate": 1, "survivors": 2}
    quick = ROOM | {"bettingMs": 1_000, "pauseMs": 500, "capMultiplier": 2}
    tournament_id = await house.tournament("ann", "ben", "cid", started=True, config=quick, rounds=rounds)
    page = await visitor.open(await visitor.play_url(tournament_id, "cid"))
    await until(page, "globalThis.pitboss?.client.seat")
    for ahead in ("ann", "ben"):
        lift = {"player": ahead, "action": "adjust", "points": 5, "reason": "a test"}
        path = f"/api/tournaments/{tournament_id}/corrections"
        assert (await house.client.post(path, headers=house.auth, json=lift)).status_code == 200
    await page.evaluate("void pitboss.client.on('lifecycle', f => (globalThis.heard ??= []).push(f.event))")
    for _ in range(120):
        due = request_of(commands.Advance(), Identity(SystemIds().command_id(), "schedule"))
        await house.directory.ask(tournament_id, due)
        if await page.evaluate("globalThis.heard?.includes('eliminated')"):
            break
        await asyncio.sleep(0.25)
    await until(page, "heard.includes('eliminated')")
    await until(page, "pitboss.client.connection === 'live' && document.getElementById('act').disabled")
    await until(page, "pitboss.client.board.rows.some(row => row.displayName === 'Cid' && row.eliminated)")


async def test_a_line_that_dies_silently_is_found(visitor: Visitor) -> None:
    """Through a proxy that goes on accepting and says nothing more: no close, no error."""
    house = visitor.served.house
    tournament_id = await house.tournament("ann", "ben", started=True, visibility="public")
    async with a_mute_proxy(visitor.served.port) as proxy:
        page = await visitor.open(f"http://127.0.0.1:{proxy.port}/t/{tournament_id}")
        client = "document.querySelector('pitboss-board').client"
        await until(page, f"{client}?.connection === 'live'")
        proxy.is_mute = True
        await page.evaluate(f"{client}.check()")
        await until(page, f"{client}.connection === 'reconnecting'")
        proxy.is_mute = False
        await until(page, f"{client}.connection === 'live'")


async def test_a_flight_that_reaches_its_cap_is_won_and_one_that_crashes_is_lost(visitor: Visitor) -> None:
    """Without a click: what is said is what the hand says."""
    house, seen = visitor.served.house, set[bool]()
    quick = ROOM | {"bettingMs": 2_500, "pauseMs": 1_500, "capMultiplier": 2}
    tournament_id = await house.tournament("ann", "ben", started=True, config=quick)
    page = await visitor.open(await visitor.play_url(tournament_id, "ann"))
    while len(seen) < 2:
        await betting(page)
        before = await page.evaluate("pitboss.game.credits")
        await page.click("#act")
        await until(
            page, "pitboss.game.bet && pitboss.game.phase === 'pause' && pitboss.game.bet.win !== null"
        )
        has_won = await page.evaluate("pitboss.game.bet.win > 0")
        await until(page, f"news.textContent.startsWith('You {'won' if has_won else 'lost'}')")
        assert (await page.evaluate("pitboss.game.credits") > before) == has_won
        seen.add(has_won)


async def test_thirty_seconds_offline_in_mid_flight(visitor: Visitor) -> None:
    """Back with what the server says: nothing doubled, nothing sent late."""
    house = visitor.served.house
    tournament_id = await house.tournament("ann", "ben", started=True, config=ROOM | {"capMultiplier": 2})
    page = await visitor.open(await visitor.play_url(tournament_id, "ann"))
    while True:
        await betting(page)
        await page.click("#act")
        await until(page, "pitboss.game.bet && pitboss.game.phase !== 'betting'")
        flight = await page.evaluate("pitboss.game.flight")
        if await page.evaluate("pitboss.game.isFlying"):
            break
    moves = moves_of(visitor, tournament_id)
    await visitor.context.set_offline(True)
    await page.evaluate("pitboss.client.check()")
    await page.click("#act")
    await until(page, "pitboss.client.connection === 'reconnecting'")
    await asyncio.sleep(30)
    assert moves_of(visitor, tournament_id) == moves
    await visitor.context.set_offline(False)
    await until(page, "pitboss.client.connection === 'live' && pitboss.client.seat")
    await until(page, f"pitboss.game.flight > {flight}")
    assert moves_of(visitor, tournament_id) == moves, "the click of that time is not sent now"
    facts = [one for batch in batches_of(visitor, tournament_id) for one in batch.facts]
    of_flight = [one for one in facts if one.fact.round_id == str(flight)]
    assert len(of_flight) == 1, "the bet counted once, as the flight went"
    visitor.forgive("ERR_INTERNET_DISCONNECTED", "WebSocket connection")
