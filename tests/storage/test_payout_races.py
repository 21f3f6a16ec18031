"""Owners that commit payouts beside front ends that hold and release them: no two lock lines in two orders."""

import asyncio

from server.domain.ids import OperatorId, Tenant
from server.domain.tournament import commands
from server.domain.tournament.events import PayoutStep
from server.storage.postgres.engine import open_engine
from server.storage.postgres.journal import PostgresJournal, open_pool
from server.storage.postgres.payouts import PostgresPayouts
from tests.contracts.stores import Writer
from tests.support.builders import NOW_MS, command_request, points, pool, register

PLAYERS = 50
TURNS = 60


async def test_holds_releases_and_commits_of_many_lines_wait_for_each_other(postgres: str) -> None:
    engine, pg = open_engine(postgres), await open_pool(postgres, 2)
    journal, payouts = PostgresJournal(pg), PostgresPayouts(engine)
    tenant = Tenant(OperatorId("op_payout_race"), live=True)
    writer = Writer("payout-race", tenant, prize_pool=pool(percents=(2,) * PLAYERS))
    lines = await _finished(journal, writer)
    assert len(lines) == PLAYERS
    for turn in range(TURNS):
        until_ms = NOW_MS + 2 * turn
        assert await payouts.hold_payouts(tenant, writer.id, None, until_ms - 1, until_ms)
        steps = tuple(PayoutStep(line, "retry_scheduled", None, f"busy {turn}", turn) for line in lines)
        commit = writer.commit(command_request(commands.Settle(steps)))
        assert [row.payout.id for row in commit.payouts] == sorted(lines)
        await asyncio.gather(
            payouts.release_payouts(tenant, writer.id, None, until_ms),
            journal.commit(commit),
            payouts.hold_payouts(tenant, writer.id, None, until_ms, until_ms + 1),
        )
    await pg.close()
    await engine.dispose()


async def _finished(journal: PostgresJournal, writer: Writer) -> list[str]:
    """Ids of the payouts of a tournament that every player was paid in, by position."""
    await journal.begin(writer.first)
    writer.epoch = await journal.take_over(writer.id, "test") or 0
    names = [f"user{n}" for n in range(PLAYERS)]
    await journal.commit(writer.commit(*(command_request(register(name)) for name in names)))
    await journal.commit(writer.commit(command_request(commands.Start())))
    await journal.commit(writer.commit(facts=tuple(points(f"r{n}", name, n) for n, name in enumerate(names))))
    await journal.commit(writer.commit(command_request(commands.Finish())))
    writer.now_ms += 5_000
    await journal.commit(writer.commit(command_request(commands.Advance())))
    assert writer.state is not None
    return list(writer.state.payouts)
