"""Statements of the cold paths, through SQLAlchemy Core. Each one says whose rows it is about.

A tenant's statement runs as the role `pitboss_tenant`, which Postgres itself shows that tenant's rows alone
(row-level security, migration 0006): a forgotten condition finds nothing instead of another tenant's data.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, Literal, TypeVar

import asyncpg
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from server.domain.ids import Tenant
from server.encoding import codec
from server.ports import StoreUnavailable

T = TypeVar("T")
# What the house itself must see of all tenants: schedules, public boards, keys before they are known.
HOUSE: Final = "house"
Scope = Tenant | Literal["house"]
_BECOME_TENANT = sa.text(
    "SELECT set_config('role', 'pitboss_tenant', true),"
    " set_config('pitboss.operator_id', :operator_id, true), set_config('pitboss.live', :live, true)"
)


def of_tenant(table: sa.Table, tenant: Tenant) -> list[sa.ColumnElement[bool]]:
    """The rows of a tenant in a table that names it."""
    return [table.c.operator_id == tenant.operator_id, table.c.live == tenant.live]


# By class of SQLSTATE: connection lost (08), out of room or connections (53), about to stop (57), a
# transaction that may only read, and one that was undone because it and another waited for each other (40).
# Nothing was changed and the same again may succeed. Anything else is a mistake of ours.
_AWAY = ("08", "53", "57", "25006", "40")


def _is_away(error: sa.exc.DBAPIError) -> bool:
    cause, state = getattr(error.orig, "__cause__", None), getattr(error.orig, "sqlstate", None)
    if isinstance(cause, ValueError):  # a value that no column can hold
        return False
    return error.connection_invalidated or state is None or state.startswith(_AWAY)


class Reader:
    """Runs statements; a database that is away is one typed error."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def _rows(self, scope: Scope, statement: sa.Executable) -> Sequence[Any]:
        return (await self._all_of(scope, statement))[0]

    async def _all_of(self, scope: Scope, *statements: sa.Executable) -> list[Sequence[Any]]:
        """The rows of each statement, all within one transaction."""
        async with self._transaction() as db:
            if isinstance(scope, Tenant):
                who = {"operator_id": scope.operator_id, "live": str(scope.live).lower()}
                await db.execute(_BECOME_TENANT, who)
            results = [await db.execute(statement) for statement in statements]
            return [result.fetchall() if result.returns_rows else [] for result in results]

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[AsyncConnection]:
        try:
            async with self._engine.begin() as db:
                yield db
        except (OSError, sa.exc.TimeoutError, asyncpg.InternalClientError) as error:
            raise StoreUnavailable(type(error).__name__) from error
        except sa.exc.DBAPIError as error:
            if not _is_away(error):
                raise
            raise StoreUnavailable(type(error).__name__) from error

    async def _documents(self, scope: Scope, statement: sa.Select[Any], cls: type[T]) -> list[T]:
        return [codec.decode(row[0], cls) for row in await self._rows(scope, statement)]

    async def _paged(
        self,
        scope: Scope,
        table: sa.Table,
        where: Sequence[Any],
        order: Any,
        cls: type[T],
        page: tuple[int, int],
    ) -> tuple[int, list[T]]:
        total = await self._rows(scope, sa.select(sa.func.count()).select_from(table).where(*where))
        limit, offset = page
        want = sa.select(table.c.document).where(*where).order_by(*order).limit(limit).offset(offset)
        return total[0][0], await self._documents(scope, want, cls)
