"""Looks at the store that are shared: fresh, also when a caller leaves, and nothing left behind."""

import asyncio

import pytest

from api.context.shared_look import SharedLook
from server.ports import StoreUnavailable


class Store:
    """Counts looks; each waits at a gate, and fails while the store is away."""

    def __init__(self) -> None:
        self.looks, self.value, self.is_away, self.gate = 0, 0, False, asyncio.Event()

    async def look(self, key: str) -> int:
        self.looks += 1
        value = self.value
        await self.gate.wait()
        if self.is_away:
            raise StoreUnavailable("planted")
        return value


async def test_a_look_begins_after_all_who_share_it_came() -> None:
    store = Store()
    shared = SharedLook(store.look)
    first = asyncio.create_task(shared.find("t"))
    await asyncio.sleep(0.01)
    store.value = 1
    later = [asyncio.create_task(shared.find("t")) for _ in range(50)]
    await asyncio.sleep(0.01)
    store.gate.set()
    assert await first == 0 and await asyncio.gather(*later) == [1] * 50
    assert store.looks == 2


async def test_one_who_leaves_takes_the_look_from_no_other() -> None:
    store = Store()
    shared = SharedLook(store.look)
    leaves, stays = (asyncio.create_task(shared.find("t")) for _ in range(2))
    await asyncio.sleep(0.01)
    leaves.cancel()
    store.gate.set()
    assert await stays == 0 and store.looks == 1


async def test_a_look_that_fails_fails_for_all_and_the_next_is_a_new_one() -> None:
    store = Store()
    shared = SharedLook(store.look)
    store.is_away = True
    store.gate.set()
    failed = await asyncio.gather(*(shared.find("t") for _ in range(3)), return_exceptions=True)
    assert [type(error) for error in failed] == [StoreUnavailable] * 3
    store.is_away = False
    assert await shared.find("t") == 0


@pytest.mark.parametrize("is_away", [False, True])
async def test_thousands_of_keys_whose_callers_left_leave_nothing(is_away: bool) -> None:
    store = Store()
    shared = SharedLook(store.look)
    store.is_away = is_away
    callers = [asyncio.create_task(shared.find(f"t{n}")) for n in range(2_000)]
    await asyncio.sleep(0.01)
    for caller in callers:
        caller.cancel()
    store.gate.set()
    await asyncio.gather(*callers, return_exceptions=True)
    await asyncio.sleep(0.05)
    assert not shared._running and not shared._next
