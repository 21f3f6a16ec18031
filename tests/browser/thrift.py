"""What a page costs in a browser: CPU of the main thread, nodes and heap, before and after."""

import asyncio
import random
from dataclasses import dataclass
from typing import Any

from tests.browser.test_play import ROOM, until
from tests.browser.visitor import Visitor

DELTAS_PER_S = 5
PLAYERS = 50


@dataclass(frozen=True, slots=True)
class Cost:
    """`busy_s` is CPU time of the renderer's main thread (`threadTicks`: not the wall clock, which counts
    what this machine gave to others); heaps are after a collection that was forced. `frames` counts
    what made the page work: deltas of a board, or flights."""

    busy_s: float
    nodes_before: int
    nodes_after: int
    heap_before: int
    heap_after: int
    frames: int


async def _state(session: Any) -> tuple[float, int, int]:
    await session.send("HeapProfiler.collectGarbage")
    told = (await session.send("Performance.getMetrics"))["metrics"]
    by_name = {one["name"]: one["value"] for one in told}
    return by_name["TaskDuration"], int(by_name["Nodes"]), int(by_name["JSHeapUsedSize"])


async def board_for(visitor: Visitor, seconds: float, warm_s: float) -> Cost:
    """A board of fifty rows that moves five times a second, for so long, behind a time to warm up."""
    users = [f"u{n}" for n in range(PLAYERS)]
    house = visitor.served.house
    tournament_id = await house.tournament(*users, started=True, visibility="public", durationSeconds=7_200)
    page = await visitor.open(f"/t/{tournament_id}")
    client = "document.querySelector('pitboss-board').client"
    await until(page, f"{client}?.board.rows.length === {PLAYERS}")
    await page.evaluate(
        f"void {client}.on('delta', () => {{ globalThis.deltas = (globalThis.deltas ?? 0) + 1; }})"
    )
    session = await visitor.context.new_cdp_session(page)
    await session.send("Performance.enable", {"timeDomain": "threadTicks"})
    luck = random.Random(1)
    await _score(visitor, tournament_id, users, luck, warm_s)
    busy, nodes, heap = await _state(session)
    await _score(visitor, tournament_id, users, luck, seconds)
    busy_after, nodes_after, heap_after = await _state(session)
    deltas: int = await page.evaluate("globalThis.deltas")
    return Cost(busy_after - busy, nodes, nodes_after, heap, heap_after, deltas)


async def _score(
    visitor: Visitor, tournament_id: str, users: list[str], luck: random.Random, seconds: float
) -> None:
    clock = asyncio.get_running_loop()
    until_s = clock.time() + seconds
    while clock.time() < until_s:
        scores = {user: float(luck.randint(1, 50)) for user in luck.sample(users, 8)}
        await visitor.served.report(tournament_id, **scores)
        await asyncio.sleep(1 / DELTAS_PER_S)


# Times each drawing of the game's page: what a frame costs us of the 16 ms that it has.
_TIME_FRAMES = """(() => {
    const page = globalThis.pitboss.page, draw = page._draw.bind(page);
    globalThis.drawMs = [];
    page._draw = () => {
        const at = performance.now();
        draw();
        globalThis.drawMs.push(performance.now() - at);
    };
})()"""


async def flights_for(visitor: Visitor, flights: int, warm: int) -> Cost:
    """Short flights on the game's page, with a bet in each, behind some that fill its lists."""
    page, session = await _game(visitor)
    await _play(page, warm)
    busy, nodes, heap = await _state(session)
    await _play(page, flights)
    busy_after, nodes_after, heap_after = await _state(session)
    return Cost(busy_after - busy, nodes, nodes_after, heap, heap_after, flights)


async def throttled_frames(visitor: Visitor, flights: int, times: int) -> list[float]:
    """How long each drawing of the game took, in ms, on a machine so many times slower."""
    page, session = await _game(visitor)
    await session.send("Emulation.setCPUThrottlingRate", {"rate": times})
    await page.evaluate(_TIME_FRAMES)
    await _play(page, flights)
    await session.send("Emulation.setCPUThrottlingRate", {"rate": 1})
    drawn: list[float] = await page.evaluate("drawMs")
    return sorted(drawn)


async def _game(visitor: Visitor) -> tuple[Any, Any]:
    quick = ROOM | {"bettingMs": 1_500, "pauseMs": 500, "capMultiplier": 2}
    house = visitor.served.house
    tournament_id = await house.tournament("ann", "ben", started=True, config=quick, durationSeconds=7_200)
    page = await visitor.open(await visitor.play_url(tournament_id, "ann"))
    await until(page, "globalThis.pitboss?.client.seat")
    session = await visitor.context.new_cdp_session(page)
    await session.send("Performance.enable", {"timeDomain": "threadTicks"})
    return page, session


async def _play(page: Any, flights: int) -> None:
    """A bet in so many flights, each to its end."""
    for _ in range(flights):
        await until(page, "pitboss.game.phase === 'betting'")
        await page.evaluate("document.getElementById('amount').value = 10")
        await page.evaluate("document.getElementById('act').click()")
        await until(page, "pitboss.game.phase === 'pause'")
