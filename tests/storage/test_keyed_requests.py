"""Keyed requests of many callers: claimed and answered in a few statements, and each one once."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from server.domain.ids import OperatorId, Tenant
from server.ports import GivenAnswer, StoreUnavailable
from server.storage.postgres.engine import open_engine
from server.storage.postgres.grouped.keyed_requests import KeyedRequests
from server.storage.postgres.grouped.together import Together
from server.storage.postgres.journal import PostgresJournal, open_pool
from tests.support.builders import NOW_MS

MANY = 50


class FrontEnd:
    """One of several, with connections of its own."""

    def __init__(self, engine: Any, pool: asyncpg.Pool) -> None:
        self._journal = PostgresJournal(pool)
        self.requests = KeyedRequests(engine, self._run)
        self.statements = 0

    async def _run(self, work: Any) -> Any:
        self.statements += 1
        return await self._journal.run(work)


@pytest.fixture
async def two(postgres: str) -> AsyncIterator[tuple[FrontEnd, FrontEnd]]:
    engine, pool = open_engine(postgres), await open_pool(postgres, 4)
    yield FrontEnd(engine, pool), FrontEnd(engine, pool)
    await pool.close()
    await engine.dispose()


def _tenant(request: pytest.FixtureRequest, number: int = 0) -> Tenant:
    return Tenant(OperatorId(f"op_{request.node.name}_{number}"[-60:]), live=True)


async def test_many_share_statements(two: tuple[FrontEnd, FrontEnd], request: pytest.FixtureRequest) -> None:
    one, tenants = two[0], [_tenant(request, number % 3) for number in range(MANY)]
    asked = [one.requests.claim(tenant, f"k{n}", b"hash", NOW_MS) for n, tenant in enumerate(tenants)]
    assert all(claim.mine for claim in await asyncio.gather(*asked))
    assert one.statements <= 2
    answer = GivenAnswer(b"hash", 201, b"{}")
    kept = [one.requests.keep(tenant, f"k{n}", answer) for n, tenant in enumerate(tenants)]
    await asyncio.gather(*kept)
    assert one.statements <= 4
    again = [one.requests.claim(tenant, f"k{n}", b"hash", NOW_MS) for n, tenant in enumerate(tenants)]
    assert [claim.given for claim in await asyncio.gather(*again)] == [answer] * MANY


async def test_of_twins_at_two_front_ends_one_begins(
    two: tuple[FrontEnd, FrontEnd], request: pytest.FixtureRequest
) -> None:
    """In two orders, many times: none waits for the other in a circle, and none is told twice to begin."""
    tenant, begun = _tenant(request), dict.fromkeys((f"k{n}" for n in range(400)), 0)

    async def claim(front_end: FrontEnd, key: str) -> None:
        claim = await front_end.requests.claim(tenant, key, b"hash", NOW_MS)
        begun[key] += claim.mine

    there = (claim(two[0], key) for key in begun)
    back = (claim(two[1], key) for key in reversed(begun))
    beside = (claim(two[0], key) for key in begun)
    async with asyncio.timeout(60):
        await asyncio.gather(*there, *back, *beside)
    assert set(begun.values()) == {1}


async def test_one_that_cannot_be_stored_harms_no_other(
    two: tuple[FrontEnd, FrontEnd], request: pytest.FixtureRequest
) -> None:
    tenant = _tenant(request)
    keys = ["good", "bad\0", "better"]
    asked = (two[0].requests.claim(tenant, key, b"hash", NOW_MS) for key in keys)
    told = await asyncio.gather(*asked, return_exceptions=True)
    assert [isinstance(one, asyncpg.PostgresError) for one in told] == [False, True, False]
    assert [one.mine for one in told if not isinstance(one, BaseException)] == [True, True]


async def test_who_waits_no_more_is_left_out_and_an_absent_store_is_told_to_all() -> None:
    done: list[list[str]] = []
    away = False

    async def work(batch: list[str]) -> list[str]:
        done.append(batch)
        await asyncio.sleep(0)
        if away:
            raise StoreUnavailable("away")
        return [one.upper() for one in batch]

    together = Together(work, most=3, key_of=str)
    tasks = [asyncio.create_task(together.do(one)) for one in ("a", "b", "b", "c", "d", "e")]
    await asyncio.sleep(0)
    tasks[1].cancel()
    told = await asyncio.gather(*tasks, return_exceptions=True)
    assert [one for one in told if isinstance(one, str)] == ["A", "B", "C", "D", "E"]
    assert done == [["a", "b", "c"], ["d", "e"]], "the twin took the place of the one that was cancelled"
    away = True
    told = await asyncio.gather(*(together.do(one) for one in "xy"), return_exceptions=True)
    assert [type(one) for one in told] == [StoreUnavailable] * 2
    assert done[2:] == [["x", "y"]]
