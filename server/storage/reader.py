"""Statements of the cold paths, through SQLAlchemy Core."""

from collections.abc import Sequence
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from server import codec
from server.ports import StoreUnavailable

T = TypeVar("T")


class Reader:
    """Runs statements; a database that is away is one typed error."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def _rows(self, statement: sa.Executable) -> Sequence[Any]:
        try:
            async with self._engine.begin() as db:
                result = await db.execute(statement)
                return result.fetchall() if result.returns_rows else []
        except (OSError, sa.exc.DBAPIError, sa.exc.TimeoutError) as error:
            if isinstance(error, sa.exc.IntegrityError | sa.exc.ProgrammingError):
                raise
            raise StoreUnavailable(type(error).__name__) from error

    async def _documents(self, statement: sa.Select[Any], cls: type[T]) -> list[T]:
        return [codec.decode(row[0], cls) for row in await self._rows(statement)]

    async def _paged(
        self, table: sa.Table, where: Sequence[Any], order: Any, cls: type[T], page: tuple[int, int]
    ) -> tuple[int, list[T]]:
        total = await self._rows(sa.select(sa.func.count()).select_from(table).where(*where))
        limit, offset = page
        want = sa.select(table.c.document).where(*where).order_by(*order).limit(limit).offset(offset)
        return total[0][0], await self._documents(want, cls)
