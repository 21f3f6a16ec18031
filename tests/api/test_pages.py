"""Pages and scripts as they leave the front end."""

import json
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from api.pages.sdk import LATEST, scripts, version
from api.spec.typescript import TARGET, declarations
from tests.support.app import House, a_house

SDK = Path(__file__).parents[2] / "api" / "clients" / "javascript"
WIDGET = ("pitboss.js", "client.js", "board.js", "embed.js", "dom.js", "style.js", "texts.js", "texts/en.js")
WIDGET_BYTES_MAX = 15_000


@pytest.fixture
async def house() -> AsyncIterator[House]:
    async with a_house(demo=True) as opened:
        yield opened


async def test_no_page_has_a_script_or_style_of_its_own(house: House) -> None:
    pages = ("/", "/o/op_123", "/t/x", "/play/crash-classic/x", "/fair/x", "/demo/casino")
    for path in pages:
        answer = await house.client.get(path)
        assert answer.status_code == 200, path
        assert not re.search(r"<style|style=|<script(?![^>]* src=)| on\w+=", answer.text), path
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy and "*" not in policy
        for address in re.findall(r'(?:src|href)="(/sdk/[^"]+)"', answer.text):
            assert (await house.client.get(address)).status_code == 200, address


async def test_who_may_frame_the_game_goes_by_the_tournaments_operator(house: House) -> None:
    tournament_id = await house.tournament("ann", "ben")
    path = f"/play/crash-classic/{tournament_id}"
    assert (await house.client.get(path)).headers["content-security-policy"].endswith("frame-ancestors 'self'")
    await house.store.add(replace(house.store._operators["op_123"], origins=("https://casino.example",)))
    answer = await house.client.get(path)
    policy = answer.headers["content-security-policy"]
    assert policy.endswith("frame-ancestors 'self' https://casino.example")
    assert 'name="pitboss-origins" content="https://casino.example"' in answer.text
    assert "x-frame-options" not in answer.headers
    home = (await house.client.get("/")).headers["content-security-policy"]
    assert home.endswith("frame-ancestors 'none'")
    assert (await house.client.get("/play/poker/x")).status_code == 404


async def test_scripts_are_for_everyone_and_for_ever_under_their_version(house: House) -> None:
    for name, kept in ((version(), "immutable"), (LATEST, "max-age=300")):
        answer = await house.client.get(f"/sdk/{name}/pitboss.js")
        assert answer.headers["content-type"].startswith("text/javascript")
        assert kept in answer.headers["cache-control"]
        assert answer.headers["access-control-allow-origin"] == "*"
        assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
        assert (await house.client.head(f"/sdk/{name}/pitboss.js")).status_code == 200
    for missing in (
        "/sdk/old/pitboss.js",
        "/sdk/v1/../app.py",
        "/sdk/v1/nothing.js",
        "/sdk/v1/py/app.py",
    ):
        assert (await house.client.get(missing)).status_code == 404, missing


def test_client_and_widget_are_small() -> None:
    sent = {name: len(scripts()[name].packed) for name in WIDGET}
    assert sum(sent.values()) <= WIDGET_BYTES_MAX, sent


def test_only_comments_are_left_out_of_what_is_sent() -> None:
    for name, script in scripts().items():
        whole = (SDK / name).read_text()
        kept = [line.strip() for line in script.plain.decode().splitlines()]
        code = [line.strip() for line in whole.splitlines()]
        left_out = [line for line in code if line not in kept]
        assert all(line.startswith(("/**", "*", "//")) for line in left_out), (name, left_out)
        assert [line for line in code if line in kept and not line.startswith(("/**", "*", "//"))] == [
            line for line in kept if not line.startswith(("/**", "*", "//"))
        ]


def texts_of(language: str) -> dict[str, str]:
    """The texts of a language by their keys."""
    return dict(re.findall(r"\b(\w+): \"([^\"]*)\"", (SDK / "texts" / f"{language}.js").read_text()))


