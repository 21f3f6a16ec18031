"""The game in a casino's page on another site: `localhost` frames `127.0.0.1`."""

import json
from dataclasses import replace
from typing import Any

import jsonschema_rs
import pytest

from tests.api.test_pages import SDK
from tests.browser.test_play import ROOM, until
from tests.browser.visitor import Visitor

FRAME = """url => {
    const frame = document.createElement('iframe');
    frame.src = url;
    document.body.append(frame);
    return new Promise(done => { frame.onload = done; });
}"""
PAGE_OF = "<!doctype html><title>{}</title><link rel=icon href=data:,><script type={}>{}</script><body>"
NONSENSE = (
    "'pause'",
    "{}",
    "null",
    "{source: 'pitboss', v: 1}",
    "{source: 'pitboss', v: 2, type: 'pause'}",
    "{source: 'pitboss', v: 1, type: 'nonsense'}",
)


@pytest.fixture
async def framed(visitor: Visitor) -> Any:
    """The pretend casino with the game in its frame, and the tournament."""
    house = visitor.served.house
    operator = house.store._operators["op_123"]
    casino = f"http://localhost:{visitor.served.port}"
    await house.store.add(replace(operator, origins=(casino,)))
    tournament_id = await house.tournament(
        "ann", "ben", started=True, config=ROOM, visibility="public", externalId="demo-1",
        lateRegistrationMinutes=30, maxPlayers=80,
    )  # fmt: skip
    page = await visitor.open("/demo/casino", host="localhost")
    await until(page, "globalThis.casinoDemo")
    while "/play/" not in page.frames[1].url:
        await page.wait_for_timeout(50)
    await page.frames[1].wait_for_load_state()
    return page, tournament_id


async def test_the_two_shake_hands_and_talk(framed: Any, visitor: Visitor) -> None:
    page, tournament_id = framed
    ready = await page.evaluate("casinoDemo.channel.ready")
    assert ready["features"] == ["play", "board"] and ready["locale"] == "en"
    await until(page, "document.getElementById('said').textContent.includes('tournament.connected')")
    game = page.frames[1]
    assert "token" not in game.url and game.url.startswith("http://127.0.0.1:")
    await until(game, "pitboss.client.seat")
    await page.click("#pause")
    await until(game, "document.documentElement.hasAttribute('data-paused')")
    await page.click("#pause")
    await page.click("#theme")
    await until(game, "document.documentElement.dataset.theme === 'dark'")
    await page.evaluate("casinoDemo.channel.send('locale.set', {locale: 'de'})")
    await until(game, "document.documentElement.lang === 'de'")
    house = visitor.served.house
    await house.client.post(f"/api/tournaments/{tournament_id}/finish", headers=house.auth)
    await until(page, "document.getElementById('said').textContent.includes('tournament.completed')")
    lines = await page.evaluate("[...document.querySelectorAll('#said li')].map(line => line.textContent)")
    schema = json.loads((SDK / "messages.json").read_text())["$defs"]["fromGame"]
    for kind, _, data in (line.partition(" ") for line in lines):
        jsonschema_rs.validator_for(schema[kind]).validate(json.loads(data))
    assert {"ready", "tournament.connected", "player.score.updated", "tournament.completed"} <= {
        line.partition(" ")[0] for line in lines
    }


async def test_a_session_is_refreshed_without_a_reload(framed: Any, visitor: Visitor) -> None:
    page, tournament_id = framed
    game = page.frames[1]
    await until(game, "globalThis.pitboss?.client.seat")
    await page.evaluate("casinoDemo.channel.ready")
    await game.evaluate("globalThis.stays = true; pitboss.client._lost(4401)")
    await until(page, "document.getElementById('said').textContent.includes('session.expired')")
    refresh = "token => casinoDemo.channel.send('session.refresh', {token})"
    await page.evaluate(refresh, await visitor.served.token(tournament_id, "ann"))
    await page.wait_for_timeout(300)
    assert await game.evaluate("pitboss.client.connection") == "unauthorized", "another player's token"
    await page.evaluate(refresh, await page.evaluate("casinoDemo.entry.token"))
    await until(game, "pitboss.client.connection === 'live' && globalThis.stays")


async def test_what_is_forged_is_ignored(framed: Any, visitor: Visitor) -> None:
    page, _ = framed
    game = page.frames[1]
    await until(game, "globalThis.pitboss?.client.seat")
    pause = "{source: 'pitboss', v: 1, type: 'pause', data: {}}"
    # A sibling frame has the right origin, and is not the parent.
    await page.evaluate(FRAME, visitor.url("/t/none", host="localhost"))
    sibling = next(frame for frame in page.frames if frame.url.endswith("/t/none"))
    for speaker in (game, sibling):
        await speaker.evaluate(f"parent.frames[0].postMessage({pause}, '*')")
    for text in NONSENSE:
        await page.evaluate(f"frames[0].postMessage({text}, '*')")
    await page.wait_for_timeout(500)
    assert not await game.evaluate("document.documentElement.hasAttribute('data-paused')")
    assert await game.evaluate("pitboss.client.connection") == "live"
    visitor.forgive("WebSocket")


