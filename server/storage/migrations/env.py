"""Runs migrations over asyncpg, one process at a time."""

import asyncio

import sqlalchemy as sa
from alembic import context
from sqlalchemy.ext.asyncio import create_async_engine

from server.storage.postgres.engine import sqlalchemy_url
from server.storage.postgres.tables import metadata

# Any constant: all migrating processes queue on it.
_MIGRATION_LOCK = 0x70697462


def _run(connection: sa.Connection) -> None:
    context.configure(connection=connection, target_metadata=metadata)
    with context.begin_transaction():
        connection.execute(sa.text(f"SELECT pg_advisory_xact_lock({_MIGRATION_LOCK})"))
        context.run_migrations()


async def _connect_and_run(database_url: str) -> None:
    engine = create_async_engine(sqlalchemy_url(database_url), poolclass=sa.NullPool)
    try:
        async with engine.connect() as connection:
            await connection.run_sync(_run)
            await connection.commit()
    finally:
        await engine.dispose()


asyncio.run(_connect_and_run(context.config.attributes["database_url"]))
