"""Statements of the cold paths, through SQLAlchemy Core. Each one says whose rows it is about.

A tenant's statement runs as the role `pitboss_tenant`, which Postgres itself shows that tenant's rows alone
(row-level security, migration 0006): a forgotten condition finds nothing instead of somebody else's data.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, Literal, TypeVar

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from server import codec
from server.domain.ids import Tenant
from server.ports import StoreUnavailable

T = TypeVar("T")
# What the house itself must see of all tenants: schedules, public boards, keys before they are known.
HOUSE: Final = "house"
Whose = Tenant | Literal["house"]
_BECOME_TENANT = sa.text(
    "SELECT set_config('role', 'pitboss_tenant', true),"
    " set_config('pitboss.operator_id', :operator_id, true), set_config('pitboss.live', :live, true)"
)


def mine(table: sa.Table, tenant: Tenant) -> list[sa.ColumnElement[bool]]:
    """The rows of a tenant in a table that names it."""
    return [table.c.operator_id == tenant.operator_id, table.c.live == tenant.live]


class Reader:
    """Runs statements; a database that is away is one typed error."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def _rows(self, whose: Whose, statement: sa.Executable) -> Sequence[Any]:
        async with self._transaction() as db:
            if isinstance(whose, Tenant):
                who = {"operator_id": whose.operator_id, "live": str(whose.live).lower()}
                await db.execute(_BECOME_TENANT, who)
            result = await db.execute(statement)
            return result.fetchall() if result.returns_rows else []

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[AsyncConnection]:
        try:
            async with self._engine.begin() as db:
                yield db
        except (OSError, sa.exc.DBAPIError, sa.exc.TimeoutError) as error:
            if isinstance(error, sa.exc.IntegrityError | sa.exc.ProgrammingError):
                raise
            raise StoreUnavailable(type(error).__name__) from error

    async def _documents(self, whose: Whose, statement: sa.Select[Any], cls: type[T]) -> list[T]:
        return [codec.decode(row[0], cls) for row in await self._rows(whose, statement)]

    async def _paged(
        self,
        whose: Whose,
        table: sa.Table,
        where: Sequence[Any],
        order: Any,
        cls: type[T],
        page: tuple[int, int],
    ) -> tuple[int, list[T]]:
        total = await self._rows(whose, sa.select(sa.func.count()).select_from(table).where(*where))
        limit, offset = page
        want = sa.select(table.c.document).where(*where).order_by(*order).limit(limit).offset(offset)
        return total[0][0], await self._documents(whose, want, cls)
