"""What a lost node or process owned comes back elsewhere, asked for or not. No Ray: `tests.support.placed`."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from actors.owner.activation import Activation
from actors.requests import ReadSummary
from actors.shared.policy import OWN, Policy
from actors.shared.rescue import Rescue
from config import owner_limits
from server.domain.ids import TournamentId
from server.domain.scoring.fact import Outcome
from tests.actors.test_shared import CUP, Scene
from tests.support.builders import HOUR_MS, points
from tests.support.placed import Caller, settled

# The silence, a look, the second look, and the recovery.
SOON_S = owner_limits.SILENT_AFTER_S + owner_limits.RESCUE_LOOK_EVERY_S + owner_limits.SILENT_AGAIN_S + 1


class Rescued(Scene):
    """A worker looks every second."""

    def __init__(self, policy: Policy) -> None:
        super().__init__(policy)
        self.rescue: Rescue = self.cluster.rescue(Caller(self.cluster, 9).routes)

    async def looks(self, seconds: float) -> int:
        """Time passes; how many were given up."""
        given_up, until_ms = 0, self.clock.now_ms() + round(seconds * 1_000)
        while self.clock.now_ms() < until_ms:
            given_up += await settled(self.clock, asyncio.create_task(self.rescue.look()))
            await self.clock.advance(round(owner_limits.RESCUE_LOOK_EVERY_S * 1_000))
        return given_up

    async def in_play_alone(self, *users: str, **changes: Any) -> Activation:
        """A tournament in a process of its own."""
        await self.cup(*users, started=True, **changes)
        async with asyncio.timeout(60):
            while await self.placement() != OWN:
                await self.clock.advance(500)
        await self.done(self.far.ask(CUP, ReadSummary()))
        found = self.cluster.processes[f"tournament:{CUP}"]
        assert isinstance(found, Activation)
        self.cluster.room = 0  # it would move out again at once
        return found


@pytest.fixture
async def scene() -> AsyncIterator[Rescued]:
    opened = Rescued(Policy())
    for placement in opened.cluster.shared:
        await opened.cluster.start_shared(placement)
    yield opened
    await opened.cluster.close()


async def test_what_was_alone_on_a_lost_node_comes_back_shared_though_none_asks(scene: Rescued) -> None:
    await scene.in_play_alone("ann", "ben")
    assert await scene.send(scene.near, points("1", "ann", 5)) == bytes([Outcome.ACCEPTED])
    await scene.cluster.kill(f"tournament:{CUP}")
    taken = len(scene.store.taken)
    assert await scene.looks(SOON_S) == 1
    assert len(scene.store.taken) == taken + 1, "a shared owner woke it, and only one"
    assert await scene.placement() in scene.cluster.shared
    again = [points("1", "ann", 5), points("2", "ben", 4)]
    assert await scene.send(scene.near, *again) == bytes([Outcome.DUPLICATE, Outcome.ACCEPTED])
    assert await scene.points(scene.far) == {"ann": 5, "ben": 4}


async def test_who_lives_is_left_alone_also_after_all_stood_still(scene: Rescued) -> None:
    """A machine or the database stands still: all are silent at the first look, and none at the second."""
    await scene.in_play_alone("ann", "ben")
    assert await scene.looks(60) == 0
    stored = scene.store._tournaments[CUP]
    stored.beat_ms = scene.clock.now_ms() - 3_600_000
    assert await scene.looks(SOON_S) == 0
    assert await scene.placement() == OWN


async def test_a_process_that_lets_go_is_not_missed(scene: Rescued) -> None:
    here = await scene.in_play_alone("ann", "ben")
    await here.retire()
    assert await scene.looks(60) == 0
    assert await scene.placement() == OWN
    assert await scene.points(scene.near) == {"ann": 0, "ben": 0}


async def test_a_zombie_that_comes_back_is_fenced_and_takes_nothing_back(scene: Rescued) -> None:
    zombie = await scene.in_play_alone("ann", "ben")
    beats, zombie._life[-1] = zombie._life[-1], asyncio.create_task(asyncio.Event().wait())  # type: ignore[arg-type]
    beats.cancel()  # its node is cut off: nobody hears of it, and it does not know
    await scene.looks(SOON_S)
    assert await scene.placement() in scene.cluster.shared
    taken = len(scene.store.taken)
    for number in range(5):
        sent = await scene.send(scene.near, points(str(number), "ann", 1))
        assert sent == bytes([Outcome.ACCEPTED])
        await settled(scene.clock, asyncio.create_task(zombie.ask(ReadSummary())))
    assert len(scene.store.taken) == taken, "no stealing back and forth"
    assert await scene.points(scene.far) == {"ann": 5, "ben": 0}


async def test_all_of_a_lost_shared_owner_goes_to_those_that_live(scene: Rescued) -> None:
    names = [TournamentId(f"table-{number}") for number in range(20)]
    for name in names:
        await scene.cup("ann", tournament_id=name, started=True, max_players=5, min_players=1)
    lost, other = scene.cluster.shared
    at_lost = [name for name in names if await scene.placement(name) == lost]
    assert 0 < len(at_lost) < len(names)
    await scene.cluster.kill(lost)
    taken = len(scene.store.taken)
    await scene.looks(SOON_S)
    assert {await scene.placement(name) for name in names} == {other}
    assert sorted(name for name, _ in scene.store.taken[taken:]) == sorted(at_lost), "each once, unasked"
    assert await scene.looks(60) == 0, "it is given up once"
    assert await scene.send(scene.near, points("1", "ann", 5), to=at_lost[0]) == bytes([Outcome.ACCEPTED])


async def test_without_a_shared_owner_that_lives_nothing_is_given_away(scene: Rescued) -> None:
    await scene.in_play_alone("ann", "ben")
    for name in (*scene.cluster.shared, f"tournament:{CUP}"):
        await scene.cluster.kill(name)
    assert await scene.looks(30) == 0
    assert await scene.placement() == OWN
    await scene.cluster.start_shared(scene.cluster.shared[0])
    assert await scene.looks(SOON_S) >= 1
    assert await scene.placement() == scene.cluster.shared[0]


async def test_one_that_is_too_large_to_share_starts_anew_alone(
    scene: Rescued, monkeypatch: pytest.MonkeyPatch
) -> None:
    from server.storage.memory import placements

    await scene.in_play_alone("ann", "ben")
    monkeypatch.setattr(placements, "SHARED_ENTRIES_MAX", 1)
    hung = scene.cluster.processes[f"tournament:{CUP}"]
    assert isinstance(hung, Activation)
    hung._life[-1].cancel()  # it shows no life, and does not end
    await scene.looks(SOON_S)
    assert scene.cluster.anew == [], "that costs more: it is waited for longer"
    await scene.looks(owner_limits.SILENT_LARGE_S)
    assert scene.cluster.anew == [CUP] and await scene.placement() == OWN
    assert await scene.points(scene.near) == {"ann": 0, "ben": 0}


async def test_on_a_drained_node_nothing_new_is_placed(scene: Rescued) -> None:
    drained, other = scene.cluster.shared
    (owner,) = [one for one in await scene.store.processes() if one.placement == drained]
    await scene.store.drain(owner.node, drains=True)
    late = Caller(scene.cluster, 5)
    assert await late.routes.living() == [other]
    for number in range(6):
        name = TournamentId(f"new-{number}")
        await scene.cup(tournament_id=name, start_at_ms=scene.clock.now_ms() + HOUR_MS)
        assert await scene.placement(name) == other
