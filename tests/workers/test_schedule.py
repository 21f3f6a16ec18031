"""The schedule: on time, after an outage, twice without harm."""

import asyncio
from typing import Any

import pytest

from actors.local_directory import LocalDirectory
from actors.replies import Unavailable
from actors.requests import ReadSummary
from config.limits import SCHEDULE_PAUSE_MS
from server.domain.tournament.lifecycle import Status
from server.ports import StoreUnavailable
from server.runtime.randomness import SystemIds
from server.storage.memory.store import MemoryStore
from tests.support.builders import HOUR_MS, NOW_MS, TENANT, TOURNAMENT, command_request, create, register
from tests.support.clock import ManualClock
from workers.loops import schedule
from workers.loops.schedule import Scheduler


class Scene:
    def __init__(self) -> None:
        self.clock = ManualClock(NOW_MS)
        self.store = MemoryStore(self.clock)
        self.directory = LocalDirectory(self.store, self.clock)
        self.scheduler = self.worker()

    def worker(self) -> Scheduler:
        return Scheduler(self.store, self.directory, self.store, self.clock, SystemIds(), grace_ms=0)

    async def status(self) -> Status:
        summary = await self.store.find(TENANT, TOURNAMENT)
        assert summary is not None
        return summary.status

    async def created(self, *names: str) -> None:
        """Tournaments without a player: called off when they should start."""
        for name in names:
            await self.directory.create(command_request(create(tournament_id=name)))

    def instead(self, patch: pytest.MonkeyPatch, names: set[str], answer: Any) -> None:
        """Questions to some are answered otherwise."""
        ask = self.directory.ask

        async def sometimes(tournament_id: str, message: Any) -> Any:
            return await (answer() if tournament_id in names else ask(tournament_id, message))

        patch.setattr(self.directory, "ask", sometimes)

    async def called_off(self, name: str) -> None:
        """Wait for it, while others hang."""
        async with asyncio.timeout(10):
            while (await self.store.find(TENANT, name)).status is not Status.CANCELLED:  # type: ignore[union-attr]
                await asyncio.sleep(0)

    async def look(self, *workers: Scheduler) -> int:
        begun = 0
        for worker in workers or (self.scheduler,):
            begun += await worker.look()
        for worker in workers or (self.scheduler,):
            await worker.settled()
        return begun


@pytest.fixture
def scene() -> Scene:
    return Scene()


async def test_it_opens_starts_and_finishes_on_time(scene: Scene) -> None:
    await scene.directory.create(
        command_request(create(registration_opens_ms=NOW_MS + 1_000, duration_ms=HOUR_MS))
    )
    assert await scene.look() == 0
    scene.clock.jump(1_000)
    assert await scene.look() == 1 and await scene.status() is Status.OPEN
    for user in ("ann", "ben"):
        await scene.directory.ask(TOURNAMENT, command_request(register(user)))
    scene.clock.jump(HOUR_MS - 1_000)
    assert await scene.look() == 1 and await scene.status() is Status.IN_PROGRESS
    assert await scene.look() == 0
    scene.clock.jump(HOUR_MS)
    assert await scene.look() == 1 and await scene.status() is Status.COMPLETED
    assert await scene.look() == 0


async def test_after_an_outage_it_catches_up_in_one_look(scene: Scene) -> None:
    await scene.directory.create(command_request(create(registration_opens_ms=NOW_MS + 1_000)))
    scene.clock.jump(2 * HOUR_MS)
    await scene.look()
    assert await scene.status() is Status.CANCELLED
    history = await scene.store.history(TENANT, TOURNAMENT, 0, 10)
    assert [row.event_type for row in history] == [
        "tournament.created", "tournament.registration_opened", "tournament.cancelled",
    ]  # fmt: skip


async def test_two_workers_do_no_harm(scene: Scene) -> None:
    await scene.directory.create(command_request(create()))
    for user in ("ann", "ben"):
        await scene.directory.ask(TOURNAMENT, command_request(register(user)))
    scene.clock.jump(HOUR_MS)
    await scene.look(scene.worker(), scene.worker(), scene.worker())
    history = await scene.store.history(TENANT, TOURNAMENT, 0, 20)
    assert [row.event_type for row in history].count("tournament.started") == 1


@pytest.mark.unforeseen
@pytest.mark.parametrize("broken", [False, True])
async def test_one_that_cannot_be_moved_does_not_hold_up_others(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, broken: bool
) -> None:
    await scene.created("stuck", "fine")
    hang = asyncio.Event()

    async def stuck() -> Unavailable:
        await hang.wait()
        if broken:
            raise RuntimeError("planted")
        return Unavailable("planted")

    scene.instead(monkeypatch, {"stuck"}, stuck)
    scene.clock.jump(HOUR_MS)
    assert await scene.scheduler.look() == 2
    await scene.called_off("fine")
    assert await scene.scheduler.look() == 0
    hang.set()
    await scene.scheduler.settled()
    assert await scene.scheduler.look() == 0, "it has failed a moment ago"
    scene.clock.jump(SCHEDULE_PAUSE_MS)
    assert await scene.scheduler.look() == 1
    monkeypatch.undo()
    await scene.scheduler.settled()


async def test_stuck_ones_in_front_hide_none_behind(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schedule, "SCHEDULE_BATCH_MAX", 3)
    names = [f"cup-{number}" for number in range(10)]
    await scene.created(*names)
    hang = asyncio.Event()

    async def stuck() -> Unavailable:
        await hang.wait()
        return Unavailable("planted")

    scene.instead(monkeypatch, set(names[:7]), stuck)
    scene.clock.jump(HOUR_MS)
    assert await scene.scheduler.look() == 10
    await scene.called_off("cup-9")
    hang.set()
    await scene.scheduler.settled()


async def test_those_that_start_within_minutes_are_woken_once(scene: Scene) -> None:
    for name, minutes in (("soon", 4), ("later", 30)):
        start_ms = NOW_MS + minutes * 60_000
        await scene.directory.create(command_request(create(tournament_id=name, start_at_ms=start_ms)))
    assert (await scene.scheduler.wake(), await scene.scheduler.wake()) == (1, 0)
    assert list(scene.directory._hosts) == ["soon"]
    scene.clock.jump(26 * 60_000)
    assert await scene.scheduler.wake() == 1


async def test_a_database_that_is_away_does_not_end_the_schedule(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    await scene.directory.create(command_request(create()))
    due = scene.store.due

    async def away(*_: object) -> None:
        raise StoreUnavailable("planted")

    monkeypatch.setattr(scene.store, "due", away)
    work = asyncio.create_task(scene.scheduler.run())
    await scene.clock.advance(HOUR_MS)
    monkeypatch.setattr(scene.store, "due", due)
    await scene.clock.advance(2_000)
    assert await scene.status() is Status.CANCELLED
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)
    await scene.directory.ask(TOURNAMENT, ReadSummary())
