"""The schema: migrations lead to exactly the declared tables, up and down."""

import asyncio
from pathlib import Path

import asyncpg
import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from server.ports import StoreUnavailable
from server.storage.postgres.engine import alembic_config, head_revision, migrate, open_engine
from server.storage.postgres.journal import NEEDED_REVISION, PostgresJournal, SchemaTooOld, open_pool
from server.storage.postgres.listings import PostgresListings
from server.storage.postgres.tables import metadata


async def test_migrations_lead_to_the_declared_tables(postgres: str) -> None:
    engine = open_engine(postgres)

    def differences(connection: sa.Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection), metadata))

    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []
    await engine.dispose()


async def _other_database(postgres: str) -> str:
    engine = open_engine(postgres)
    async with engine.connect() as connection:
        raw = await connection.execution_options(isolation_level="AUTOCOMMIT")
        await raw.execute(sa.text("CREATE DATABASE up_and_down"))
    await engine.dispose()
    return postgres.replace("/postgres?", "/up_and_down?")


async def _tables(url: str) -> set[str]:
    engine = open_engine(url)
    async with engine.connect() as connection:
        names = await connection.run_sync(lambda sync: set(sa.inspect(sync).get_table_names()))
    await engine.dispose()
    return names


def test_up_twice_and_down_again(postgres: str) -> None:
    url = asyncio.run(_other_database(postgres))
    migrate(url)
    migrate(url)
    assert asyncio.run(_tables(url)) == {*metadata.tables, "alembic_version"}
    command.downgrade(alembic_config(url), "base")
    assert asyncio.run(_tables(url)) == {"alembic_version"}


async def test_a_database_that_is_away_is_one_typed_error(tmp_path: Path) -> None:
    url = f"postgresql://postgres:@/postgres?host={tmp_path}"
    pool, engine = await open_pool(url, 1), open_engine(url)
    with pytest.raises(StoreUnavailable):
        await PostgresJournal(pool).silent_for_s("t")  # type: ignore[arg-type]
    with pytest.raises(StoreUnavailable):
        await PostgresListings(engine).due(0, 1)
    await pool.close()
    await engine.dispose()


async def test_a_server_that_commits_asynchronously_is_refused(postgres: str) -> None:
    url = f"{postgres}&options=-csynchronous_commit%3Doff"
    pool = await open_pool(url, 1)
    with pytest.raises(RuntimeError, match="synchronous_commit"):
        await PostgresJournal(pool).silent_for_s("t")  # type: ignore[arg-type]
    await pool.close()


async def test_tables_of_an_older_version_are_refused_and_those_of_a_newer_one_are_not(postgres: str) -> None:
    """Migrated first, then the processes: one that comes before its tables must not guess."""
    assert head_revision() == NEEDED_REVISION
    engine = open_engine(postgres)
    async with engine.connect() as connection:
        raw = await connection.execution_options(isolation_level="AUTOCOMMIT")
        await raw.execute(sa.text("CREATE DATABASE older"))
    await engine.dispose()
    url = postgres.replace("/postgres?", "/older?")

    async def told() -> str:
        pool = await open_pool(url, 1)
        try:
            await PostgresJournal(pool).silent_for_s("t")  # type: ignore[arg-type]
            return ""
        except SchemaTooOld as why:
            return str(why)
        finally:
            await pool.close()

    assert "has schema none" in await told()
    await asyncio.to_thread(migrate, url)
    assert await told() == ""
    db = await asyncpg.connect(url)
    for version, refused in (("0016", True), ("9999", False)):
        await db.execute("UPDATE alembic_version SET version_num = $1", version)
        assert ("run `pitboss migrate`" in await told()) is refused
    await db.close()
