"""Tournaments that share a process, and how they move out of it. No Ray: `tests.support.placed`."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from actors.replies import NOT_FOUND, BoardAnswer, Done, Frames, Reply, Unavailable
from actors.requests import Poll, ReadBoard, ReadSummary, ReportFacts
from actors.shared.policy import OWN, Policy
from actors.shared.shared_owner import SharedOwner
from config import limits, owner_limits
from server.domain.ids import TournamentId
from server.domain.money import POINT_SCALE
from server.domain.scoring.fact import Outcome
from server.domain.tournament import commands
from server.encoding import codec
from server.ports import OwnerProcess, Placed
from server.storage.memory.store import MemoryStore
from tests.support.builders import HOUR_MS, NOW_MS, command_request, create, points, register
from tests.support.clock import ManualClock
from tests.support.placed import Caller, Cluster, settled

MINUTE_MS = 60_000
CUP = TournamentId("cup")


class CountingStore(MemoryStore):
    """Counts who became an owner."""

    def __init__(self, clock: Any) -> None:
        super().__init__(clock)
        self.taken: list[tuple[str, str]] = []

    async def take_over(self, tournament_id: Any, holder: str, placement: str | None = None) -> int | None:
        epoch = await super().take_over(tournament_id, holder, placement)
        if epoch is not None:
            self.taken.append((tournament_id, holder.partition("/")[0]))
        return epoch


class Scene:
    """A cluster of two shared owners, and two callers who do not tell each other what they know."""

    def __init__(self, policy: Policy) -> None:
        self.clock = ManualClock()
        self.store = CountingStore(self.clock)
        self.cluster = Cluster(self.store, self.clock, policy)
        self.callers = [Caller(self.cluster, seed) for seed in (1, 2)]
        self.near, self.far = self.callers

    async def done(self, work: Any) -> Any:
        """The value of a reply, while time passes."""
        reply = await settled(self.clock, asyncio.create_task(work))
        assert isinstance(reply, Done), reply
        return reply.value

    async def cup(self, *users: str, started: bool = False, **changes: Any) -> TournamentId:
        """A tournament with players."""
        tournament_id = TournamentId(changes.pop("tournament_id", CUP))
        await self.done(self.near.create(command_request(create(tournament_id, **changes))))
        for user in users:
            await self.done(self.near.ask(tournament_id, command_request(register(user))))
        if started:
            await self.done(self.near.ask(tournament_id, command_request(commands.Start())))
        return tournament_id

    async def placement(self, tournament_id: TournamentId = CUP) -> str | None:
        placed = await self.store.placed(tournament_id)
        assert placed is not None
        return placed.placement

    async def send(self, caller: Caller, *facts: Any, to: TournamentId = CUP) -> bytes:
        outcomes: bytes = await self.done(caller.ask(to, ReportFacts(codec.encode_facts(list(facts)))))
        return outcomes

    async def points(self, caller: Caller, tournament_id: TournamentId = CUP) -> dict[str, int]:
        answer = await self.done(caller.ask(tournament_id, ReadBoard(0, 100)))
        board = codec.decode(answer, BoardAnswer)
        return {row.user_id: row.points // POINT_SCALE for row in board.rows}


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    opened = Scene(Policy())
    yield opened
    await opened.cluster.close()


async def test_it_shares_until_minutes_before_its_start_and_moves_unasked(scene: Scene) -> None:
    await scene.cup("ann", "ben")
    first = await scene.placement()
    assert first in scene.cluster.shared
    await scene.clock.advance(50 * MINUTE_MS)
    await scene.points(scene.near)  # somebody looks, so it is awake
    assert await scene.placement() == first
    left_ms = []
    for _ in range(5 * 60):
        await scene.clock.advance(1_000)
        await scene.far.ask(CUP, ReadSummary())
        if await scene.placement() == OWN:
            left_ms.append(NOW_MS + HOUR_MS - scene.clock.now_ms())
            break
        await scene.clock.advance(1_000)
    assert left_ms and owner_limits.MOVE_UNTIL_MS < left_ms[0] < owner_limits.MOVE_BEFORE_START_MS
    await scene.clock.advance(left_ms[0] + 1_000)
    await scene.done(scene.near.ask(CUP, command_request(commands.Advance())))
    assert await scene.send(scene.far, points("1", "ann", 5)) == bytes([Outcome.ACCEPTED])
    assert await scene.points(scene.near) == {"ann": 5, "ben": 0}
    assert [holder for _, holder in scene.store.taken] == [first, first, OWN], "it slept once"


async def test_a_small_one_shares_in_play_and_a_dedicated_house_shares_nothing(scene: Scene) -> None:
    await scene.cup("ann", "ben", started=True, max_players=20)
    await scene.clock.advance(5 * MINUTE_MS)
    await scene.send(scene.near, points("1", "ben", 3))
    assert await scene.placement() in scene.cluster.shared
    alone = Scene(Policy("dedicated"))
    await alone.cup("ann", "ben", max_players=20)
    assert await alone.placement() == OWN
    await alone.cluster.close()


async def test_one_that_starts_at_once_never_shares(scene: Scene) -> None:
    await scene.cup("ann", "ben", start_at_ms=NOW_MS + MINUTE_MS)
    assert await scene.placement() == OWN


async def test_moving_in_play_loses_nothing_and_doubles_nothing(scene: Scene) -> None:
    """Facts arrive by two callers all the time; every report is repeated, as after a lost answer."""
    await scene.cup("ann", "ben", started=True)
    assert await scene.placement() in scene.cluster.shared
    sent, counted = 0, 0

    async def report(caller: Caller, name: str) -> None:
        nonlocal sent, counted
        for number in range(60):
            fact = ReportFacts(codec.encode_facts([points(f"{name}-{number}", "ann", 1)]))
            for expected in (Outcome.ACCEPTED, Outcome.DUPLICATE):
                reply = await caller.ask(CUP, fact)
                assert isinstance(reply, Done), reply
                sent += 1
                counted += reply.value[0] == Outcome.ACCEPTED
                assert reply.value[0] in (expected, Outcome.DUPLICATE)
            await scene.clock.sleep(0.1)

    seen = await scene.near.frames(CUP, Poll("fe", 1))
    assert isinstance(seen, Frames)
    work = [asyncio.create_task(report(caller, f"c{n}")) for n, caller in enumerate(scene.callers)]
    for one in work:
        await settled(scene.clock, one)
    assert (sent, counted) == (240, 120)
    assert await scene.placement() == OWN
    assert await scene.points(scene.far) == {"ann": 120, "ben": 0}
    after = await scene.near.frames(CUP, Poll("fe", 1, seen.epoch, seen.seq))
    assert isinstance(after, Frames) and after.epoch > seen.epoch and after.snapshot
    assert len(scene.store.taken) == 2, "one take-over a move, no stealing back and forth"


async def test_a_full_cluster_shares_and_moves_when_there_is_room(scene: Scene) -> None:
    scene.cluster.room = 0
    await scene.cup("ann", "ben", started=True)
    await scene.clock.advance(MINUTE_MS)
    await scene.send(scene.near, points("1", "ann", 1))
    assert await scene.placement() in scene.cluster.shared
    scene.cluster.room = 1
    await scene.clock.advance(owner_limits.MOVE_AGAIN_MS + 5_000)
    assert await scene.placement() == OWN
    assert await scene.points(scene.far) == {"ann": 1, "ben": 0}


async def test_a_zombie_asked_by_callers_who_know_no_better_steals_nothing(scene: Scene) -> None:
    await scene.cup("ann", "ben", started=True)
    first = await scene.placement()
    assert first is not None
    zombie = scene.cluster.processes[first]
    assert isinstance(zombie, SharedOwner)
    await scene.clock.advance(5_000)
    assert await scene.placement() == OWN
    for number in range(20):
        told = await settled(scene.clock, asyncio.create_task(zombie.ask(CUP, ReadSummary())))
        assert told == Unavailable("misplaced", misplaced=True)
        await scene.send(scene.near, points(f"n{number}", "ann", 1))
    assert [holder for _, holder in scene.store.taken] == [first, OWN]
    assert zombie.tournaments == 0


async def test_who_only_watches_finds_the_new_place_too(scene: Scene) -> None:
    """Long polls alone, without a question in between: found by a room that went on with no player in it."""
    await scene.cup("ann", "ben", started=True)
    watching = Caller(scene.cluster, 5)
    seen = await watching.frames(CUP, Poll("fe", 1))
    assert isinstance(seen, Frames)
    await scene.clock.advance(10_000)
    assert await scene.placement() == OWN
    after = await watching.frames(CUP, Poll("fe", 1, seen.epoch, seen.seq))
    assert isinstance(after, Frames) and after.epoch > seen.epoch


@pytest.mark.parametrize("by_the_wall_clock", [False, True])
async def test_a_younger_process_whose_clock_is_behind_counts(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, by_the_wall_clock: bool
) -> None:
    """Names were kept by the wall clock of each process once: the fault is planted, too, and seen."""

    async def enter(placement: str, holder: str) -> int:
        known, now_ms = scene.store._processes.get(placement), scene.clock.now_ms()
        if known is None or known[0].incarnation <= now_ms:
            scene.store._processes[placement] = OwnerProcess(placement, holder, now_ms, 0, 0), now_ms
        return now_ms

    if by_the_wall_clock:
        monkeypatch.setattr(scene.store, "enter", enter)
    await scene.cup("ann", "ben", started=True, max_players=20)
    first = await scene.placement()
    assert first is not None
    older = scene.cluster.processes[first]
    assert isinstance(older, SharedOwner)
    scene.clock.step(-HOUR_MS)
    both = (older, await scene.cluster.start_shared(first))
    await scene.clock.advance(5_000)
    asked = [asyncio.create_task(one.ask(CUP, ReadSummary())) for one in both]
    serves = [isinstance(await settled(scene.clock, task), Done) for task in asked]
    assert serves == ([True, False] if by_the_wall_clock else [False, True])
    for one in both:
        await one.close()


async def test_after_play_it_shares_again(scene: Scene) -> None:
    """In review it is asked now and then, and needs no process of its own for that."""
    await scene.cup("ann", "ben", started=True)
    await scene.clock.advance(10_000)
    assert await scene.placement() == OWN
    await scene.send(scene.near, points("1", "ann", 3))
    await scene.done(scene.near.ask(CUP, command_request(commands.Finish())))
    await scene.clock.advance(limits.PASSIVATE_AFTER_MS + 10_000)
    assert await scene.placement() is None and "tournament:cup" not in scene.cluster.processes
    assert await scene.points(scene.far) == {"ann": 3, "ben": 0}
    assert await scene.placement() in scene.cluster.shared


async def test_a_younger_process_of_the_same_name_takes_up_what_is_in_play(scene: Scene) -> None:
    await scene.cup("ann", "ben", started=True, max_players=20)
    first = await scene.placement()
    assert first is not None
    await scene.send(scene.near, points("1", "ann", 4))
    older = scene.cluster.processes[first]
    assert isinstance(older, SharedOwner)
    await scene.clock.advance(10_000)
    await scene.cluster.start_shared(first)
    await scene.clock.advance(5_000)
    assert scene.cluster.replaced == [first], "the older one was told"
    assert len(scene.store.taken) == 2, "taken up without being asked"
    assert older.tournaments == 0 or not isinstance(await older.ask(CUP, ReadSummary()), Done)
    assert await scene.points(scene.near) == {"ann": 4, "ben": 0}
    await older.close()


async def test_who_is_idle_sleeps_and_who_is_not_watched_costs_no_ticks(scene: Scene) -> None:
    for number in range(50):
        await scene.cup("ann", tournament_id=f"cup-{number:02}", start_at_ms=NOW_MS + 9 * HOUR_MS)
    owners = [one for one in scene.cluster.processes.values() if isinstance(one, SharedOwner)]
    assert sum(owner.tournaments for owner in owners) == 50
    waiting = len(scene.clock._sleepers)
    assert waiting < 20, "the sleepers are the loops of processes, not of tournaments"
    await scene.clock.advance(limits.PASSIVATE_AFTER_MS + 5_000)
    assert sum(owner.tournaments for owner in owners) == 0
    assert await scene.points(scene.near, TournamentId("cup-07")) == {"ann": 0}


async def test_a_lost_lease_is_found_by_the_next_sign_of_life(scene: Scene) -> None:
    await scene.cup("ann", "ben", started=True, max_players=20)
    first = await scene.placement()
    assert first is not None
    owner = scene.cluster.processes[first]
    assert isinstance(owner, SharedOwner)
    await scene.store.take_over(CUP, "rival")
    await scene.clock.advance(3_000)
    assert owner.tournaments == 0


@pytest.mark.unforeseen
async def test_a_move_that_fails_leaves_it_where_it_is(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    async def breaks(_: str) -> bool:
        raise RuntimeError("planted")

    with monkeypatch.context() as planted:
        planted.setattr(scene.cluster, "warm", breaks)
        await scene.cup("ann", "ben", started=True)
        await scene.clock.advance(3_000)
        await scene.send(scene.near, points("1", "ann", 1))
        assert await scene.placement() in scene.cluster.shared
    await scene.clock.advance(owner_limits.MOVE_AGAIN_MS + 5_000)
    assert await scene.placement() == OWN


async def test_a_goodbye_is_said_to_its_end_though_the_caller_is_gone(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    await scene.cup("ann", "ben", started=True, max_players=20)
    first = await scene.placement()
    assert first is not None
    owner = scene.cluster.processes[first]
    assert isinstance(owner, SharedOwner)
    let_go = asyncio.Event()
    save = scene.store.save_checkpoint

    async def slow(*args: Any) -> None:
        await let_go.wait()
        await save(*args)

    monkeypatch.setattr(scene.store, "save_checkpoint", slow)
    leaving = asyncio.create_task(owner._here[CUP].retire())
    await scene.clock.advance(1)
    leaving.cancel()
    let_go.set()
    await scene.clock.advance(1)
    assert owner.tournaments == 0
    assert await scene.points(scene.near) == {"ann": 0, "ben": 0}


async def test_what_is_new_goes_where_there_is_less_and_never_where_all_is_silent(scene: Scene) -> None:
    one, two = scene.cluster.shared
    loads = {one: 500, two: 10}
    entered = {name: await scene.store.enter(name, name) for name in loads}
    for name, load in loads.items():
        await scene.store.beat(OwnerProcess(name, name, entered[name], load, 0), [])
    names = [f"new-{number}" for number in range(10)]
    for name in names:
        await scene.done(scene.near.create(command_request(create(name))))
    assert {await scene.placement(TournamentId(name)) for name in names} == {two}
    await scene.clock.advance(round(owner_limits.SILENT_AFTER_S * 1_000) + 2_000)
    await scene.store.beat(OwnerProcess(one, one, entered[one], 500, 0), [])
    late = Caller(scene.cluster, 3)
    await scene.done(late.create(command_request(create("late"))))
    assert await scene.placement(TournamentId("late")) == one, "the other one shows no life"


async def test_one_without_a_placement_gets_one_and_both_callers_agree(scene: Scene) -> None:
    """As tournaments of an older version have none."""
    await scene.cup("ann")
    await scene.clock.advance(limits.PASSIVATE_AFTER_MS + 5_000)
    at = await scene.placement()
    assert await scene.store.place(CUP, None, at) == Placed(None)
    for caller in (Caller(scene.cluster, 7), Caller(scene.cluster, 8)):
        assert await scene.points(caller) == {"ann": 0}
    assert await scene.placement() in scene.cluster.shared
    gone: Reply = await settled(scene.clock, asyncio.create_task(scene.near.ask("nowhere", ReadSummary())))
    assert gone == NOT_FOUND
