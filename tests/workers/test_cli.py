"""The command line: operators, keys, and one clear line for every mistake."""

import asyncio
import json

import pytest
from typer.testing import CliRunner

from api.keyring import KeyRing
from server.clock import SystemClock
from server.domain.ids import OperatorId, Tenant
from server.ports import FeedRow
from server.storage.endpoints import PostgresEndpoints
from server.storage.engine import open_engine
from server.storage.feed import PostgresFeed
from server.storage.operators import PostgresOperators
from tests.contracts.events import endpoint
from workers.cli import app


@pytest.fixture
def database(postgres: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("PITBOSS_DATABASE_URL", postgres)
    return postgres


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, list(arguments))
    return result.exit_code, result.output


def test_an_issued_key_opens_its_operator(database: str) -> None:
    assert run("migrate") == (0, "")
    code, _ = run(
        "operators", "add", "op_cli", "Cli Casino", "--currency", "EUR", "--game", "dice=https://d/{jwt}"
    )
    assert code == 0
    code, text = run("keys", "issue", "op_cli", "--role", "read_only", "--live")
    assert code == 0 and text.startswith("pk_live_")

    async def opens() -> None:
        engine = open_engine(database)
        caller = await KeyRing(PostgresOperators(engine), SystemClock()).caller(text.strip())
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
    assert run("keys", "revoke", key_id) == (0, "")
    assert "  revoked  " in run("keys", "list", "op_cli")[1]


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
    assert code == 0 and said.startswith("told ")
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
