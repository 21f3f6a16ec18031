"""The widget: states, words, rows that move, nothing that its page's policy forbids."""

from typing import Any

from tests.browser.test_play import until
from tests.browser.visitor import Visitor

TEXT = "document.querySelector('pitboss-board').shadowRoot.textContent"
# A casino's page under the strictest policy that the docs print.
POLICY = "default-src 'none'; script-src {at}; style-src 'self'; connect-src {at} {ws}"


async def tournament(visitor: Visitor, players: int = 5, **body: Any) -> str:
    """A public one with so many players."""
    users = [f"u{n}" for n in range(players)]
    return await visitor.served.house.tournament(*users, visibility="public", **body)


async def ticks(page: Any) -> None:
    """Until the clock has moved by itself, while nothing is heard."""
    board = "document.querySelector('pitboss-board')"
    clock = f"{board}.shadowRoot.querySelector('.clock').textContent"
    shown = await page.evaluate(f"{board}.client._tell = () => {{}}; {clock}")
    await until(page, f"{clock} !== '{shown}'")
    await page.evaluate(f"delete {board}.client._tell")


async def test_from_the_lobby_to_the_podium(visitor: Visitor) -> None:
    house = visitor.served.house
    tournament_id = await tournament(visitor)
    page = await visitor.open(f"/t/{tournament_id}")
    await until(page, f"{TEXT}.includes('Starts in')")
    await house.client.post(f"/api/tournaments/{tournament_id}/start", headers=house.auth)
    await until(page, f"{TEXT}.includes('Ends in')")
    await ticks(page)
    await visitor.served.report(tournament_id, u3=40, u1=20)
    await until(page, f"{TEXT}.includes('40')")
    first = "document.querySelector('pitboss-board').shadowRoot.querySelector('tbody tr')"
    await until(page, f"{first}.textContent.includes('U3')")
    kept = await page.evaluate_handle(first)
    await visitor.served.report(tournament_id, u1=50)
    await until(page, f"{first}.textContent.includes('U1')")
    assert await kept.evaluate("row => row.isConnected && row.textContent.includes('U3')"), "rows are kept"
    await until(page, f"{first}.querySelector('.up')")
    await house.client.post(f"/api/tournaments/{tournament_id}/finish", headers=house.auth)
    await until(page, f"{TEXT}.includes('Play is over') || {TEXT}.includes('Final')")
    podium = page.locator("pitboss-board ol.podium li")
    assert await podium.count() == 3 and "U1" in await podium.first.inner_text()


async def test_a_cancelled_one_and_one_that_is_not_shown(visitor: Visitor) -> None:
    house = visitor.served.house
    tournament_id = await tournament(visitor)
    page = await visitor.open(f"/t/{tournament_id}")
    await until(page, f"{TEXT}.includes('Starts in')")
    await house.client.delete(f"/api/tournaments/{tournament_id}", headers=house.auth)
    await until(page, f"{TEXT}.includes('Cancelled')")
    private = await house.tournament("ann", "ben")
    other = await visitor.open(f"/t/{private}")
    await until(other, f"{TEXT}.includes('not shown')")


async def test_on_a_casinos_page_under_the_strictest_policy(visitor: Visitor) -> None:
    tournament_id = await tournament(visitor, started=True)
    at, ws = visitor.url("").rstrip("/"), f"ws://127.0.0.1:{visitor.served.port}"
    token = await visitor.served.token(tournament_id, "u1")
    body = f"""<!doctype html><html lang=en><title>Casino</title><link rel=icon href=data:,>
        <script type=module src="{at}/sdk/v1/pitboss.js"></script>
        <pitboss-board tournament="{tournament_id}" token="{token}"></pitboss-board>
        <pitboss-ticker tournament="{tournament_id}"></pitboss-ticker>"""

    policy = POLICY.format(at=at, ws=ws) + "; img-src data:; require-trusted-types-for 'script'"
    async with visitor.casino(body, policy) as casino:
        page = await visitor.open(casino)
        await until(page, "document.querySelector('pitboss-board')?.shadowRoot")
        await until(page, f"{TEXT}.includes('Live')")
        await until(page, f"{TEXT}.includes('You are in place')")
        await ticks(page)  # with a client of its own, too
        assert not await page.evaluate("document.querySelector('pitboss-board').hasAttribute('token')")
        ticker = "document.querySelector('pitboss-ticker').shadowRoot.textContent"
        await until(page, f"{ticker}.includes('Ends in')")


async def test_twenty_rows_on_a_phone(visitor: Visitor) -> None:
    tournament_id = await tournament(visitor, 30, started=True)
    page = await visitor.open(f"/t/{tournament_id}")
    await page.set_viewport_size({"width": 360, "height": 740})
    await until(page, f"{TEXT}.includes('U29')")
    seen = await page.evaluate(
        "[...document.querySelector('pitboss-board').shadowRoot.querySelectorAll('tbody tr')]"
        ".filter(row => row.getBoundingClientRect().bottom <= innerHeight).length"
    )
    assert seen >= 20, seen
    assert await page.evaluate("document.documentElement.scrollWidth") <= 360


async def test_the_line_is_cut_and_comes_back(visitor: Visitor) -> None:
    tournament_id = await tournament(visitor, started=True)
    page = await visitor.open(f"/t/{tournament_id}")
    await until(page, f"{TEXT}.includes('Live')")
    await visitor.context.set_offline(True)
    client = "document.querySelector('pitboss-board').client"
    await page.evaluate(f"{client}.check()")
    await until(page, f"{TEXT}.includes('Reconnecting')")
    await visitor.served.report(tournament_id, u2=77)
    await visitor.context.set_offline(False)
    await until(page, f"{TEXT}.includes('77')")
    visitor.forgive("ERR_INTERNET_DISCONNECTED", "WebSocket connection")