def parts_of(text: str) -> set[str]:
    """What is filled in."""
    return set(re.findall(r"\{\w+\}", text))


def test_every_language_has_every_text_with_all_its_parts() -> None:
    named = re.search(r"LANGUAGES = \[(.*?)\]", (SDK / "texts.js").read_text())
    assert named is not None
    languages = re.findall(r'"(\w+)"', named[1])
    assert set(languages) == {path.stem for path in (SDK / "texts").glob("*.js")}
    english = texts_of("en")
    for language in languages:
        told = texts_of(language)
        assert told.keys() == english.keys(), language
        for key, text in told.items():
            assert set(re.findall(r"\{\w+\}", text)) == set(re.findall(r"\{\w+\}", english[key])), (
                language,
                key,
            )


def test_every_text_is_said_somewhere() -> None:
    source = "".join(path.read_text() for path in SDK.glob("*.js"))
    assert [key for key in texts_of("en") if not re.search(rf"[\"']{key}[\"']", source)] == []


async def test_a_stranger_gets_a_few_test_entries_an_hour(house: House) -> None:
    tournament_id = await house.tournament(
        "ann", "ben", config={"source": "room"}, externalId="demo-1", visibility="public", maxPlayers=20
    )
    told = [await house.client.post("/demo/entries") for _ in range(6)]
    assert [one.status_code for one in told] == [201] * 5 + [429]
    first = told[0].json()
    assert first["gameUrl"] == f"http://pitboss.test/play/crash-classic/{tournament_id}#token={first['token']}"
    assert first["displayName"].startswith("Visitor ")
    assert len({one.json()["token"] for one in told[:5]}) == 5


async def test_nothing_is_given_away_on_live_data(house: House) -> None:
    house.auth = await house.key("full_access")
    await house.tournament("ann", "ben", config={"source": "room"}, externalId="demo-1", visibility="public")
    house.ctx.public_operator = "op_123"
    assert (await house.client.post("/demo/entries")).status_code == 404


async def test_without_a_demo_there_is_no_test_entry(house: House) -> None:
    house.ctx.is_demo = False
    assert (await house.client.post("/demo/entries")).status_code == 404
    assert (await house.client.get("/demo/casino")).status_code == 404
    house.ctx.public_operator = None
    assert "An operator's public tournaments" in (await house.client.get("/")).text


async def test_the_game_url_of_a_room_is_our_own_page(house: House) -> None:
    tournament_id = await house.tournament(config={"source": "room"})
    entry = {"userId": "ann", "displayName": "Ann", "buyInAmount": 10}
    path = f"/api/tournaments/{tournament_id}/players"
    told = (await house.client.post(path, headers=house.auth, json=entry)).json()["crash-classic"]
    assert told["game_url"] == f"http://pitboss.test/play/crash-classic/{tournament_id}#token={told['jwt']}"
    house.ctx.public_url = "https://games.example/"
    again = (await house.client.post(f"{path}/ann/token", headers=house.auth)).json()["crash-classic"]
    assert again["game_url"].startswith(f"https://games.example/play/crash-classic/{tournament_id}#token=")


def test_every_message_has_a_schema_and_a_sentence() -> None:
    """embed.js, its schema and its page say the same."""
    schema = json.loads((SDK / "messages.json").read_text())["$defs"]
    source = (SDK / "embed.js").read_text()
    page = (SDK.parents[2] / "docs" / "embed.md").read_text()
    for name, group, greeting in (("OUT", "fromGame", "ready"), ("IN", "fromCasino", "hello")):
        listed = re.search(rf"export const {name} = \[(.*?)\]", source, re.DOTALL)
        assert listed is not None
        assert {*re.findall(r'"([^"]+)"', listed[1]), greeting} == set(schema[group])
        for kind, one in schema[group].items():
            assert f"| `{kind}` |" in page and one["description"] in page, kind


def test_the_types_of_frames_are_those_of_the_socket() -> None:
    """`python -m api.spec.typescript` renews them."""
    assert TARGET.read_text() == declarations()
