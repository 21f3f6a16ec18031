"""Rounds go on: what nobody foresaw is logged, and ends neither its worker nor the others."""

import asyncio
import logging

import pytest

from server.ports import StoreUnavailable
from server.runtime.loops import go_round, until_none
from tests.support.clock import ManualClock, settle


@pytest.mark.unforeseen
async def test_a_round_that_fails_is_logged_and_the_next_one_comes(caplog: pytest.LogCaptureFixture) -> None:
    clock, rounds = ManualClock(), 0

    async def look() -> None:
        nonlocal rounds
        rounds += 1
        if rounds == 2:
            raise ValueError("planted")
        if rounds == 3:
            raise StoreUnavailable("planted")

    task = asyncio.create_task(go_round(clock, 1.0, look, "nobody_looks"))
    await settle()
    for _ in range(4):
        await clock.advance(1_000)
    task.cancel()
    assert rounds == 5
    told = [(row.levelno, row.getMessage(), vars(row).get("reason")) for row in caplog.records]
    assert told == [(logging.ERROR, "round_failed", None), (logging.WARNING, "nobody_looks", "planted")]


async def test_while_there_is_more_nobody_waits() -> None:
    left = [3, 2, 1, 0]

    async def look() -> int:
        return left.pop(0)

    await until_none(look)
    assert left == []
