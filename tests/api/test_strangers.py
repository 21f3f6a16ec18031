"""Strangers take turns, and none of them can keep its turn."""

import asyncio

import pytest

from api.context import stranger_limits
from api.context.answer_cache import AnswerCache
from api.context.stranger_limits import StrangerLimits
from config.limits import STRANGERS_AT_ONCE
from tests.support.clock import ManualClock


async def test_only_a_few_strangers_are_worked_on_at_once() -> None:
    door, inside, most = StrangerLimits(ManualClock(), 600), 0, 0

    async def visit() -> None:
        nonlocal inside, most
        async with door.turn():
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0)
            inside -= 1

    await asyncio.gather(*(visit() for _ in range(50)))
    assert (inside, most) == (0, STRANGERS_AT_ONCE)
    assert door._turns._value == STRANGERS_AT_ONCE, "every turn was given back once"


async def test_strangers_that_never_finish_hold_up_no_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stranger_limits, "STRANGER_TURN_S", 0.01)
    door, for_ever = StrangerLimits(ManualClock(), 600), asyncio.Event()

    async def dawdle() -> None:
        async with door.turn():
            await for_ever.wait()

    slow = [asyncio.create_task(dawdle()) for _ in range(20)]
    async with asyncio.timeout(30), door.turn():
        pass
    for_ever.set()
    await asyncio.gather(*slow)
    assert door._turns._value == STRANGERS_AT_ONCE


async def test_the_wait_for_a_turn_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stranger_limits, "STRANGER_TURN_S", 600)
    monkeypatch.setattr(stranger_limits, "STRANGER_WAITS_S", 0.01)
    door = StrangerLimits(ManualClock(), 600)
    async with asyncio.timeout(30), door.turn(), door.turn(), door.turn():
        pass
    assert door._turns._value == STRANGERS_AT_ONCE


async def test_an_answer_to_anybody_is_made_once_a_second_and_failures_are_not_kept() -> None:
    clock, made = ManualClock(), 0
    moments = AnswerCache(clock)

    async def make() -> bytes:
        nonlocal made
        made += 1
        await asyncio.sleep(0)
        if made == 1:
            raise ValueError
        return b"%d" % made

    first = await asyncio.gather(*(moments.find("k", make) for _ in range(5)), return_exceptions=True)
    assert [type(one) for one in first] == [ValueError] * 5
    assert await asyncio.gather(*(moments.find("k", make) for _ in range(50))) == [b"2"] * 50
    assert await moments.find("other", make) == b"3"
    clock.jump(999)
    assert await moments.find("k", make) == b"2"
    clock.jump(1)
    assert await moments.find("k", make) == b"4"
    for n in range(2_000):
        await moments.find(n, make)
    assert len(moments._made) <= 1_000
