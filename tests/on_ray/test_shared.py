"""Shared owners on real Ray and real Postgres: one process, many tournaments; killed, and moved out of."""

import asyncio
import importlib
import logging
import os
import signal
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

from actors.fact_batcher import FactBatcher
from actors.replies import Done
from actors.shared.policy import OWN, Policy
from server.domain.ids import TournamentId
from server.domain.scoring.fact import Outcome
from server.domain.tournament import commands
from server.runtime.clock import SystemClock
from server.storage.postgres.journal import PostgresJournal, open_pool
from tests.on_ray.conftest import Up
from tests.on_ray.test_owners import Cluster, joined
from tests.support.builders import HOUR_MS, command_request, create, points, register

pytestmark = pytest.mark.on_ray
log = logging.getLogger(__name__)
__all__ = ["joined"]
MANY = 300


@pytest.fixture
async def shared(up: Up, joined: Any) -> AsyncIterator[Cluster]:
    pool = await open_pool(up.run()["database_url"], 8)
    journal = PostgresJournal(pool)
    directory = joined.RayDirectory(journal, SystemClock(), policy=Policy("adaptive"), shared_owners=2)
    yield Cluster(directory, journal, FactBatcher(directory))
    await pool.close()


async def _small(cluster: Cluster, name: str) -> None:
    """A table of twenty, in play."""
    now_ms = SystemClock().now_ms()
    made = await cluster.directory.create(
        command_request(create(name, start_at_ms=now_ms + HOUR_MS, max_players=20))
    )
    assert isinstance(made, Done), made
    for order in (register("u0"), register("u1"), commands.Start()):
        assert isinstance(await cluster.directory.ask(name, command_request(order)), Done)


async def test_hundreds_of_tables_live_in_two_processes_and_survive_the_death_of_one(shared: Cluster) -> None:
    names = [f"table-{number}" for number in range(MANY)]
    for start in range(0, MANY, 20):
        await asyncio.gather(*(_small(shared, name) for name in names[start : start + 20]))
    pids = dict(zip(names, await asyncio.gather(*map(shared.pid, names)), strict=True))
    assert len(set(pids.values())) <= 2
    told = await asyncio.gather(*(shared.courier.send(name, [points("a", "u1", 3)]) for name in names))
    assert told == [[Outcome.ACCEPTED]] * MANY
    before = {name: (await shared.board(name)).epoch for name in names}
    dead = pids[names[0]]
    os.kill(dead, signal.SIGKILL)
    again, killed = [points("a", "u1", 3), points("b", "u0", 4)], time.monotonic()
    waited: dict[str, float] = {}

    async def send(name: str) -> Any:
        answer = await shared.courier.send(name, again)
        waited[name] = time.monotonic() - killed
        return answer

    told = await asyncio.gather(*map(send, names))
    assert told == [[Outcome.DUPLICATE, Outcome.ACCEPTED]] * MANY
    lost = sorted(waited[name] for name in names if pids[name] == dead)
    elsewhere = sorted(waited[name] for name in names if pids[name] != dead)
    figures = (len(lost), lost[len(lost) // 2], lost[-1], elsewhere[-1] if elsewhere else 0.0)
    log.info("%d tables of a killed process: p50 %.1f, all %.1f s; elsewhere all %.1f s", *figures)
    for name in names:
        board = await shared.board(name)
        assert [(row.user_id, row.points) for row in board.rows] == [("u0", 40_000), ("u1", 30_000)]
        assert (board.epoch > before[name]) == (pids[name] == dead), "neighbours elsewhere did not notice"


async def test_what_is_in_play_comes_back_though_none_asks(shared: Cluster, up: Up) -> None:
    """A room must go on; the house's own workers see to it."""
    await _small(shared, "alone")
    epoch = (await shared.board("alone")).epoch
    os.kill(await shared.pid("alone"), signal.SIGKILL)
    pool = await open_pool(up.run()["database_url"], 1)
    async with asyncio.timeout(120):
        while await pool.fetchval("SELECT epoch FROM leases WHERE tournament_id = 'alone'") == epoch:
            await asyncio.sleep(0.5)
    await pool.close()


async def test_without_room_for_a_process_of_its_own_it_shares(
    shared: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The actor would wait for ever for a node that has room."""
    actor = importlib.import_module("actors.on_ray.actor")
    monkeypatch.setattr(actor, "_OPTIONS", actor._OPTIONS | {"resources": {"tournament": 10_000}})
    now_ms = SystemClock().now_ms()
    made = await shared.directory.create(command_request(create("crowded", start_at_ms=now_ms + 60_000)))
    assert isinstance(made, Done)
    placed = await shared.journal.placed(TournamentId("crowded"))
    assert placed is not None and placed.placement == OWN, "it starts in a minute"
    assert isinstance(await shared.directory.ask("crowded", command_request(register("u0"))), Done)
    placed = await shared.journal.placed(TournamentId("crowded"))
    assert placed is not None and placed.placement != OWN
