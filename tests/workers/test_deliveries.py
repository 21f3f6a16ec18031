"""Events reach those who subscribed: all of them, in order per tournament, with the same ids everywhere."""

import asyncio
import inspect
import random
from dataclasses import replace
from functools import wraps
from typing import Any

import pytest

from actors.local_directory import LocalDirectory
from actors.replies import Done
from config.limits import BEHIND_AFTER_MS, DELIVERY_CLAIM_MS, DELIVERY_PAUSES_S, DISABLE_AFTER_MS
from server.domain.tournament import commands
from server.ports import AttemptFilter, Endpoint, EndpointKind
from server.storage.memory.store import MemoryStore
from tests.simulator.loop import VirtualClock, run_virtually
from tests.support.builders import TENANT, command_request, create, register
from tests.support.faults import CommandIds, troubled
from tests.support.receivers import Receiver
from workers.delivery import alarms, deliverer, router
from workers.delivery.assembly import delivery
from workers.delivery.queues import Queues

HOUR_MS = 3_600_000
STEPS = 500_000
MAIN = Endpoint("ep_main", "main", EndpointKind.WEBHOOK, "https://main.example", secrets=("whsec_c2VjcmV0",))


class Store(MemoryStore):
    """Is away now and then, before or after it did as it was told."""

    trouble: Any = None

    async def mark(self, *args: Any) -> None:
        await troubled(self.trouble, lambda: super(Store, self).mark(*args))


class Scene:
    """Tournaments, a receiver, and workers that may be killed."""

    def __init__(self, clock: VirtualClock) -> None:
        self.clock = clock
        self.store = Store(self.clock)
        self.directory = LocalDirectory(self.store, self.clock, jitter=lambda seconds: seconds)
        self.receiver = Receiver()
        self.ids = CommandIds("c")
        self.tasks: list[asyncio.Task[None]] = []

    def work(self) -> None:
        """A worker begins."""
        outside = (self.directory, self.receiver, Queues())
        parts = delivery(self.store, self.store, *outside, self.clock, self.ids, lambda s: s)  # type: ignore[arg-type]
        self.tasks += [asyncio.create_task(part.run()) for part in parts]

    async def kill(self) -> None:
        """All workers are gone at once: none of them writes anything any more."""
        trouble, self.store.trouble = self.store.trouble, lambda: "before"
        await self.stop()
        self.store.trouble = trouble

    async def stop(self) -> None:
        """All workers end in peace."""
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        self.tasks = []

    async def play(self, number: int, players: int = 3) -> str:
        """A tournament that was born, sold, played and finished; its id."""
        name = f"t{number:031d}"
        begin = create(name, grace_ms=0, max_players=None, start_at_ms=self.clock.now_ms() + HOUR_MS)
        assert isinstance(await self.directory.create(command_request(begin)), Done)
        for user in range(players):
            await self.directory.ask(name, command_request(register(f"u{user}")))
        for command in (commands.Start(), commands.Finish()):
            assert isinstance(await self.directory.ask(name, command_request(command)), Done)
        await self.directory.close()
        return name

    async def wait(self, ms: int) -> None:
        """Time passes."""
        await asyncio.sleep(ms / 1_000)

    async def all_of(self, name: str) -> list[int]:
        return [row.seq for row in await self.store.history(TENANT, name, 0, 10_000)]


def evening(test: Any) -> Any:
    """A test on virtual time, in a scene with one endpoint."""

    async def run(clock: VirtualClock, *args: Any, **more: Any) -> None:
        scene = Scene(clock)
        await scene.store.save_endpoint(TENANT, MAIN)
        await test(scene, *args, **more)
        await scene.kill()

    @wraps(test)
    def virtually(*args: Any, **more: Any) -> None:
        run_virtually(lambda clock: run(clock, *args, **more), STEPS)

    told = inspect.signature(test)
    virtually.__signature__ = told.replace(parameters=list(told.parameters.values())[1:])  # type: ignore[attr-defined]
    return virtually


