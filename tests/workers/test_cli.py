"""The command line: operators, keys, and one clear line for every mistake."""

import asyncio
import importlib.metadata
import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from api.context.key_cache import KeyCache
from server.domain.ids import OperatorId, Tenant
from server.ports import FeedRow
from server.runtime.clock import SystemClock
from server.storage.postgres.audit import PostgresAudit
from server.storage.postgres.endpoints import PostgresEndpoints
from server.storage.postgres.engine import open_engine
from server.storage.postgres.feed import PostgresFeed
from server.storage.postgres.operators import PostgresOperators
from tests.contracts.events import endpoint
from workers.cli import app


@pytest.fixture
def database(postgres: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("PITBOSS_DATABASE_URL", postgres)
    return postgres


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, list(arguments))
    return result.exit_code, result.output


def test_scripts_get_json(database: str) -> None:
    run("migrate")

    def told(*words: str) -> Any:
        code, text = run(*words, "--json")
        assert code == 0, text
        return json.loads(next(line for line in text.splitlines() if line.startswith("{")))

    assert told("operators", "add", "op_json", "Json Casino") == {"id": "op_json", "result": "added"}
    assert told("operators", "set", "op_json", "--name", "Other") == {"id": "op_json", "result": "changed"}
    key = told("keys", "issue", "op_json")["key"]
    turned = told("keys", "rotate", key.partition(":")[0])["key"]
    assert turned.partition(":")[0] == key.partition(":")[0] and turned != key
    assert told("keys", "revoke", key.partition(":")[0]) == {
        "keyId": key.partition(":")[0], "result": "revoked",
    }  # fmt: skip
    assert told("drain", "some-node", "--undo") == {"node": "some-node", "admitted": True}


def test_an_issued_key_opens_its_operator(database: str) -> None:
    code, said = run("migrate")
    assert code == 0 and said.startswith("the schema is at revision 00")
    code, _ = run(
        "operators", "add", "op_cli", "Cli Casino", "--currency", "EUR", "--game", "dice=https://d/{jwt}"
    )
    assert code == 0
    code, text = run("keys", "issue", "op_cli", "--role", "read_only", "--live")
    assert code == 0 and text.startswith("pk_live_")

    async def opens() -> None:
        engine = open_engine(database)
        caller = await KeyCache(PostgresOperators(engine), SystemClock()).caller(text.strip())
        await engine.dispose()
        assert caller is not None
        assert (caller.operator.currency, caller.operator.games) == ("EUR", {"dice": "https://d/{jwt}"})
        assert caller.key.permissions == ("players.read", "results.read", "tournaments.read")

    asyncio.run(opens())
    key_id = text.partition(":")[0]
    code, listed = run("keys", "list", "op_cli")
    assert code == 0 and listed.startswith(f"{key_id}  read_only  active  last used ")
    code, turned = run("keys", "rotate", key_id, "--overlap-s", "0")
    assert code == 0 and turned.startswith(f"{key_id}:sk_live_") and turned != text
    assert run("keys", "revoke", key_id) == (0, f"key {key_id} revoked\n")
    assert "  revoked  " in run("keys", "list", "op_cli")[1]


