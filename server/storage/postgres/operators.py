"""Master data, answers to requests, and generations of player tokens on Postgres."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from server.domain.ids import Tenant
from server.encoding import codec
from server.ports import ApiKey, Operator
from server.storage.postgres import tables
from server.storage.postgres.reader import HOUSE, Reader, of_tenant


class PostgresOperators(Reader):
    """`Operators` on SQLAlchemy Core."""

    async def create(self, operator: Operator) -> bool:
        row = {"id": operator.id, "document": codec.encode(operator)}
        fresh = insert(tables.operators).values(row).on_conflict_do_nothing().returning(tables.operators.c.id)
        return bool(await self._rows(HOUSE, fresh))

    async def operators(self) -> list[Operator]:
        c = tables.operators.c
        return await self._documents(HOUSE, sa.select(c.document).order_by(sa.collate(c.id, "C")), Operator)

    async def add(self, operator: Operator) -> None:
        row = {"id": operator.id, "document": codec.encode(operator)}
        fresh = insert(tables.operators).values(row)
        await self._rows(
            HOUSE,
            fresh.on_conflict_do_update(
                index_elements=[tables.operators.c.id], set_={"document": fresh.excluded.document}
            ),
        )

    async def add_key(self, key: ApiKey) -> None:
        row = {
            "key_id": key.key_id,
            "operator_id": key.tenant.operator_id,
            "document": codec.encode(key),
        }
        fresh = insert(tables.api_keys).values(row)
        await self._rows(
            HOUSE,
            fresh.on_conflict_do_update(
                index_elements=[tables.api_keys.c.key_id], set_={"document": fresh.excluded.document}
            ),
        )

    async def key(self, key_id: str) -> ApiKey | None:
        want = sa.select(tables.api_keys.c.document).where(tables.api_keys.c.key_id == key_id)
        found = await self._documents(HOUSE, want, ApiKey)
        return found[0] if found else None

    async def operator(self, operator_id: str) -> Operator | None:
        want = sa.select(tables.operators.c.document).where(tables.operators.c.id == operator_id)
        found = await self._documents(HOUSE, want, Operator)
        return found[0] if found else None

    async def keys(self, tenant: Tenant) -> Sequence[tuple[ApiKey, int | None]]:
        c = tables.api_keys.c
        want = sa.select(c.document, c.last_used_ms).where(c.operator_id == tenant.operator_id)
        found = [(codec.decode(row[0], ApiKey), row[1]) for row in await self._rows(tenant, want)]
        own = [row for row in found if row[0].tenant == tenant]
        return sorted(own, key=lambda row: (row[0].created_at_ms, row[0].key_id))

    async def touch_key(self, key_id: str, now_ms: int) -> None:
        used = sa.update(tables.api_keys).where(tables.api_keys.c.key_id == key_id).values(last_used_ms=now_ms)
        await self._rows(HOUSE, used)


class PostgresRequests(Reader):
    """The rare part of `RequestAnswers`, on SQLAlchemy Core; `grouped.keyed_requests` has the rest."""

    async def hold(self, tenant: Tenant, key: str, now_ms: int) -> None:
        unanswered = tables.request_answers.c.status.is_(None)
        held = sa.update(tables.request_answers).where(*_of(tenant, key), unanswered)
        await self._rows(tenant, held.values(claimed_ms=now_ms))

    async def release(self, tenant: Tenant, key: str) -> None:
        unanswered = tables.request_answers.c.status.is_(None)
        await self._rows(tenant, sa.delete(tables.request_answers).where(*_of(tenant, key), unanswered))

    async def forget(self, before_ms: int) -> int:
        c = tables.request_answers.c
        gone = await self._rows(
            HOUSE, sa.delete(tables.request_answers).where(c.claimed_ms < before_ms).returning(c.key)
        )
        return len(gone)


def _of(tenant: Tenant, key: str) -> list[sa.ColumnElement[bool]]:
    return [*of_tenant(tables.request_answers, tenant), tables.request_answers.c.key == key]


class PostgresTokens(Reader):
    """`TokenGenerations` on SQLAlchemy Core."""

    async def generation(self, internal_player_id: str) -> int:
        c = tables.token_generations.c
        want = sa.select(c.generation).where(c.internal_player_id == internal_player_id)
        found = await self._rows(HOUSE, want)
        return found[0][0] if found else 0

    async def end_older(self, internal_player_id: str, now_ms: int) -> int:
        c = tables.token_generations.c
        row = {"internal_player_id": internal_player_id, "generation": 1, "ended_ms": now_ms}
        first = insert(tables.token_generations).values(row)
        ended = first.on_conflict_do_update(
            index_elements=[c.internal_player_id],
            set_={"generation": c.generation + 1, "ended_ms": now_ms},
        )
        return int((await self._rows(HOUSE, ended.returning(c.generation)))[0][0])

    async def ended_since(self, since_ms: int) -> dict[str, int]:
        c = tables.token_generations.c
        want = sa.select(c.internal_player_id, c.generation).where(c.ended_ms >= since_ms)
        return {row[0]: row[1] for row in await self._rows(HOUSE, want)}
