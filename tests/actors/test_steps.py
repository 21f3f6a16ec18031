"""Owners that are awake do what is due on time, without a worker. No Ray: `tests.support.placed`."""

from actors.local_directory import LocalDirectory
from actors.requests import ReadSummary
from config import owner_limits
from server.domain.ids import TournamentId
from server.domain.tournament.lifecycle import Status
from server.storage.memory.store import MemoryStore
from tests.actors.test_shared import CUP, Scene, scene
from tests.support.builders import HOUR_MS, NOW_MS, TENANT, TOURNAMENT, command_request, create, register
from tests.support.clock import ManualClock

__all__ = ["scene"]


async def test_a_thousand_that_share_start_in_their_second(scene: Scene) -> None:
    names = [TournamentId(f"table-{number}") for number in range(1_000)]
    for name in names:
        await scene.cup("ann", "ben", tournament_id=name, max_players=10)
    begun = scene.store.commits
    await scene.clock.advance(NOW_MS + HOUR_MS - scene.clock.now_ms() - 1)
    assert scene.store.commits == begun
    for name in names:
        await scene.far.ask(name, ReadSummary())  # as the worker does that wakes them
    await scene.clock.advance(owner_limits.STEPS_PLANNED_MS)
    started = [await scene.store.find(TENANT, name) for name in names]
    assert {one.status for one in started if one is not None} == {Status.IN_PROGRESS}
    late_ms = [(one.started_at_ms or 0) - NOW_MS - HOUR_MS for one in started if one is not None]
    assert len(late_ms) == len(names) and max(late_ms) <= 1_000 * owner_limits.SHARED_LOOK_EVERY_S


async def test_one_alone_opens_starts_and_ends_to_the_millisecond() -> None:
    clock = ManualClock(NOW_MS)
    store = MemoryStore(clock)
    directory = LocalDirectory(store, clock)
    opens_ms = NOW_MS + 60_000
    made = create(registration_opens_ms=opens_ms, duration_ms=HOUR_MS)
    await directory.create(command_request(made))
    await directory.ask(TOURNAMENT, command_request(register("zoe")))  # refused, but it is awake now
    await clock.advance(60_000)
    for user in ("ann", "ben"):
        await directory.ask(TOURNAMENT, command_request(register(user)))
    for left_ms, status in ((HOUR_MS - 60_000, Status.IN_PROGRESS), (HOUR_MS, Status.COMPLETED)):
        await clock.advance(left_ms - 120_000)
        await directory.ask(TOURNAMENT, ReadSummary())
        await clock.advance(120_000)
        summary = await store.find(TENANT, TOURNAMENT)
        assert summary is not None and summary.status is status
    assert summary is not None
    assert summary.started_at_ms == NOW_MS + HOUR_MS
    assert summary.completed_at_ms == NOW_MS + 2 * HOUR_MS
    await directory.close()


async def test_what_is_planned_ends_with_its_owner(scene: Scene) -> None:
    await scene.cup("ann", "ben", max_players=10)
    await scene.clock.advance(HOUR_MS - owner_limits.STEPS_PLANNED_MS + 200 - (scene.clock.now_ms() - NOW_MS))
    await scene.far.ask(CUP, ReadSummary())
    await scene.cluster.close()  # nothing is planned any more when its owner is gone
    begun = scene.store.commits
    await scene.clock.advance(10_000)
    assert scene.store.commits == begun
