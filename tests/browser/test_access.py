"""What people with other senses and hands need, checked by axe-core: nothing serious in any state or theme."""

from pathlib import Path
from typing import Any

import pytest

from tests.browser.test_board import TEXT, tournament
from tests.browser.test_play import ROOM, betting, until
from tests.browser.visitor import Visitor

_RULES = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]
_RUN = """async rules => {
    const found = await axe.run(document, {runOnly: {type: 'tag', values: rules}});
    return found.violations.filter(one => ['serious', 'critical'].includes(one.impact))
        .map(one => `${one.id}: ${one.nodes.map(node => node.html + ' ' + node.failureSummary).join(' | ')}`);
}"""


async def findings(page: Any) -> list[str]:
    """What axe-core holds against the page as it is."""
    import axe_playwright_python

    script = next(Path(axe_playwright_python.__file__).parent.rglob("axe.min.js"))
    await page.evaluate(script.read_text())
    found: list[str] = await page.evaluate(_RUN, _RULES)
    return found


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_the_board_in_every_state(visitor: Visitor, theme: str) -> None:
    house = visitor.served.house
    tournament_id = await tournament(
        visitor, prizePool={"type": "fixed", "total": 90, "distribution": [60, 30, 10]}
    )
    page = await visitor.open(f"/t/{tournament_id}")
    await page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    await until(page, f"{TEXT}.includes('Starts in')")
    assert await findings(page) == []
    await house.client.post(f"/api/tournaments/{tournament_id}/start", headers=house.auth)
    await visitor.served.report(tournament_id, u3=40, u1=20)
    await until(page, f"{TEXT}.includes('40')")
    assert await findings(page) == []
    await house.client.post(f"/api/tournaments/{tournament_id}/finish", headers=house.auth)
    await until(page, f"{TEXT}.includes('Play is over') || {TEXT}.includes('Final')")
    assert await findings(page) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_the_game_while_betting_and_in_the_air(visitor: Visitor, theme: str) -> None:
    house = visitor.served.house
    tournament_id = await house.tournament("ann", "ben", started=True, config=ROOM)
    page = await visitor.open("/fair/none")
    await page.emulate_media(color_scheme=theme)
    await page.goto(await visitor.play_url(tournament_id, "ann"))
    await betting(page)
    assert await findings(page) == []
    await page.click("#act")
    await until(page, "pitboss.game.phase === 'climb'")
    assert await findings(page) == []
    visitor.forgive("401")


@pytest.mark.parametrize("path", ["/", "/o/op_123", "/fair/{t}", "/demo/casino"])
async def test_the_other_pages(visitor: Visitor, path: str) -> None:
    tournament_id = await visitor.served.house.tournament(
        "ann", "ben", started=True, config=ROOM, visibility="public", externalId="demo-1"
    )
    page = await visitor.open(path.format(t=tournament_id))
    await page.wait_for_timeout(500)
    assert await findings(page) == []
    visitor.forgive("409", "frame", "429")


@pytest.mark.parametrize("language", ["de", "es", "tr", "ar"])
async def test_in_other_languages(visitor: Visitor, language: str) -> None:
    tournament_id = await tournament(visitor, started=True)
    page = await visitor.open(f"/t/{tournament_id}")
    await until(page, f"{TEXT}.includes('Live')")
    await page.evaluate("name => document.querySelector('pitboss-board').setAttribute('lang', name)", language)
    await until(page, f"!{TEXT}.includes('Live') && {TEXT}.length > 40 || '{language}' === 'de'")
    direction = await page.evaluate("document.querySelector('pitboss-board').dir")
    assert direction == ("rtl" if language == "ar" else "ltr")
    assert await findings(page) == []
