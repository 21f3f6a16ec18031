"""The tournament of a request, as it is stored now: those of many requests in one statement.

Each row names its tenant, as in `keyed_requests`; a look begins after all who share it have asked.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from config.limits import LOOKS_AT_ONCE
from server.domain.ids import Tenant
from server.domain.tournament.summary import Summary
from server.encoding import codec
from server.storage.postgres.grouped.together import Together
from server.storage.postgres.listings import PostgresListings

_FIND = (
    "SELECT t.id, t.operator_id, t.live, t.document FROM tournaments AS t JOIN unnest($1::text[],"
    " $2::text[], $3::boolean[]) AS asked (id, operator_id, live) USING (id, operator_id, live)"
)


class GroupedListings(PostgresListings):
    """`Listings`. `run` executes work on a connection of asyncpg."""

    def __init__(
        self, engine: AsyncEngine, run: Callable[[Callable[[Any], Awaitable[Any]]], Awaitable[Any]]
    ) -> None:
        super().__init__(engine)
        self._run = run
        self._looks = Together(self._look, LOOKS_AT_ONCE)

    async def find(self, tenant: Tenant, tournament_id: str) -> Summary | None:
        if "\x00" in tournament_id:  # no id, and no text of Postgres: it would harm those who share the look
            return None
        return await self._looks.do((tournament_id, tenant.operator_id, tenant.live))

    async def _look(self, asked: list[tuple[str, str, bool]]) -> list[Summary | None]:
        columns = [list(column) for column in zip(*dict.fromkeys(asked), strict=True)]
        rows = await self._run(lambda db: db.fetch(_FIND, *columns))
        found = {tuple(row)[:3]: codec.decode(row[3], Summary) for row in rows}
        return [found.get(one) for one in asked]
