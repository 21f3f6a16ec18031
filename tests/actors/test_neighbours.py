"""One tournament that takes long turns, or never comes back, beside others in one process: on real time,
because what is watched is a real event loop."""

import asyncio
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from actors.owner import owner as owners
from actors.replies import Done
from actors.requests import ReportFacts
from actors.shared.policy import OWN, Policy
from actors.shared.watchdog import Watchdog
from server.domain.ids import TournamentId
from server.domain.tournament import commands
from server.domain.tournament.play.facts import judge
from server.encoding import codec
from server.runtime.clock import SystemClock
from server.storage.memory.store import MemoryStore
from tests.support.builders import HOUR_MS, command_request, create, points, register
from tests.support.placed import Caller, Cluster

SLOW, NEIGHBOURS = "slow", [f"n{number}" for number in range(5)]
TURN_S = 0.05


class House:
    """A process that six small tournaments share."""

    def __init__(self, on_hung: Any = lambda _: None, hung_after_s: float = 60.0) -> None:
        clock = SystemClock()
        self.watchdog = Watchdog(on_hung, hung_after_s)
        self.store = MemoryStore(clock)
        held_up_ms = self.watchdog.held_up_ms
        self.cluster = Cluster(self.store, clock, Policy(), shared=1, held_up_ms=held_up_ms)
        self.caller = Caller(self.cluster)
        self.sent = 0

    async def fill(self) -> None:
        """All in play."""
        start_ms = SystemClock().now_ms() + HOUR_MS
        for name in (SLOW, *NEIGHBOURS):
            orders = (register("ann"), register("ben"), commands.Start())
            await self.caller.create(command_request(create(name, start_at_ms=start_ms, max_players=10)))
            for order in orders:
                assert isinstance(await self.caller.ask(name, command_request(order)), Done)

    async def report(self, name: str) -> float:
        """A fact; how long it took, in ms."""
        self.sent += 1
        began = time.perf_counter()
        fact = codec.encode_facts([points(f"f{self.sent}", "ann", 1)])
        assert isinstance(await self.caller.ask(name, ReportFacts(fact)), Done)
        return (time.perf_counter() - began) * 1_000

    async def placement(self, name: str) -> str | None:
        """Where it lives."""
        placed = await self.store.placed(TournamentId(name))
        return None if placed is None else placed.placement


@pytest.fixture
def slow_turns(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    """Seconds that each turn of the slow one takes; the list may be changed."""
    seconds = [TURN_S]

    def slowly(state: Any, *rest: Any) -> Any:
        if state.id == SLOW:
            until = time.perf_counter() + seconds[0]
            while time.perf_counter() < until:
                pass
        return judge(state, *rest)

    monkeypatch.setattr(owners, "judge", slowly)
    yield seconds


async def test_who_holds_up_others_moves_out_and_is_named(
    slow_turns: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    """Five turns of 50 ms a second. Moving is what is tested; how late others are depends on the machine."""
    house = House()
    await house.fill()

    async def slowly() -> None:
        while True:
            await house.report(SLOW)
            await asyncio.sleep(0.2 - TURN_S)

    planted = asyncio.create_task(slowly())
    try:
        async with asyncio.timeout(60):
            while await house.placement(SLOW) != OWN:
                await asyncio.gather(*(house.report(name) for name in NEIGHBOURS))
                await asyncio.sleep(0.05)
        named = [vars(one) for one in caplog.records if one.getMessage() == "tournament_holds_up_others"]
        assert {line["tournament"] for line in named} == {SLOW}
        assert {await house.placement(name) for name in NEIGHBOURS} == {"shared:1"}
    finally:
        planted.cancel()
        await asyncio.gather(planted, return_exceptions=True)
        await house.cluster.close()
        house.watchdog.stop()


async def test_one_that_never_comes_back_is_named_with_its_stack(
    slow_turns: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    """The loop stands still: only the thread can tell. It gives the tournament away and ends the process."""
    told = threading.Event()
    hung: list[str | None] = []

    def on_hung(tournament_id: str | None) -> None:
        hung.append(tournament_id)
        told.set()

    house = House(on_hung, hung_after_s=0.5)
    await house.fill()
    slow_turns[0] = 2.0
    await house.report(SLOW)
    assert told.is_set() and hung == [SLOW]
    (line,) = [vars(one) for one in caplog.records if one.getMessage() == "process_hangs"]
    assert line["tournament"] == SLOW and "slowly" in line["stack"]
    await house.cluster.close()
    house.watchdog.stop()