@pytest.fixture
def calmly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers that look once a minute, where days pass."""
    for module, name in ((deliverer, "DELIVERY_POLL_S"), (router, "ROUTE_POLL_S"), (alarms, "ALARM_POLL_S")):
        monkeypatch.setattr(module, name, 60.0)


@evening
async def test_every_event_arrives_once_in_order_with_the_ids_of_feed_and_history(scene: Scene) -> None:
    scene.work()
    names = [await scene.play(n) for n in range(3)]
    await scene.wait(2_000)
    assert scene.receiver.by_tournament() == {name: await scene.all_of(name) for name in names}
    feed = await scene.store.feed(TENANT, 0, 1_000)
    told = [event["eventId"] for event in scene.receiver.taken]
    assert sorted(told) == sorted(row.event.event_id for row in feed) and len(set(told)) == len(told)
    log = await scene.store.attempts(TENANT, AttemptFilter(), 1_000)
    assert {one.outcome for one in log} == {"delivered"} and len(log) == len(told)
    assert scene.store._cursors == {}, "nothing is kept of what is done"


@evening
async def test_a_receiver_that_is_down_for_an_hour_and_then_flaky_misses_nothing(scene: Scene) -> None:
    luck = random.Random(7)
    scene.work()
    scene.receiver.mood = lambda url: "away"
    names = [await scene.play(n) for n in range(4)]
    await scene.wait(HOUR_MS)
    assert scene.receiver.taken == [] and len(scene.receiver.tries) < 60, "it is not hammered"
    scene.receiver.mood = lambda url: luck.choice(["ok", "away", 500, 429, "answer lost", 302])  # type: ignore[assignment, return-value]
    names += [await scene.play(9)]
    await scene.wait(HOUR_MS)
    scene.receiver.mood = lambda url: "ok"
    await scene.wait(2 * HOUR_MS)
    got = scene.receiver.by_tournament()
    assert {name: got[name] for name in names} == {name: await scene.all_of(name) for name in names}
    alerts = [event["data"]["kind"] for event in scene.receiver.taken if event["eventType"] == "system.alert"]
    assert alerts[:2] == ["endpoint_behind", "endpoint_caught_up"]
    ids = {event["eventId"] for event in scene.receiver.taken}
    assert ids == {row.event.event_id for row in await scene.store.feed(TENANT, 0, 1_000)}


@pytest.mark.parametrize("seed", range(12))
@evening
async def test_workers_killed_between_claim_send_and_mark_lose_nothing(scene: Scene, seed: int) -> None:
    luck = random.Random(seed)
    scene.store.trouble = lambda: luck.choice(["before", "after", None, None, None])
    scene.receiver.mood = lambda url: luck.choice(["ok", "ok", "ok", "answer lost", "hang"])
    names = [await scene.play(n) for n in range(3)]
    for _ in range(12):
        scene.work()
        await scene.wait(luck.choice([5, 20, 100, 300, 1_000, 5_000]))
        await scene.kill()
        await scene.wait(luck.choice([0, DELIVERY_CLAIM_MS]))
    scene.store.trouble, scene.receiver.mood = None, lambda url: "ok"
    scene.work()
    scene.work()
    await scene.wait(HOUR_MS)
    got = scene.receiver.by_tournament()
    assert {name: got[name] for name in names} == {name: await scene.all_of(name) for name in names}
    of = {(event["tournamentId"], event["sequence"]): event["eventId"] for event in scene.receiver.taken}
    assert all(
        of[event["tournamentId"], event["sequence"]] == event["eventId"] for event in scene.receiver.taken
    )


@evening
async def test_workers_that_end_in_peace_give_back_what_they_have(scene: Scene) -> None:
    scene.work()
    scene.receiver.mood = lambda url: "hang" if len(scene.receiver.tries) > 4 else "ok"
    name = await scene.play(1)
    await scene.wait(1_000)
    await scene.stop()
    assert [event["sequence"] for event in scene.receiver.taken] == [1, 2, 3, 4]
    scene.receiver.mood = lambda url: "ok"
    scene.work()
    await scene.wait(1_000)
    assert [event["sequence"] for event in scene.receiver.taken] == await scene.all_of(name), (
        "at once, and once"
    )


@pytest.mark.usefixtures("calmly")
@evening
async def test_a_poisoned_event_is_given_up_after_a_day_told_and_can_be_sent_again(scene: Scene) -> None:
    scene.work()
    poisoned = {"on": True}

    def mood(url: str) -> str | int:
        return 500 if poisoned["on"] else "ok"

    scene.receiver.mood = mood
    name = await scene.play(1, players=2)
    await scene.wait(24 * HOUR_MS)
    dead = AttemptFilter(outcome="dead", stream=name)
    assert await scene.store.attempts(TENANT, dead, 10) == []
    while not (found := await scene.store.attempts(TENANT, dead, 10)):
        await scene.wait(600_000)
    assert found[0].number == len(DELIVERY_PAUSES_S) + 1 and found[0].seq == 1
    poisoned["on"] = False
    await scene.wait(24 * HOUR_MS)
    assert scene.receiver.by_tournament()[name] == (await scene.all_of(name))[1:]
    alerts = [event["data"] for event in scene.receiver.taken if event["eventType"] == "system.alert"]
    assert [one["eventId"] for one in alerts if one["kind"] == "dead_letter"] == [found[0].event_id]
    await scene.store.send_again(TENANT, MAIN.id, [(name, 1, 1)], True, scene.clock.now_ms())
    await scene.wait(2_000)
    assert scene.receiver.taken[-1]["eventId"] == found[0].event_id


@pytest.mark.usefixtures("calmly")
@evening
async def test_an_endpoint_that_fails_for_days_is_disabled_told_elsewhere_and_goes_on_later(
    scene: Scene,
) -> None:
    other = replace(MAIN, id="ep_other", name="other", url="https://other.example", types=("system.*",))
    await scene.store.save_endpoint(TENANT, other)
    scene.receiver.mood = lambda url: "ok" if "other" in url else "away"
    scene.work()
    name = await scene.play(1)
    await scene.wait(DISABLE_AFTER_MS + HOUR_MS)
    kinds = [event["data"]["kind"] for event in scene.receiver.taken]
    assert kinds[0] == "endpoint_behind" and kinds[-1] == "endpoint_disabled"
    tries = len(scene.receiver.tries)
    scene.receiver.mood = lambda url: "ok"
    later = await scene.play(2)
    await scene.wait(HOUR_MS)
    assert len(scene.receiver.tries) == tries
    await scene.store.save_endpoint(TENANT, MAIN)
    await scene.wait(20_000)
    got = scene.receiver.by_tournament()
    assert got[later] == await scene.all_of(later)
    dead = await scene.store.attempts(TENANT, AttemptFilter(outcome="dead", stream=name), 10)
    assert sorted([*got[name], *(one.seq for one in dead)]) == await scene.all_of(name)


@evening
async def test_gone_disables_at_once(scene: Scene) -> None:
    scene.receiver.mood = lambda url: 410
    scene.work()
    await scene.play(1)
    await scene.wait(20_000)
    [(endpoint, health)] = await scene.store.endpoints(TENANT)
    assert endpoint.disabled_reason == "It answered 410 Gone" and health.failed == 1
    assert len(scene.receiver.tries) == 1


@evening
async def test_a_hanging_endpoint_keeps_nobody_waiting(scene: Scene) -> None:
    other = replace(MAIN, id="ep_other", name="other", url="https://other.example")
    await scene.store.save_endpoint(TENANT, other)
    scene.receiver.mood = lambda url: "ok" if "other" in url else "hang"
    scene.work()
    names = [await scene.play(n) for n in range(40)]
    await scene.wait(3_000)
    assert scene.receiver.by_tournament() == {name: await scene.all_of(name) for name in names}
    hanging = [url for url, _ in scene.receiver.tries if "main" in url]
    assert len(hanging) <= 32


@evening
async def test_an_endpoint_that_fails_is_tried_by_one_cursor_at_a_time(scene: Scene) -> None:
    scene.receiver.mood = lambda url: "away"
    scene.work()
    names = [await scene.play(n) for n in range(10)]
    await scene.wait(3_000)
    scene.receiver.mood = lambda url: "hang"
    before = len(scene.receiver.tries)
    await scene.wait(30_000)
    assert len(scene.receiver.tries) == before + 1
    await scene.stop()
    scene.receiver.mood = lambda url: "ok"
    scene.work()
    await scene.wait(10_000)
    assert scene.receiver.by_tournament() == {name: await scene.all_of(name) for name in names}


@evening
async def test_retry_after_is_honoured(scene: Scene) -> None:
    scene.receiver.mood = lambda url: 429
    scene.work()
    await scene.play(1)
    await scene.wait(50_000)
    assert len(scene.receiver.tries) == 1
    await scene.wait(20_000)
    assert len(scene.receiver.tries) == 2
    [last, *_] = await scene.store.attempts(TENANT, AttemptFilter(), 10)
    assert (last.status, last.answer, last.outcome) == (429, "planted", "failed")


@evening
async def test_two_secrets_sign_while_rotating(scene: Scene) -> None:
    until = scene.clock.now_ms() + HOUR_MS
    rotating = replace(MAIN, secrets=("whsec_bmV3", "whsec_b2xk"), former_until_ms=until)
    await scene.store.save_endpoint(TENANT, rotating)
    scene.work()
    await scene.play(1, players=2)
    await scene.wait(2_000)
    assert {len(headers["webhook-signature"].split()) for _, headers in scene.receiver.tries} == {2}
    await scene.wait(HOUR_MS)
    seen = len(scene.receiver.tries)
    await scene.play(2, players=2)
    await scene.wait(2_000)
    assert {len(headers["webhook-signature"].split()) for _, headers in scene.receiver.tries[seen:]} == {1}


@evening
async def test_a_payout_is_acknowledged_by_the_answer(scene: Scene) -> None:
    await scene.store.save_endpoint(TENANT, replace(MAIN, acknowledges=True))
    scene.receiver.answer = lambda event: (
        b'{"payout":{"status":"paid","reference":"w-1\\u0000"}}'
        if event["eventType"] == "payout.created"
        else b"{}"
    )
    scene.work()
    name = await scene.play(1)
    await scene.wait(5_000)
    _, lines = await scene.store.payouts(TENANT, name, (), 10, 0)
    assert lines and {(one.row.payout.state, one.row.payout.reference) for one in lines} == {
        ("paid", "w-1\ufffd")
    }
    kinds = [row.event_type for row in await scene.store.history(TENANT, name, 0, 100)]
    assert kinds.count("payout.paid") == kinds.count("payout.created") == len(lines)


@evening
async def test_an_answer_acknowledges_nothing_where_it_may_not(scene: Scene) -> None:
    scene.receiver.answer = lambda event: b'{"payout":{"status":"paid"}}'
    scene.work()
    name = await scene.play(1)
    await scene.wait(5_000)
    _, lines = await scene.store.payouts(TENANT, name, (), 10, 0)
    assert {one.row.payout.state for one in lines} == {"approved"}


def test_the_moment_of_falling_behind_is_before_that_of_being_disabled() -> None:
    assert BEHIND_AFTER_MS < DISABLE_AFTER_MS
