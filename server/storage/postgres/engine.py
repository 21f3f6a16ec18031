"""Database URLs, the SQLAlchemy engine, and migrations to the newest schema."""

import asyncio
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from config.connections import ENGINE_KEPT, ENGINE_MORE
from config.limits import COMMIT_TIMEOUT_S

MIGRATIONS = Path(__file__).parents[1] / "migrations"


def sqlalchemy_url(database_url: str) -> sa.URL:
    """The same server for SQLAlchemy's asyncpg dialect."""
    return sa.make_url(database_url).set(drivername="postgresql+asyncpg")


def open_engine(database_url: str) -> AsyncEngine:
    """An engine with a small pool: the cold paths of one process."""
    return create_async_engine(
        sqlalchemy_url(database_url),
        pool_size=ENGINE_KEPT,
        max_overflow=ENGINE_MORE,
        pool_pre_ping=True,
        connect_args={"command_timeout": COMMIT_TIMEOUT_S},
    )


def alembic_config(database_url: str) -> Config:
    """Alembic pointed at our migrations, without an ini file."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["database_url"] = database_url
    return config


def migrate(database_url: str, revision: str = "head") -> None:
    """Bring the schema up to `revision`. Safe to run twice and from several processes."""
    command.upgrade(alembic_config(database_url), revision)


def revision_of(database_url: str) -> str:
    """The schema revision that a database is at; empty before the first migration."""

    async def read() -> str:
        engine = open_engine(database_url)
        try:
            async with engine.connect() as db:
                found: str | None = await db.scalar(sa.text("SELECT version_num FROM alembic_version"))
                return found or ""
        finally:
            await engine.dispose()

    return asyncio.run(read())


def head_revision() -> str:
    """The newest revision of the schema that this version knows."""
    return str(ScriptDirectory.from_config(alembic_config("")).get_current_head())
