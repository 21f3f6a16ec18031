"""Recurring schedules: every local occurrence once, over clock changes, outages and rival workers."""

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from actors.local_directory import LocalDirectory
from server.domain.tournament.rules.rules import rules_from
from server.domain.tournament.summary import Summary
from server.encoding.wire import to_ms
from server.ports import ListFilter, Recurrence, Template
from server.scheduling.recurrence import faults_of, next_start_ms, starts_after
from server.storage.memory.store import MemoryStore
from tests.support.builders import TENANT, fields
from tests.support.clock import ManualClock
from workers.loops.recurring import Recurring

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


def ms(text: str) -> int:
    return to_ms(datetime.fromisoformat(text))


class Scene:
    """A template that recurs, and workers that come late or twice."""

    def __init__(self, now: str, **recurrence: Any) -> None:
        self.clock = ManualClock(ms(now))
        self.store = MemoryStore(self.clock)
        self.directory = LocalDirectory(self.store, self.clock)
        base: dict[str, Any] = {"cron": "0 20 * * *", "timezone": "UTC", "lead_ms": HOUR_MS}
        self.recurrence = Recurrence(**base | recurrence)
        now_ms = self.clock.now_ms()
        self.template = Template(
            id="tpl",
            tenant=TENANT,
            body=b"{}",
            rules=rules_from(fields(name="Daily", start_at_ms=0)),
            created_at_ms=now_ms,
            updated_at_ms=now_ms,
            recurrence=self.recurrence,
            next_start_ms=next_start_ms(self.recurrence, now_ms + self.recurrence.lead_ms),
        )

    async def begun(self) -> "Scene":
        assert await self.store.add_template(self.template)
        return self

    def worker(self) -> Recurring:
        return Recurring(self.store, self.directory, self.clock)

    async def made(self) -> list[Summary]:
        _, found = await self.store.page(TENANT, ListFilter(), 10_000, 0)
        return sorted(found, key=lambda summary: summary.created_at_ms * 10**15 + summary.rules.start_at_ms)


@pytest.mark.parametrize(
    ("zone", "local_time"),
    [
        ("America/New_York", (2, 30)),  # left out on 8 March, twice on 1 November of 2026
        ("America/New_York", (1, 30)),
        ("Europe/London", (1, 30)),  # left out on 29 March, twice on 25 October of 2026
        ("Europe/London", (20, 0)),
    ],
)
async def test_each_daily_instance_of_a_year_comes_exactly_once(
    zone: str, local_time: tuple[int, int]
) -> None:
    hour, minute = local_time
    scene = await Scene(
        "2026-01-01T00:00:00+00:00", cron=f"{minute} {hour} * * *", timezone=zone, lead_ms=7 * HOUR_MS
    ).begun()
    for _ in range(366 * 4):
        scene.clock.jump(6 * HOUR_MS)
        await asyncio.gather(scene.worker().look(), scene.worker().look())
    made = [
        summary
        for summary in await scene.made()
        if summary.rules.start_at_ms < ms("2027-01-01T00:00:00+00:00")
    ]
    local = [datetime.fromtimestamp(s.rules.start_at_ms / 1_000, ZoneInfo(zone)) for s in made]
    days = Counter(moment.date() for moment in local)
    assert set(days.values()) == {1} and len(days) >= 364
    assert [s.rules.name for s in made][:3] == ["Daily #1", "Daily #2", "Daily #3"]
    assert len({s.rules.name for s in made}) == len(made)
    usual = [moment for moment in local if (moment.hour, moment.minute) == local_time]
    assert len(local) - len(usual) <= 1, "only where the clock leaves the time out"


@pytest.mark.parametrize(
    ("policy", "names", "late"),
    [
        ("skip", ["Daily #1", "Daily #5"], 0),
        ("latest", ["Daily #1", "Daily #4", "Daily #5"], 1),
        ("all", ["Daily #1", "Daily #2", "Daily #3", "Daily #4", "Daily #5"], 3),
    ],
)
async def test_an_outage_over_three_due_times_has_the_outcome_of_the_policy_and_never_twice(
    policy: Any, names: list[str], late: int
) -> None:
    scene = await Scene("2026-06-01T00:00:00+00:00", catch_up=policy).begun()
    scene.clock.jump(19 * HOUR_MS)
    assert await scene.worker().look() == 1
    scene.clock.jump(3 * DAY_MS + 2 * HOUR_MS)  # away over the starts of the 2nd, 3rd and 4th
    now_ms = scene.clock.now_ms()
    for _ in range(3):
        await asyncio.gather(*(scene.worker().look() for _ in range(3)))
    scene.clock.jump(22 * HOUR_MS)
    for _ in range(3):
        await scene.worker().look()
    made = await scene.made()
    assert sorted(summary.rules.name for summary in made) == names
    assert sum(summary.rules.start_at_ms == now_ms + HOUR_MS for summary in made) == late


async def test_a_worker_that_dies_between_making_and_moving_on_makes_nothing_twice() -> None:
    scene = await Scene("2026-06-01T00:00:00+00:00").begun()
    scene.clock.jump(19 * HOUR_MS)
    replace_template = scene.store.replace_template

    async def dies(*_: Any) -> bool:
        raise SystemError("killed")

    scene.store.replace_template = dies  # type: ignore[method-assign, assignment]
    with pytest.raises(SystemError):
        await scene.worker().look()
    scene.store.replace_template = replace_template  # type: ignore[method-assign]
    scene.clock.jump(2 * HOUR_MS)
    await scene.worker().look()
    scene.clock.jump(22 * HOUR_MS)
    await scene.worker().look()
    assert [summary.rules.name for summary in await scene.made()] == ["Daily #1", "Daily #2"]


async def test_paused_schedules_rest_and_skipped_dates_are_left_out() -> None:
    scene = await Scene("2026-12-23T00:00:00+00:00", skip=("2026-12-25",)).begun()
    starts = starts_after(scene.recurrence, scene.clock.now_ms())
    days = [datetime.fromtimestamp(next(starts) / 1_000, UTC).day for _ in range(4)]
    assert days == [23, 24, 26, 27]
    paused = replace(scene.template, recurrence=replace(scene.recurrence, paused=True), version=2)
    assert await scene.store.replace_template(paused, 1)
    scene.clock.jump(5 * DAY_MS)
    assert await scene.worker().look() == 0 and await scene.made() == []


def test_a_schedule_that_never_comes_true_is_told() -> None:
    wrong = Recurrence("0 0 31 2 *", "Nowhere", 0, skip=("x",))
    assert set(faults_of(wrong)) == {"cron", "timezone", "skip"}
    always_skipped = Recurrence(
        "0 0 1 1 *", "UTC", 0, skip=tuple(f"{year}-01-01" for year in range(2026, 2076))
    )
    assert next_start_ms(always_skipped, ms("2025-06-01T00:00:00+00:00")) == ms("2076-01-01T00:00:00+00:00")
