"""Claims of `Idempotency-Key`s and kept answers: those of many requests in one statement.

Each row names its tenant. Keys are in order, so that two front ends with the same keys wait for each other in
one direction.
"""

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from sqlalchemy.ext.asyncio import AsyncEngine

from config.limits import CLAIM_STALE_MS, CLAIMS_AT_ONCE
from server.domain.ids import Tenant
from server.ports import Claim, GivenAnswer
from server.storage.postgres.grouped.together import Together
from server.storage.postgres.operators import PostgresRequests

# A claim that is stale, also one from a clock that was ahead, goes over to the next; a row that another front
# end writes at this moment is neither fresh nor seen, and asked for again.
_CLAIM = (
    "WITH asked AS MATERIALIZED (SELECT * FROM unnest($1::text[], $2::boolean[], $3::text[], $4::bigint[],"
    " $5::bytea[]) AS asked (operator_id, live, key, now_ms, request_hash)),"
    " mine AS (INSERT INTO request_answers AS r (operator_id, live, key, claimed_ms, request_hash)"
    " SELECT * FROM asked ORDER BY operator_id, live, key"
    " ON CONFLICT (operator_id, live, key) DO UPDATE SET claimed_ms = excluded.claimed_ms"
    " WHERE r.status IS NULL AND r.request_hash = excluded.request_hash"
    " AND abs(excluded.claimed_ms - r.claimed_ms) >= $6 RETURNING operator_id, live, key)"
    " SELECT operator_id, live, key, NULL::bytea, NULL::int, NULL::bytea, true FROM mine UNION ALL"
    " SELECT operator_id, live, key, r.request_hash, r.status, r.body, false"
    " FROM request_answers AS r JOIN asked USING (operator_id, live, key)"
)
_KEEP = (
    "UPDATE request_answers AS r SET status = kept.status, body = kept.body FROM unnest($1::text[],"
    " $2::boolean[], $3::text[], $4::int[], $5::bytea[]) AS kept (operator_id, live, key, status, body)"
    " WHERE r.operator_id = kept.operator_id AND r.live = kept.live AND r.key = kept.key AND r.status IS NULL"
)


class _Asked(NamedTuple):
    operator_id: str
    live: bool
    key: str
    now_ms: int
    request_hash: bytes


class _Kept(NamedTuple):
    operator_id: str
    live: bool
    key: str
    status: int
    body: bytes


class KeyedRequests(PostgresRequests):
    """`RequestAnswers`. `run` executes work on a connection of asyncpg."""

    def __init__(
        self, engine: AsyncEngine, run: Callable[[Callable[[Any], Awaitable[Any]]], Awaitable[Any]]
    ) -> None:
        super().__init__(engine)
        self._run = run
        self._claims = Together(self._claim, CLAIMS_AT_ONCE, key_of=_row_of)
        self._answers = Together(self._keep, CLAIMS_AT_ONCE, key_of=_row_of)

    async def claim(self, tenant: Tenant, key: str, request_hash: bytes, now_ms: int) -> Claim:
        return await self._claims.do(_Asked(tenant.operator_id, tenant.live, key, now_ms, request_hash))

    async def keep(self, tenant: Tenant, key: str, answer: GivenAnswer) -> None:
        await self._answers.do(_Kept(tenant.operator_id, tenant.live, key, answer.status, answer.body))

    async def _claim(self, asked: list[_Asked]) -> list[Claim]:
        columns = [list(column) for column in zip(*asked, strict=True)]
        rows = await self._run(lambda db: db.fetch(_CLAIM, *columns, CLAIM_STALE_MS))
        seen = {tuple(row[:3]): row for row in rows if not row[6]}
        mine = {tuple(row[:3]) for row in rows if row[6]}
        return [_told(one, _row_of(one) in mine, seen.get(_row_of(one))) for one in asked]

    async def _keep(self, kept: list[_Kept]) -> list[None]:
        columns = [list(column) for column in zip(*kept, strict=True)]
        await self._run(lambda db: db.execute(_KEEP, *columns))
        return [None] * len(kept)


def _row_of(one: _Asked | _Kept) -> tuple[str, bool, str]:
    return one.operator_id, one.live, one.key


def _told(asked: _Asked, mine: bool, row: Any) -> Claim:
    if mine or row is None:
        return Claim(mine, asked.request_hash)
    first, status, body = row[3:6]
    return Claim(False, first, None if status is None else GivenAnswer(first, status, body))