async def test_a_parent_without_an_origin_is_never_a_partner(visitor: Visitor) -> None:
    """A sandboxed page has the origin `null`; a studio's game that lists even that one does not talk to it."""
    script = f"""import {{ inCasino }} from "{visitor.url("/sdk/v1/embed.js")}";
        const channel = inCasino({{ origins: ["null", "*"] }});
        const tell = data => parent.postMessage(data, "*");
        addEventListener("message", ({{ origin }}) => tell({{ heard: origin, pinned: !!channel._partner }}));
        channel.on("pause", () => tell({{ paused: true }}));
        tell({{ is: "there" }});"""
    note = "globalThis.said = []; addEventListener('message', event => said.push(event.data));"
    async with visitor.casino(PAGE_OF.format("Game", "module", script)) as game:
        parent = PAGE_OF.format("Casino", "text/javascript", note)
        async with visitor.casino(parent, "sandbox allow-scripts") as casino:
            page = await visitor.open(casino)
            assert await page.evaluate("origin") == "null"
            await page.evaluate(FRAME, game.replace("localhost", "127.0.0.1"))
            await until(page, "said.some(one => one.is === 'there')")
            for kind in ("hello", "pause"):
                message = f"{{source: 'pitboss', v: 1, type: '{kind}', data: {{}}}}"
                await page.evaluate(
                    f"document.querySelector('iframe').contentWindow.postMessage({message}, '*')"
                )
            await until(page, "said.filter(one => one.heard === 'null').length === 2")
            said = await page.evaluate("said")
    assert not any(one.get("pinned") or one.get("paused") or one.get("type") for one in said), said


async def test_a_page_of_another_origin_may_not_frame_the_game(visitor: Visitor) -> None:
    house = visitor.served.house
    tournament_id = await house.tournament("ann", "ben", started=True, config=ROOM)
    page = await visitor.open("/t/none", host="localhost")
    await page.evaluate(FRAME, await visitor.play_url(tournament_id, "ann"))
    assert page.frames[1].url.startswith("chrome-error:"), "frame-ancestors 'self'"
    visitor.forgive("frame", "WebSocket", "Frame", "4404")


async def test_without_a_parent_on_the_list_the_game_stands_alone(visitor: Visitor) -> None:
    house = visitor.served.house
    tournament_id = await house.tournament("ann", "ben", started=True, config=ROOM)
    page = await visitor.open(await visitor.play_url(tournament_id, "ann"))
    await until(page, "pitboss.client.seat")


async def test_cross_origin_reads_go_by_the_operators_list(visitor: Visitor) -> None:
    house = visitor.served.house
    tournament_id = await house.tournament("ann", "ben", started=True, visibility="public")
    token = await visitor.served.token(tournament_id, "ann")
    base = visitor.url(f"/api/tournaments/{tournament_id}")
    read = """([url, token]) => fetch(url, {headers: token ? {Authorization: `Bearer ${token}`} : {}})
        .then(answer => answer.status, () => 'blocked')"""
    routes = ("", "/status", "/leaderboard", "/prize-pool", "/rules", "/players/me", "/players/ann/trace")
    spectators = ("", "/status", "/leaderboard", "/prize-pool", "/rules")
    async with visitor.casino("<!doctype html><title>Casino</title><link rel=icon href=data:,>") as casino:
        page = await visitor.open(casino)
        assert {await page.evaluate(read, [base + route, token]) for route in routes} == {"blocked"}
        await house.store.add(replace(house.store._operators["op_123"], origins=(casino,)))
        assert {await page.evaluate(read, [base + route, token]) for route in routes} == {200}
        assert {await page.evaluate(read, [base + route, None]) for route in spectators} == {200}
        key = house.auth["Authorization"].removeprefix("Bearer ")
        assert await page.evaluate(read, [base, key]) == "blocked", "keys have no place in a page"
        assert await page.evaluate(read, [base + "/players", token]) == "blocked"
        script = "url => import(url).then(module => typeof module.connect)"
        assert await page.evaluate(script, visitor.url("/sdk/v1/client.js")) == "function"
    visitor.forgive("CORS", "ERR_FAILED")


async def test_a_game_of_ones_own_speaks_it_too(visitor: Visitor) -> None:
    """Neither page is ours: a studio's game in a casino's frame, on two sites, with our module in both."""
    house = visitor.served.house
    tournament_id = await house.tournament("ann", "ben", started=True, visibility="public")
    sdk = visitor.url("/sdk/v1/embed.js")
    parent = f"""import {{ casino }} from "{sdk}";
        globalThis.said = [];
        globalThis.talk = (frame, origin) => {{
            const channel = globalThis.channel = casino(frame, {{ origin }});
            channel.on("tournament.connected", data => said.push(data.tournamentId));
            channel.on("rebuy.requested", () => said.push("rebuy"));
        }};"""
    async with visitor.casino(PAGE_OF.format("Casino", "module", parent)) as casino:
        game_script = f"""import {{ inCasino, relay }} from "{sdk}";
            import {{ connect }} from "{visitor.url("/sdk/v1/client.js")}";
            const channel = globalThis.channel = inCasino({{ origins: ["{casino}"] }});
            channel.on("pause", () => {{ globalThis.paused = true; }});
            relay(connect({{ url: "{visitor.url("")}", tournament: "{tournament_id}" }}), channel);"""
        async with visitor.casino(PAGE_OF.format("Game", "module", game_script)) as game_url:
            game_url = game_url.replace("localhost", "127.0.0.1")
            page = await visitor.open(casino)
            await page.evaluate(FRAME, game_url)
            talk = "origin => talk(document.querySelector('iframe'), origin)"
            await until(page, "globalThis.talk")
            await page.evaluate(talk, game_url)
            await until(page, f"said.includes('{tournament_id}')")
            game = page.frames[1]
            await game.evaluate("channel.send('rebuy.requested', {})")
            await until(page, "said.includes('rebuy')")
            await page.evaluate("channel.send('pause')")
            await until(game, "globalThis.paused")
            anyone = """(() => {
                try { talk(document.querySelector('iframe'), '*'); } catch (error) { return error.name; }
            })()"""
            assert await page.evaluate(anyone) == "TypeError"
