"""Housekeeping: old answers go, young ones stay, and an outage does not end it."""

import asyncio

import pytest

from config.limits import ANSWERS_KEPT_MS
from server.ports import StoreUnavailable
from server.storage.memory.store import MemoryStore
from tests.support.builders import NOW_MS, TENANT
from tests.support.clock import ManualClock
from workers.loops.housekeeping import Housekeeper


async def test_answers_are_kept_for_two_days_and_an_outage_is_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = ManualClock(NOW_MS)
    store = MemoryStore(clock)
    housekeeper = Housekeeper(store, store, clock)
    await store.claim(TENANT, "old", b"h", NOW_MS)
    await store.claim(TENANT, "young", b"h", NOW_MS + 1)
    clock.jump(ANSWERS_KEPT_MS)
    assert await housekeeper.sweep() == 0
    clock.jump(1)
    forget = store.forget

    async def away(*_: int) -> int:
        raise StoreUnavailable("planted")

    monkeypatch.setattr(store, "forget", away)
    work = asyncio.create_task(housekeeper.run())
    await clock.advance(1)
    assert not work.done()
    monkeypatch.setattr(store, "forget", forget)
    await clock.advance(600_000)
    work.cancel()
    assert (await store.claim(TENANT, "old", b"other", NOW_MS)).mine
