"""The whole house as a user starts it: the demo plays and pays, everything survives SIGKILL, Ctrl-C
leaves nothing running."""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import psutil
import pytest

from server.domain.ids import OperatorId, Tenant
from server.storage.postgres.engine import open_engine
from server.storage.postgres.listings import PostgresListings
from tests.on_ray.conftest import PATIENCE_S, ROOT, Up, start_up, stop_up

pytestmark = pytest.mark.on_ray


def call(run: dict[str, Any], path: str, key: str | None = None) -> Any:
    """GET as the first demo operator."""
    headers = {"Authorization": f"Bearer {key or run['operators'][0]['api_key']}"}
    with urllib.request.urlopen(
        urllib.request.Request(run["url"] + path, headers=headers), timeout=60
    ) as answer:
        return json.load(answer)


def wait_for(what: Any) -> Any:
    """Poll until it is truthy."""
    deadline = time.monotonic() + PATIENCE_S
    while not (found := what()):
        assert time.monotonic() < deadline
        time.sleep(0.2)
    return found


def _completed(run: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = call(run, "/api/tournaments?status=completed")["tournaments"]
    return found


def test_run_json_says_how_to_drive_it(up: Up) -> None:
    run = up.run()
    assert {"url", "operators", "database_url", "pids"} <= set(run)
    assert len(run["operators"]) == 2
    assert all(set(row) == {"id", "api_key", "game_platform_key"} for row in run["operators"])
    assert {"supervisor", "postgres", "ray", "api", "workers", "demo"} <= set(run["pids"])
    assert all(psutil.pid_exists(pid) for pid in run["pids"].values())
    assert (up.home / "run.json").stat().st_mode & 0o777 == 0o600


def test_the_page_and_the_docs_are_served(up: Up) -> None:
    for path, says in (
        ("/", b"Play it yourself"),
        ("/docs", b"swagger"),
        ("/openapi.json", b'"openapi":"3.1'),
    ):
        with urllib.request.urlopen(up.run()["url"] + path, timeout=60) as answer:
            body = answer.read()
        assert says in body
        for script in re.findall(rb'(?:src|href)="([^"]+)"', body):
            assert b"//" not in script, "pages work without the internet"
            if not script.startswith(b"data:"):
                with urllib.request.urlopen(up.run()["url"] + script.decode(), timeout=60) as answer:
                    assert answer.status == 200


def test_the_demo_plays_and_pays_and_its_ledger_balances(up: Up) -> None:
    run = up.run()
    # Other tests of this ring play on the same house.
    done = wait_for(lambda: [one for one in _completed(run) if one["name"].endswith("(bots)")])[0]
    assert done["currentPlayers"] == 50
    path = f"/api/tournaments/{done['tournamentId']}"
    wait_for(lambda: call(run, f"{path}/status")["resultsStatus"] == "final")
    results = call(run, f"{path}/results?limit=50")
    prizes = [round(row["prize"] * 100) for row in results["results"]]
    assert sum(prizes) == round(done["prizePool"] * 100) == 50_000
    # Players of a room tie often, and some of the programme shares prizes among them.
    assert prizes == sorted(prizes, reverse=True) and prizes[4] > 0
    assert all(row["displayName"].startswith("Bot ") for row in results["results"])
    points = [row["points"] for row in results["results"]]
    assert points == sorted(points, reverse=True) and points[0] > 0
    balances = asyncio.run(_balances(run, done["tournamentId"]))
    assert balances["pool"] == 0 and sum(balances.values()) == 0
    events = call(run, f"/api/tournaments/{done['tournamentId']}/events?limit=100")["events"]
    assert events[0]["eventType"] == "tournament.created"


async def _balances(run: dict[str, Any], tournament_id: str) -> dict[str, int]:
    engine = open_engine(run["database_url"])
    tenant = Tenant(OperatorId(run["operators"][0]["id"]), live=False)
    lines = await PostgresListings(engine).balances(tenant, tournament_id)
    await engine.dispose()
    return {line.account: line.balance_minor for line in lines}


def test_the_next_demo_tournament_starts(up: Up) -> None:
    run = up.run()
    total = wait_for(lambda: call(run, "/api/tournaments")["pagination"]["total"] >= 2)
    assert total


def test_a_second_start_on_the_same_home_says_so(up: Up) -> None:
    env = os.environ | {"PITBOSS_HOME": str(up.home)}
    command = [sys.executable, "-m", "workers.cli", "up"]
    second = subprocess.run(
        command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=120, check=False
    )
    assert second.returncode == 2 and "Another Pitboss runs" in " ".join(second.stderr.split())


def test_a_killed_front_end_is_started_again(up: Up) -> None:
    run = up.run()
    os.kill(run["pids"]["api"], signal.SIGKILL)
    wait_for(lambda: up.run()["pids"]["api"] != run["pids"]["api"])

    def answers() -> bool:
        try:
            return bool(call(run, "/api/tournaments")["tournaments"])
        except OSError:
            return False

    wait_for(answers)


def test_sigkill_of_everything_and_the_tournament_goes_on(home: Path) -> None:
    """The engine without Ray: starting Ray twice in one session is what slow machines cannot do."""
    first = start_up(home / "phoenix", "--engine", "local", PITBOSS_DEMO_MINUTES="5")
    run = first.run()
    playing = wait_for(lambda: call(run, "/api/tournaments?status=in_progress")["tournaments"])[0]
    path = f"/api/tournaments/{playing['tournamentId']}/leaderboard"
    before = wait_for(lambda: _scored(call(run, path)))
    pids = run["pids"]
    everything = [pids["supervisor"], pids["api"], pids["demo"], pids["postgres"]]
    everything += [child.pid for child in psutil.Process(pids["postgres"]).children(recursive=True)]
    for pid in everything:
        os.kill(pid, signal.SIGKILL)
    first.process.wait(PATIENCE_S)
    (home / "phoenix" / "run.json").unlink()
    (home / "phoenix" / "up.log").unlink()
    second = start_up(home / "phoenix", "--engine", "local", PITBOSS_DEMO_MINUTES="5")
    try:
        run = second.run()
        after = call(run, path)
        assert after["epoch"] > before["epoch"] and after["sequence"] >= before["sequence"]
        wait_for(lambda: call(run, path)["sequence"] > after["sequence"])
    finally:
        pids = second.run()["pids"]
        stop_up(second)
    assert not [pid for pid in pids.values() if psutil.pid_exists(pid) and _is_ours(pid)]
    assert not (home / "phoenix" / "run.json").exists()


def _scored(board: dict[str, Any]) -> dict[str, Any] | None:
    return board if board["leaderboard"] and board["leaderboard"][0]["points"] > 0 else None


def _is_ours(pid: int) -> bool:
    try:
        process = psutil.Process(pid)
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_a_killed_postgres_is_started_again_and_play_goes_on(up: Up) -> None:
    run = up.run()
    os.kill(run["pids"]["postgres"], signal.SIGKILL)
    wait_for(lambda: up.run()["pids"]["postgres"] != run["pids"]["postgres"])

    def total() -> int:
        try:
            return int(call(run, "/api/tournaments")["pagination"]["total"])
        except OSError:
            return 0

    before = wait_for(total)
    wait_for(lambda: total() > before)