def test_the_doctor_says_what_is_wrong_and_what_to_do(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PITBOSS_HOME", str(tmp_path))
    run("migrate")
    code, text = run("doctor", "--json")
    found = {one["what"]: one for one in json.loads(text)}
    assert code == 0, text
    assert {"database", "commits", "clock", "migrations", "connections", "schedule", "disk", "Redis"} <= set(
        found
    )
    assert found["token key"]["verdict"] == "warning" and found["token key"]["advice"]
    open_key = tmp_path / "token-key.pem"
    open_key.write_text("x")
    open_key.chmod(0o644)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # nothing listens there
        port = taken.getsockname()[1]
        monkeypatch.setenv("PITBOSS_REDIS_URL", f"redis://127.0.0.1:{port}/1")
        monkeypatch.setenv("PITBOSS_RAY_ADDRESS", f"127.0.0.1:{port}")
        code, text = run("doctor")
    assert code == 1 and "chmod 600" in text
    assert {line.split()[1] for line in text.splitlines() if line.startswith("wrong")} == {
        "token",
        "Redis",
        "Ray",
    }
    monkeypatch.setenv("PITBOSS_DATABASE_URL", f"postgresql://127.0.0.1:{port}/none")
    code, text = run("doctor")
    assert code == 1 and "cannot be reached" in text and "Traceback" not in text


def test_top_shows_where_tournaments_live(database: str) -> None:
    run("migrate")
    code, text = run("top", "--json")
    told = json.loads(text)
    assert code == 0 and set(told) == {"tournaments", "overdue", "owners", "database"}
    assert set(told["tournaments"]["in_progress"]) == {"own", "shared", "none"}
    assert told["database"]["connectionsMax"] > 10
    code, text = run("top", "--once")
    assert code == 0 and "shared owner" in text and "in progress" in text


def test_everybody_is_told_how_the_house_is(database: str) -> None:
    tenant = Tenant(OperatorId("op_told"), live=True)

    async def subscribed() -> None:
        engine = open_engine(database)
        await PostgresEndpoints(engine).save_endpoint(tenant, endpoint(tenant))
        await engine.dispose()

    async def feed() -> list[FeedRow]:
        engine = open_engine(database)
        events = PostgresFeed(engine)
        while await events.route(1, 1_000):
            pass
        found = await events.feed(tenant, 0, 10)
        await PostgresEndpoints(engine).remove_endpoint(tenant, endpoint(tenant).id)
        await engine.dispose()
        return found

    asyncio.run(subscribed())
    code, said = run("announce", "maintenance", "Back at noon")
    assert code == 0 and said.startswith("announced to ")
    [row] = asyncio.run(feed())
    assert row.event.event_type == "system.status_changed"
    assert json.loads(row.event.data) == {"status": "maintenance", "message": "Back at noon"}
    assert run("announce", "sleepy", "?")[0] == 2


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("keys", "issue", "op_nobody"), 1, "there is no operator op_nobody"),
        (("keys", "issue", "op_cli", "--role", "king"), 2, "unknown role"),
        (("keys", "revoke", "pk_live_nothing"), 1, "there is no key pk_live_nothing"),
        (("up", "--engine", "steam"), 2, "ray or local"),
        (("keys", "list", "op_nobody"), 1, "there is no operator op_nobody"),
        (("operators", "show", "op_nobody"), 1, "there is no operator op_nobody"),
        (("operators", "set", "op_nobody", "--name", "x"), 1, "there is no operator op_nobody"),
        (("operators", "add", "bad id!", "Casino"), 1, "An operator id has"),
        (("operators", "add", "op-hyphen", "Casino"), 1, "An operator id has"),
        (("operators", "add", "op_x", "Casino", "--currency", "XXQ"), 1, "Unknown currency 'XXQ'"),
        (("operators", "add", "op_x", "Casino", "--timezone", "Mars/Base"), 1, "Unknown time zone"),
        (("operators", "add", "op_x", "Casino", "--game", "slots/1=https://g.example"), 1, "A game slug has"),
        (("operators", "add", "op_x", "Casino", "--game", "status=https://g.example"), 1, "A game slug has"),
        (("operators", "add", "op_x", "Casino", "--game", "slots=ftp://g"), 1, "must be an http(s) URL"),
        (("operators", "add", "op_x", "Casino", "--game", "slots"), 2, "--game is slug=url"),
        (("operators", "add", "op_x", "Casino", "--origin", "casino.example"), 1, "An origin is a scheme"),
    ],
)
def test_mistakes_are_told_in_one_line(
    database: str, arguments: tuple[str, ...], code: int, says: str
) -> None:
    told = run(*arguments)
    assert told[0] == code and says in told[1] and "Traceback" not in told[1]


