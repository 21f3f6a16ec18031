"""The walls between tenants: no query without its name, and Postgres shows it nothing else."""

import inspect
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any, get_type_hints

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from server import ports
from server.domain.ids import OperatorId, Tenant
from server.domain.tournament import commands
from server.ports import ApiKey, Attempt, AuditEntry, DeliveryOutcome, GivenAnswer, Operator, Template, Wallet
from server.public_events.streams import house_stream
from server.storage.postgres.audit import PostgresAudit
from server.storage.postgres.deliveries import PostgresDeliveries
from server.storage.postgres.endpoints import PostgresEndpoints
from server.storage.postgres.engine import open_engine
from server.storage.postgres.feed import PostgresFeed
from server.storage.postgres.grouped.keyed_requests import KeyedRequests
from server.storage.postgres.journal import PostgresJournal, open_pool
from server.storage.postgres.listings import PostgresListings
from server.storage.postgres.operators import PostgresOperators
from server.storage.postgres.payouts import PostgresPayouts
from server.storage.postgres.reader import Reader
from server.storage.postgres.tables import metadata
from server.storage.postgres.templates import PostgresTemplates
from tests.contracts.events import endpoint
from tests.contracts.stores import Writer
from tests.support.builders import NOW_MS, command_request, register

OURS, THEIRS = (Tenant(OperatorId(name), live=True) for name in ("op_ours", "op_theirs"))
SANDBOX = replace(OURS, live=False)
# What the house asks of all tenants, or before a tenant is known.
OF_THE_HOUSE = {
    "due", "newly_overdue", "awaiting_beacon", "operator_of", "write_something",
    "find_public", "due_templates", "forget",
    "claim_payouts", "create", "operators", "add", "add_key", "key", "operator", "touch_key",
    "route", "audience",
}  # fmt: skip
# No tenant has any business here.
HIDDEN = {
    "operators", "leases", "fact_blocks", "answers", "checkpoints", "alembic_version", "unrouted",
    "house", "room_seeds", "token_generations", "draining_nodes", "owner_processes", "process_counts",
}  # fmt: skip


class Raw(Reader):
    """A programmer who forgot every condition."""

    async def everything(self, tenant: Tenant, table: str) -> list[Any]:
        return list(await self._rows(tenant, sa.text(f"SELECT * FROM {table}")))


@pytest.fixture(scope="module")
def tables() -> list[str]:
    return [*metadata.tables, "alembic_version"]


@pytest.fixture
async def raw(postgres: str) -> AsyncIterator[Raw]:
    """A store in which three tenants have one of everything."""
    pool, engine = await open_pool(postgres, 2), open_engine(postgres)
    journal = PostgresJournal(pool)
    for tenant in (OURS, THEIRS, SANDBOX):
        name = f"walls-{tenant.operator_id}-{tenant.live}"
        writer = Writer(name, tenant, min_players=1, grace_ms=0)
        if await journal.begin(writer.first):
            writer.epoch = await journal.take_over(writer.id, "test") or 0
            await journal.commit(
                writer.commit(
                    command_request(register("ann", payment_id="pay")), command_request(commands.Start())
                )
            )
            await journal.commit(writer.commit(command_request(commands.Finish())))
        operators = PostgresOperators(engine)
        await operators.add(Operator(tenant.operator_id, "Name", {}))
        await operators.add_key(ApiKey(f"pk_{name}", tenant, "key", "read_only", b"", ()))
        assert writer.state is not None
        await PostgresAudit(engine).append(tenant, AuditEntry(1, "key:a", "key.created", "pk"))
        await PostgresPayouts(engine).set_wallet(tenant, Wallet("https://wallet.example", ("s",)))
        await PostgresListings(engine).claim_external_id(tenant, "EXT", writer.id, NOW_MS)
        await _events_out(engine, tenant)
        template = Template(f"tpl-{name}", tenant, b"{}", writer.state.rules, 0, 0)
        await PostgresTemplates(engine).add_template(template)
        requests = KeyedRequests(engine, journal.run)
        await requests.claim(tenant, "once", b"hash", 1)
        await requests.keep(tenant, "once", GivenAnswer(b"hash", 200, b"{}"))
    yield Raw(engine)
    await pool.close()
    await engine.dispose()


