"""A database that goes away is one typed error, however the client puts it."""

from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest
import sqlalchemy as sa

from server.domain.ids import TournamentId
from server.ports import StoreUnavailable
from server.storage.postgres.journal import PostgresJournal
from server.storage.postgres.reader import HOUSE, Reader


class Cut:
    """A pool and an engine whose connection is cut."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    @asynccontextmanager
    async def acquire(self) -> Any:
        yield self
        raise self._error

    begin = acquire

    async def execute(self, *_: Any) -> Any:
        raise self._error

    fetch = execute


@pytest.mark.parametrize(
    "error",
    [
        asyncpg.InternalClientError("cannot switch to state 15; another operation (2) is in progress"),
        asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation"),
        asyncpg.AdminShutdownError("terminating connection due to administrator command"),
        asyncpg.CannotConnectNowError("the database system is starting up"),
        ConnectionRefusedError(),
        TimeoutError(),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_a_cut_connection_is_a_store_that_is_away(error: Exception) -> None:
    with pytest.raises(StoreUnavailable):
        await PostgresJournal(Cut(error)).command_ids(TournamentId("x"))  # type: ignore[arg-type]
    told = error if isinstance(error, (OSError, asyncpg.InternalClientError)) else _wrapped(error)
    with pytest.raises(StoreUnavailable):
        await Reader(Cut(told))._rows(HOUSE, sa.text("SELECT 1"))  # type: ignore[arg-type]


def _wrapped(error: Exception) -> Exception:
    """As SQLAlchemy tells it."""
    error.sqlstate = getattr(error, "sqlstate", None)  # type: ignore[attr-defined]
    return sa.exc.DBAPIError("SELECT 1", None, error)


async def test_a_mistake_of_ours_is_not() -> None:
    with pytest.raises(asyncpg.UndefinedTableError):
        await PostgresJournal(Cut(asyncpg.UndefinedTableError("x"))).command_ids(TournamentId("x"))  # type: ignore[arg-type]
