"""Fairness of time: who clicks at the same moment gets the same multiplier, wherever the front end is."""

import asyncio
import random
from functools import partial
from typing import Any

from api.context.clock_watch import ClockWatch
from api.ws.room.stamps import StampClock
from pitboss_games import Story
from pitboss_games.crash_classic import CrashClassic
from pitboss_games.crash_classic.climb import climb
from tests.simulator.loop import VirtualClock, run_virtually
from tests.support.app import a_house
from tests.support.clock import ManualClock


class Elsewhere:
    """A clock of another machine, which runs `wrong_ms` off; the distance to the owner is `near_ms` at
    least."""

    def __init__(self, clock: VirtualClock, wrong_ms: int, near_ms: int, luck: random.Random) -> None:
        self.stamps = StampClock(self)
        self._clock = clock
        self._wrong_ms = wrong_ms
        self._near_ms = near_ms
        self._luck = luck

    def now_ms(self) -> int:
        return self._clock.now_ms() + self._wrong_ms

    def monotonic_ms(self) -> int:
        return self._clock.monotonic_ms() + self._wrong_ms

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def ping(self) -> None:
        """One ping, slower now and then in one direction."""
        asked_ms = self.monotonic_ms()
        await asyncio.sleep((self._near_ms / 2 + self._luck.expovariate(1 / 10)) / 1_000)
        room_us = self._clock.now_ms() * 1_000
        await asyncio.sleep((self._near_ms / 2 + self._luck.expovariate(1 / 10)) / 1_000)
        self.stamps.correct(room_us, asked_ms, self.monotonic_ms())


def test_eighty_milliseconds_of_distance_and_wrong_clocks_make_no_difference() -> None:
    """Ten thousand pairs of clicks at the same moment: never further apart than the two uncertainties."""

    async def clicks(clock: VirtualClock) -> dict[str, Any]:
        luck = random.Random(4)
        near, far = Elsewhere(clock, 300, 2, luck), Elsewhere(clock, -300, 82, luck)
        off_us, off, beyond = 0, 0, 0
        starts_ms = clock.now_ms()
        for _ in range(10_000):
            if luck.random() < 0.02:
                await asyncio.gather(near.ping(), far.ping())
            await asyncio.sleep(luck.uniform(0.001, 0.02))
            if not (near.stamps.is_set and far.stamps.is_set):
                continue
            one, two, true_us = near.stamps.stamp(), far.stamps.stamp(), clock.now_ms() * 1_000
            sure_us = near.stamps.uncertainty_us + far.stamps.uncertainty_us + 1_000
            beyond += abs(one - two) > sure_us or abs(one - true_us) > near.stamps.uncertainty_us + 1_000
            off_us = max(off_us, abs(one - two))
            flown_ms = (true_us // 1_000 - starts_ms) % 10_000
            heights = [climb(flown_ms + (stamp - true_us) // 1_000) for stamp in (one, two)]
            off = max(off, abs(heights[0] - heights[1]))
        return {"beyond": beyond, "off_us": off_us, "hundredths": off, "sure_us": far.stamps.uncertainty_us}

    found = run_virtually(clicks, 10**7)
    assert found["beyond"] == 0
    assert found["off_us"] < 20_000 < found["sure_us"], "the true difference is far below what is guaranteed"
    assert found["hundredths"] <= 1


async def test_what_was_shown_before_a_click_is_stamped_before_it() -> None:
    clock = ManualClock()
    stamps = StampClock(clock)
    stamps.correct(clock.now_ms() * 1_000, clock.monotonic_ms(), clock.monotonic_ms())
    crash_us = (clock.now_ms() + 50) * 1_000
    before = stamps.stamp()
    stamps.heard(crash_us)
    assert before < crash_us < stamps.stamp() < stamps.stamp()


async def test_the_quickest_ping_of_thirty_seconds_counts_and_the_last_one_holds() -> None:
    clock = ManualClock()
    stamps = StampClock(clock)
    now_ms = clock.monotonic_ms()
    stamps.correct(now_ms * 1_000 + 7_000, now_ms - 4, now_ms)
    assert stamps.uncertainty_us == 2_000
    stamps.correct(now_ms * 1_000 + 90_000, now_ms - 200, now_ms + 1)
    assert stamps.uncertainty_us == 2_000, "a slower one changes nothing"
    stamps.correct(now_ms * 1_000 + 90_000, now_ms + 29_800, now_ms + 30_001)
    assert stamps.uncertainty_us > 2_000, "after thirty seconds the quick one is forgotten"
    clock.jump(600_000)
    assert stamps.is_set and stamps.stamp() > 0


async def test_a_wall_clock_that_is_set_makes_a_front_end_not_ready_for_a_while() -> None:
    async with a_house() as house:
        assert (await house.client.get("/readyz")).status_code == 200
        house.clock.step(300)
        answer = await house.client.get("/readyz")
        assert answer.status_code == 503 and answer.json()["missing"] == {"clock": "the wall clock was set"}
        house.clock.jump(5_000)
        assert (await house.client.get("/readyz")).status_code == 503
        house.clock.jump(6_000)
        assert (await house.client.get("/readyz")).status_code == 200


def test_room_time_that_is_known_badly_for_long_is_told() -> None:
    clock, off_us = ManualClock(), [0]
    watch = ClockWatch(clock, lambda: off_us[0])
    assert watch.trouble() is None
    off_us[0] = 150_000
    assert watch.trouble() is None
    clock.jump(9_999)
    assert watch.trouble() is None
    clock.jump(1)
    assert watch.trouble() == "room time is not known well enough"
    off_us[0] = 20_000
    assert watch.trouble() is None


def test_a_bot_that_sees_the_crash_first_wins_nothing_in_ten_thousand_flights() -> None:
    """It is behind a front end whose clock is up to 300 ms slow, and clicks the moment the crash is shown."""
    clock, luck = ManualClock(), random.Random(9)
    a_story = partial(Story, CrashClassic, players=1, betting_ms=1_000, pause_ms=500, starting_credits=10**9)
    story = a_story()
    took = flown = 0
    while flown < 10_000:
        if not story.room.in_air:
            story = a_story(seed=luck.randbytes(32))
        stamps = StampClock(clock)
        assert "error" not in story.move(0, "bet", amount=10)
        flight = story.room.flight
        story.advance(1_000)
        state = story.game.state
        if state.phase == "climb":
            clock._now_ms = state.crash_ms - luck.randint(0, 300)  # what this front end takes for the time
            stamps.heard(state.crash_ms * 1_000)
            stamp_us = stamps.stamp()
            assert stamp_us >= state.crash_ms * 1_000
            story.advance(stamp_us // 1_000 - story.now_ms)
            took += "multiplier" in story.move(0, "cash_out")
        story.advance(max(state.crash_ms + 500 - story.now_ms, 0))
        flown += 1
        assert story.room.flight != flight or not story.room.in_air
    assert took == 0 and all(fact.win in (0, 1_000) for fact in story.facts)
