"""A game as a studio ships it: written by `pitboss game new`, installed from its own package, played over a
socket."""

import importlib
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from server.domain.ids import OperatorId, TournamentId
from server.ports import Operator
from server.runtime import games
from tests.support.app import a_house
from tests.support.clock import QuickClock
from tests.support.room_player import a_player
from tests.support.served import a_served_house
from workers.cli import app as cli
from workers.commands.game import written
from workers.commands.room_check import RoomCheck
from workers.commands.verify import verify_tournament

ROOT = Path(__file__).parents[2]
NAMES = "crash-classic,coin"


@pytest.fixture(scope="module")
def installed_coin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The package, installed into a folder of its own that this process imports from."""
    source, site = tmp_path_factory.mktemp("coin"), tmp_path_factory.mktemp("site")
    told = CliRunner().invoke(cli, ["game", "new", "coin", "--folder", str(source)])
    assert told.exit_code == 0, told.output
    command = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-build-isolation"]
    subprocess.run([*command, "--target", str(site), str(source)], check=True, capture_output=True)
    sys.path.insert(0, str(site))
    importlib.invalidate_caches()
    games.installed.cache_clear()
    yield source
    sys.path.remove(str(site))
    sys.modules.pop("coin", None)
    games.installed.cache_clear()


def test_the_game_in_the_docs_is_the_one_that_is_written_and_fits_in_twenty_lines() -> None:
    text = (ROOT / "docs" / "rooms.md").read_text()
    (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert code == written("game.txt", "coin")
    assert len([line for line in code.splitlines() if line.strip()]) <= 20


def test_its_stories_pass(installed_coin: Path) -> None:
    told = CliRunner().invoke(cli, ["game", "test", str(installed_coin / "test_coin.py")])
    assert told.exit_code == 0 and "2 passed, 0 failed" in told.output


def test_a_story_that_fails_is_named(installed_coin: Path) -> None:
    bad = installed_coin / "test_bad.py"
    bad.write_text("def test_wrong():\n    assert 1 == 2\n")
    told = CliRunner().invoke(cli, ["game", "test", str(bad)])
    assert told.exit_code == 1 and "FAILED test_wrong" in told.output


@pytest.mark.parametrize("slug", ["Coin", "1coin", "a b", "-x", "a" * 41, "../x"])
def test_a_slug_that_cannot_be_one_is_refused(slug: str, tmp_path: Path) -> None:
    told = CliRunner().invoke(cli, ["game", "new", "--folder", str(tmp_path / "x"), "--", slug])
    assert told.exit_code == 2 and not (tmp_path / "x").exists()


async def test_it_is_played_over_a_socket_and_verifies(installed_coin: Path) -> None:
    async with a_served_house(QuickClock(2), games=NAMES) as served:
        house = served.house
        body = {"gameSlug": "coin", "config": {"startingCredits": 100}}
        tournament_id = TournamentId(await house.tournament("ann", "ben", started=True, **body))
        token = await served.token(tournament_id, "ann", "coin")
        async with a_player(served.socket(tournament_id, f"token={token}")) as ann:
            await ann.join()
            await ann.betting()
            seen = len(ann.events)
            told = await ann.play("bet", amount=40, heads=True)
            assert told["type"] == "played" and told["answer"] == {}
            assert (await ann.play("bet", amount=1, heads=True))["error"] == "already_bet"
            ended = (await ann.until("flight_ended", seen))["data"]
            await ann.when(lambda: ann.hand["credits"] == (140 if ended["heads"] else 60) or None)
        await house.client.post(f"/api/tournaments/{tournament_id}/finish", headers=house.auth)
        check = RoomCheck(games.games_of(NAMES))
        assert await verify_tournament(house.store, tournament_id, house.clock.now_ms(), check) is None
        assert check.left_out is None and check.flights
        unplayed = RoomCheck(games.games_of("crash-classic"))
        assert await verify_tournament(house.store, tournament_id, house.clock.now_ms(), unplayed) is None
        assert unplayed.left_out == "coin", "a third outcome: neither right nor tampered"
        told = (
            await house.client.get(f"/api/tournaments/{tournament_id}/fairness", headers=house.auth)
        ).json()
        assert told["game"]["package"] == "pitboss-game-coin" and told["game"]["packageVersion"] == "1.0"


async def test_a_game_that_is_not_named_is_not_played(installed_coin: Path) -> None:
    async with a_house(games="crash-classic") as house:
        await house.store.add(Operator(OperatorId("op_coin"), "Coin", {"coin": "https://games.example/coin"}))
        key = await house.key("full_access", "op_coin")
        body = {"name": "Cup", "gameSlug": "coin", "startTime": house.at(60), "config": {"source": "room"}}
        answer = await house.client.post("/api/tournaments", headers=key, json=body)
        assert answer.json()["details"]["config.source"].startswith("This game is not played here")


@pytest.mark.unforeseen
def test_a_game_that_cannot_be_loaded_leaves_the_others(installed_coin: Path) -> None:
    games.installed.cache_clear()
    assert set(games.games_of("crash-classic,missing,coin")) == {"crash-classic", "coin"}


@pytest.mark.unforeseen
def test_a_game_that_was_pinned_and_has_changed_is_not_loaded(installed_coin: Path) -> None:
    digest = games.installed("coin")["coin"].files_sha256
    assert set(games.games_of(f"coin@{digest[:16]}")) == {"coin"}
    assert games.games_of(f"coin@{'0' * 16}") == {}
