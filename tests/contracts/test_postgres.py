"""Postgres keeps the contract."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from server.storage.postgres.audit import PostgresAudit, PostgresBooks
from server.storage.postgres.deliveries import PostgresDeliveries
from server.storage.postgres.endpoints import PostgresEndpoints
from server.storage.postgres.engine import open_engine
from server.storage.postgres.feed import PostgresFeed
from server.storage.postgres.grouped.keyed_requests import KeyedRequests
from server.storage.postgres.grouped.listings import GroupedListings
from server.storage.postgres.journal import PostgresJournal, open_pool
from server.storage.postgres.operators import PostgresOperators, PostgresTokens
from server.storage.postgres.payouts import PostgresPayouts
from server.storage.postgres.templates import PostgresTemplates
from tests.contracts.events import EventsContract
from tests.contracts.stores import StoreContract


class Both:
    """Journal and listings behind one name, as the memory store has them."""

    def __init__(self, *parts: Any) -> None:
        self._parts = parts

    def __getattr__(self, name: str) -> Any:
        return next(getattr(part, name) for part in self._parts if hasattr(part, name))


class TestPostgres(StoreContract, EventsContract):
    @pytest.fixture
    async def store(self, postgres: str) -> AsyncIterator[Both]:
        pool, engine = await open_pool(postgres, 8), open_engine(postgres)
        parts = (
            GroupedListings(engine, PostgresJournal(pool).run),
            PostgresOperators(engine),
            KeyedRequests(engine, PostgresJournal(pool).run),
            PostgresTemplates(engine),
            PostgresTokens(engine),
            PostgresPayouts(engine),
            PostgresAudit(engine),
            PostgresFeed(engine),
            PostgresEndpoints(engine),
            PostgresDeliveries(engine),
            PostgresBooks(engine, PostgresJournal(pool)),
        )
        yield Both(PostgresJournal(pool), *parts)
        await pool.close()
        await engine.dispose()