async def _events_out(engine: AsyncEngine, tenant: Tenant) -> None:
    """An endpoint, something that it was sent, and something that it is still to get."""
    feed, endpoints = PostgresFeed(engine), PostgresEndpoints(engine)
    of = endpoint(tenant)
    await endpoints.save_endpoint(tenant, of)
    said = await feed.say(tenant, "system.alert", b"{}", NOW_MS)
    await feed.route(NOW_MS, 1_000)
    stream = house_stream(tenant)
    row = Attempt(
        of.id, tenant, stream, said.seq, said.event_id, "system.alert", 1, NOW_MS, 1, DeliveryOutcome.FAILED
    )
    await PostgresDeliveries(engine).mark([], [row], NOW_MS)


async def test_a_query_without_conditions_finds_the_tenants_own_rows_alone(
    raw: Raw, tables: list[str]
) -> None:
    for table in set(tables) - HIDDEN:
        found = await raw.everything(OURS, table)
        assert found, f"{table} has something of ours"
        for row in found:
            fields = row._mapping
            owner = fields.get("operator_id") or fields["tournament_id"]
            assert "theirs" not in owner, table
            if table != "api_keys":
                name = fields.get("tournament_id", "")
                assert fields.get("live", not name.endswith(("False", ":test"))), table


async def test_a_tenant_of_nothing_finds_nothing(raw: Raw, tables: list[str]) -> None:
    stranger = Tenant(OperatorId("op_nobody"), live=True)
    for table in set(tables) - HIDDEN:
        assert await raw.everything(stranger, table) == [], table


async def test_what_is_no_tenants_business_is_refused(raw: Raw, tables: list[str]) -> None:
    for table in HIDDEN:
        with pytest.raises(sa.exc.ProgrammingError, match="permission denied"):
            await raw.everything(OURS, table)


async def test_nobody_writes_into_anothers_rows(raw: Raw) -> None:
    sql = "UPDATE {} SET {} RETURNING 1"
    changed = await raw._rows(OURS, sa.text(sql.format("templates", "version = version")))
    assert len(changed) == 1
    forged = sa.text("INSERT INTO request_answers VALUES ('op_theirs', true, 'forged', 1, '', NULL, NULL)")
    with pytest.raises(sa.exc.ProgrammingError):
        await raw._rows(OURS, forged)
    for sql in ("UPDATE tournaments SET public = true", "UPDATE audit SET seq = 9", "DELETE FROM audit"):
        with pytest.raises(sa.exc.ProgrammingError):
            await raw._rows(OURS, sa.text(sql))


async def test_the_next_statement_of_the_house_is_the_houses_again(raw: Raw) -> None:
    await raw.everything(OURS, "entries")
    everybody = await raw._rows("house", sa.text("SELECT DISTINCT operator_id FROM tournaments"))
    assert {"op_ours", "op_theirs"} <= {row[0] for row in everybody}


@pytest.mark.parametrize(
    "port",
    [
        ports.Listings,
        ports.Templates,
        ports.RequestAnswers,
        ports.Operators,
        ports.Payouts,
        ports.Audit,
        ports.Feed,
        ports.Endpoints,
    ],
    ids=lambda p: p.__name__,
)
def test_a_query_without_an_operator_cannot_be_written(port: type) -> None:
    for name, method in inspect.getmembers(port, inspect.isfunction):
        if name.startswith("_") or name in OF_THE_HOUSE:
            continue
        first = next(iter(list(inspect.signature(method).parameters)[1:]))
        assert get_type_hints(method)[first] in (Tenant, Template), f"{port.__name__}.{name} names no tenant"