def test_without_a_database_it_says_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PITBOSS_DATABASE_URL", raising=False)
    code, text = run("migrate")
    assert code == 2 and "PITBOSS_DATABASE_URL" in text
    monkeypatch.setenv("PITBOSS_PORT", "many")
    code, text = run("migrate")
    assert code == 2 and "PITBOSS_PORT" in text


def test_an_operator_is_added_once_and_changed_by_name(database: str) -> None:
    game = ("--game", "dice=https://games.example/dice#{jwt}")
    assert run("operators", "add", "op_once", "Once", "--currency", "EUR", *game) == (
        0,
        "operator op_once added\n",
    )
    code, text = run("operators", "add", "op_once", "Twice")
    assert code == 1 and "exists already" in text
    shown = json.loads(run("operators", "show", "op_once")[1])
    assert (shown["name"], shown["currency"]) == ("Once", "EUR") and list(shown["games"]) == ["dice"]
    changes = ("--game", "slots=https://games.example/slots", "--origin", "https://casino.example")
    assert run("operators", "set", "op_once", *changes, "--external-id-twins", "yes")[0] == 0
    shown = json.loads(run("operators", "show", "op_once")[1])
    assert (shown["name"], shown["currency"], sorted(shown["games"])) == ("Once", "EUR", ["dice", "slots"])
    assert shown["origins"] == ["https://casino.example"] and shown["externalIdTwins"] is True
    assert run("operators", "set", "op_once", "--remove-game", "dice", "--any-origin")[0] == 0
    shown = json.loads(run("operators", "show", "op_once")[1])
    assert (list(shown["games"]), shown["origins"]) == (["slots"], [])
    assert any(row["id"] == "op_once" for row in json.loads(run("operators", "list", "--json")[1]))
    assert "op_once  EUR  UTC  1 games  Once" in run("operators", "list")[1]
    assert json.loads(run("keys", "list", "op_once", "--json")[1]) == []

    async def trail() -> list[str]:
        engine = open_engine(database)
        rows = await PostgresAudit(engine).trail(Tenant(OperatorId("op_once"), live=True), 0, 10)
        await engine.dispose()
        return [row.entry.action for row in rows]

    assert asyncio.run(trail()) == ["operator.created", "operator.changed", "operator.changed"]


def test_an_operator_without_games_is_told_what_to_do(database: str) -> None:
    code, text = run("operators", "add", "op_bare", "Bare")
    assert code == 0 and "pitboss operators set op_bare --game slug=url" in " ".join(text.split())


def test_the_database_of_a_running_house_is_found(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PITBOSS_DATABASE_URL")
    monkeypatch.setenv("PITBOSS_HOME", str(tmp_path))
    code, text = run("operators", "list")
    assert code == 2 and "run.json" in text and "PITBOSS_HOME" in text
    (tmp_path / "run.json").write_text(json.dumps({"database_url": database}))
    assert run("operators", "list")[0] == 0
    assert run("verify", "no-such-tournament")[0] == 1
    monkeypatch.setenv("PITBOSS_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/x")
    code, text = run("operators", "list")
    assert code == 1 and text.startswith("The database cannot be reached") and "Traceback" not in text


def test_it_says_its_version_and_warns_of_nothing() -> None:
    assert run("--version") == (0, f"pitboss {importlib.metadata.version('pitboss')}\n")
    env = {name: value for name, value in os.environ.items() if name != "XDG_RUNTIME_DIR"}
    told = subprocess.run(
        [sys.executable, "-m", "workers.cli", "--help"], env=env, capture_output=True, text=True, check=True
    )
    assert told.stderr == ""


def test_a_taken_port_is_found_before_anything_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PITBOSS_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("PITBOSS_DATABASE_URL", raising=False)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        monkeypatch.setenv("PITBOSS_PORT", str(taken.getsockname()[1]))
        code, text = run("up", "--engine", "local")
    assert code == 2 and "is taken" in text and "Postgres" not in text
    assert not any(line.strip() == "2" for line in text.splitlines())
    assert (tmp_path / "home").stat().st_mode & 0o066 == 0 and (
        tmp_path / "home/lock"
    ).stat().st_mode & 0o077 == 0
