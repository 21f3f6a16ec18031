"""Commits of many tournaments in one statement: each is stored, fenced or tried alone by itself."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import asyncpg
import pytest

from server.domain.ids import OperatorId, Tenant
from server.domain.tournament import commands
from server.ports import Commit, Fenced, StoreUnavailable
from server.storage.postgres.grouped.group_commit import _STORE_MANY
from server.storage.postgres.journal import PostgresJournal, open_pool
from tests.contracts.stores import Writer
from tests.support.builders import command_request, points, register

MANY = 40


class Counting(PostgresJournal):
    """Notes how many statements there were."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        super().__init__(pool)
        self.statements = 0

    async def run(self, work: Any) -> Any:
        self.statements += 1
        return await super().run(work)


@pytest.fixture
async def journal(postgres: str) -> AsyncIterator[Counting]:
    pool = await open_pool(postgres, 4)
    yield Counting(pool)
    await pool.close()


@pytest.fixture
async def writers(journal: Counting, request: pytest.FixtureRequest) -> list[Writer]:
    """Tournaments in play that this process owns."""
    return await _in_play(journal, request.node.name)


async def _in_play(journal: PostgresJournal, prefix: str) -> list[Writer]:
    writers = []
    for number in range(MANY):
        writer = Writer(f"{prefix}-{number}", Tenant(OperatorId("op_group"), live=True))
        await journal.begin(writer.first)
        writer.epoch = await journal.take_over(writer.id, "test") or 0
        await journal.commit(writer.commit(command_request(register("u0")), command_request(register("u1"))))
        await journal.commit(writer.commit(command_request(commands.Start())))
        writers.append(writer)
    return writers


async def _heads(journal: PostgresJournal, commits: list[Commit]) -> list[bool]:
    """Whether each log ends with its commit."""
    return [await journal.holds(one.tournament_id, one.epoch, one.blocks[-1].hash) for one in commits]


async def test_many_are_stored_by_a_few_statements(journal: Counting, writers: list[Writer]) -> None:
    commits = [writer.commit(facts=(points("r", "u0", 3),)) for writer in writers]
    journal.statements = 0
    await asyncio.gather(*map(journal.commit, commits))
    assert journal.statements <= 2, "the first may go alone, all others wait together"
    assert all(await _heads(journal, commits))


async def test_each_is_fenced_alone(journal: Counting, writers: list[Writer]) -> None:
    commits = [writer.commit(facts=(points("r", "u0", 3),)) for writer in writers]
    await journal.take_over(writers[3].id, "a younger one")
    commits[7] = replace(commits[7], after=b"another log")
    told = await asyncio.gather(*map(journal.commit, commits), return_exceptions=True)
    assert [n for n, one in enumerate(told) if one is not None] == [3, 7]
    assert all(isinstance(told[n], Fenced) for n in (3, 7))
    assert [n for n, right in enumerate(await _heads(journal, commits)) if not right] == [3, 7]


async def test_of_two_owners_in_one_process_the_younger_one_writes(
    journal: Counting, writers: list[Writer]
) -> None:
    old = [writer.commit(facts=(points("r", "u0", 3),)) for writer in writers]
    young = [replace(one, epoch=await journal.take_over(one.tournament_id, "me") or 0) for one in old]
    told = await asyncio.gather(*map(journal.commit, [*old, *young]), return_exceptions=True)
    assert all(isinstance(one, Fenced) for one in told[:MANY])
    assert told[MANY:] == [None] * MANY


async def test_one_that_cannot_be_stored_harms_no_other(journal: Counting, writers: list[Writer]) -> None:
    commits = [writer.commit(facts=(points("r", "u0", 3),)) for writer in writers]
    (block,) = commits[5].blocks
    commits[5] = replace(commits[5], blocks=[replace(block, kind=None)])  # type: ignore[arg-type]
    told = await asyncio.gather(*map(journal.commit, commits), return_exceptions=True)
    assert [n for n, one in enumerate(told) if one is not None] == [5]
    assert isinstance(told[5], asyncpg.NotNullViolationError)
    assert [n for n, right in enumerate(await _heads(journal, commits)) if not right] == [5]


async def test_a_lease_that_is_locked_holds_up_no_other(
    journal: Counting, writers: list[Writer], postgres: str
) -> None:
    commits = [writer.commit(facts=(points("r", "u0", 3),)) for writer in writers]
    locker = await asyncpg.connect(postgres)
    async with locker.transaction():
        await locker.execute("SELECT 1 FROM leases WHERE tournament_id = $1 FOR UPDATE", writers[0].id)
        locked = asyncio.create_task(journal.commit(commits[0]))
        async with asyncio.timeout(60):
            await asyncio.gather(*map(journal.commit, commits[1:]))
        assert not locked.done()
    await locked
    await locker.close()
    assert all(await _heads(journal, commits))


async def test_who_waits_no_more_is_not_stored(journal: Counting, writers: list[Writer]) -> None:
    commits = [writer.commit(facts=(points("r", "u0", 3),)) for writer in writers[:3]]
    tasks = [asyncio.create_task(journal.commit(one)) for one in commits]
    await asyncio.sleep(0)
    tasks[1].cancel()
    told = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(told[1], asyncio.CancelledError)
    assert await _heads(journal, commits) == [True, False, True]


async def test_when_the_store_is_away_all_are_told(journal: Counting, writers: list[Writer]) -> None:
    async def away(work: Any) -> Any:
        raise StoreUnavailable("away")

    journal._group._run = away
    commits = [writer.commit(facts=(points("r", "u0", 3),)) for writer in writers]
    told = await asyncio.gather(*map(journal.commit, commits), return_exceptions=True)
    assert all(isinstance(one, StoreUnavailable) for one in told)


async def test_leases_are_found_by_their_index(
    journal: Counting, writers: list[Writer], postgres: str
) -> None:
    """Among many, none of the tables is read from end to end."""
    db = await asyncpg.connect(postgres)
    transaction = db.transaction()
    await transaction.start()
    await db.execute(
        "INSERT INTO leases (tournament_id, epoch, holder)"
        " SELECT 'x' || n, 1, '' FROM generate_series(1, 50000) n"
    )
    await db.execute("ANALYZE leases")
    commit = writers[0].commit(facts=(points("r", "u0", 3),))
    (block,) = commit.blocks
    row = (commit.tournament_id, commit.epoch, commit.after, block.first_seq, block.last_seq, block.at_ms,
           block.payload, block.hash, block.kind)  # fmt: skip
    plan = await db.fetch(f"EXPLAIN {_STORE_MANY}", *([value] * MANY for value in row))
    text = "\n".join(line[0] for line in plan)
    assert "Seq Scan on leases" not in text and "Seq Scan on fact_blocks" not in text, text
    await transaction.rollback()
    await db.close()
