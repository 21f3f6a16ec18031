"""The pages in every state, on one sheet: `python -m tests.browser.pictures` writes docs/states.png.

To be looked at: pixels are not compared.
"""

import asyncio
import base64
import sys
from pathlib import Path
from typing import Any

from tests.browser.chromium import launched
from tests.browser.test_board import TEXT, tournament
from tests.browser.test_play import ROOM, betting, until
from tests.browser.visitor import Visitor
from tests.support.served import a_served_house

TARGET = Path(__file__).parents[2] / "docs" / "states.png"
PHONE, DESK = {"width": 360, "height": 740}, {"width": 768, "height": 740}
POOL = {"type": "fixed", "total": 1_000, "distribution": [50, 30, 20]}
Shot = tuple[str, bytes]


async def _board(visitor: Visitor) -> list[Shot]:
    """The board from the lobby to the podium, a cancelled one, one without a line."""
    house, shots = visitor.served.house, []
    tournament_id = await tournament(visitor, 12, prizePool=POOL)
    page = await visitor.open(f"/t/{tournament_id}")

    async def shot(name: str, text: str) -> None:
        await until(page, f"{TEXT}.includes('{text}')")
        await page.wait_for_timeout(400)
        shots.append((name, await page.screenshot()))

    await shot("waiting", "Starts in")
    await house.client.post(f"/api/tournaments/{tournament_id}/start", headers=house.auth)
    await visitor.served.report(tournament_id, **{f"u{n}": float(n * 37 % 101) for n in range(12)})
    await shot("in play", "Ends in")
    await visitor.context.set_offline(True)
    await page.evaluate("document.querySelector('pitboss-board').client.check()")
    await shot("offline", "Reconnecting")
    await visitor.context.set_offline(False)
    await shot("back", "Live")
    await house.client.post(f"/api/tournaments/{tournament_id}/finish", headers=house.auth)
    await shot("over", "Play is over")
    cancelled = await tournament(visitor, 3)
    await house.client.delete(f"/api/tournaments/{cancelled}", headers=house.auth)
    await page.goto(visitor.url(f"/t/{cancelled}"))
    await shot("cancelled", "Cancelled")
    return shots


async def _game(visitor: Visitor) -> list[Shot]:
    """The game while bets are taken, in the air, after the crash; the proof."""
    house = visitor.served.house
    users = [f"u{n}" for n in range(6)]
    tournament_id = await house.tournament(*users, started=True, config=ROOM, visibility="public")
    page = await visitor.open(await visitor.play_url(tournament_id, "u1"))
    await betting(page)
    shots = [("bets are taken", await page.screenshot())]
    await page.click("#act")
    await until(page, "pitboss.game.multiplier > 1.02 || pitboss.game.crashed")
    shots.append(("in the air", await page.screenshot()))
    await until(page, "pitboss.game.crashed")
    await page.wait_for_timeout(300)
    shots.append(("crashed", await page.screenshot()))
    await page.goto(visitor.url(f"/fair/{tournament_id}"))
    await until(page, "document.getElementById('verdict').textContent.startsWith('All ')")
    shots.append(("the proof", await page.screenshot()))
    return shots


async def _sheet(browser: Any, shots: list[Shot]) -> bytes:
    cells = ""
    for name, data in shots:
        source = f"data:image/png;base64,{base64.b64encode(data).decode()}"
        cells += f"<figure><img src='{source}'><figcaption>{name}</figcaption></figure>"
    style = "body{margin:8px;display:flex;flex-wrap:wrap;gap:8px;font:14px sans-serif;background:#888}"
    style += "figure{margin:0}img{height:420px;display:block}figcaption{text-align:center;color:#fff}"
    page = await browser.new_page(viewport={"width": 1_640, "height": 900})
    await page.set_content(f"<style>{style}</style>{cells}")
    sheet: bytes = await page.screenshot(full_page=True)
    return sheet


async def _main() -> None:
    from playwright.async_api import async_playwright

    shots: list[Shot] = []
    themes: tuple[tuple[Any, Any], ...] = ((PHONE, "light"), (PHONE, "dark"), (DESK, "dark"))
    async with async_playwright() as playwright:
        browser = await launched(playwright)
        for size, theme in themes:
            async with a_served_house(demo=True) as served:
                context = await browser.new_context(viewport=size, color_scheme=theme)
                visitor = Visitor(served, context)
                found = [*await _board(visitor), *await _game(visitor)]
                shots += [(f"{name}, {size['width']} px, {theme}", data) for name, data in found]
                await context.close()
        TARGET.write_bytes(await _sheet(browser, shots))
        await browser.close()


def main() -> int:
    """Write the sheet."""
    asyncio.run(_main())
    return 0


if __name__ == "__main__":
    sys.exit(main())
