"""Postgres keeps the contract."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from server.storage.audit import PostgresAudit, PostgresBooks
from server.storage.engine import open_engine
from server.storage.journal import PostgresJournal, open_pool
from server.storage.listings import PostgresListings
from server.storage.operators import PostgresOperators, PostgresRequests
from server.storage.payouts import PostgresPayouts
from server.storage.templates import PostgresTemplates
from tests.contracts.stores import StoreContract


class Both:
    """Journal and listings behind one name, as the memory store has them."""

    def __init__(self, *parts: Any) -> None:
        self._parts = parts

    def __getattr__(self, name: str) -> Any:
        return next(getattr(part, name) for part in self._parts if hasattr(part, name))


class TestPostgres(StoreContract):
    @pytest.fixture
    async def store(self, postgres: str) -> AsyncIterator[Both]:
        pool, engine = await open_pool(postgres, 8), open_engine(postgres)
        parts = (
            PostgresListings(engine),
            PostgresOperators(engine),
            PostgresRequests(engine),
            PostgresTemplates(engine),
            PostgresPayouts(engine),
            PostgresAudit(engine),
            PostgresBooks(engine, PostgresJournal(pool)),
        )
        yield Both(PostgresJournal(pool), *parts)
        await pool.close()
        await engine.dispose()
