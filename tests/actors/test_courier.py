"""Facts on their way: everyone who waits is answered, also when the way itself fails."""

import asyncio
from typing import Any

import pytest

from actors.fact_batcher import FactBatcher
from actors.replies import Done, Reply, Unavailable
from config.limits import FACT_LANES, FACTS_PER_CALL_MAX
from server.domain.scoring.fact import Outcome
from server.encoding import codec
from tests.support.builders import points


class Way:
    """A directory that counts what a call carries; it may be held, and fail."""

    def __init__(self) -> None:
        self.calls: list[int] = []
        self.open = asyncio.Event()
        self.trouble: BaseException | None = None

    async def ask(self, _: str, message: Any) -> Reply:
        count = len(codec.decode_facts(message.payload))
        self.calls.append(count)
        await self.open.wait()
        if self.trouble is not None:
            raise self.trouble
        return Done(bytes([Outcome.ACCEPTED.value] * count))


@pytest.fixture
def way() -> Way:
    return Way()


def requests(way: Way, count: int) -> list[asyncio.Task[Any]]:
    courier = FactBatcher(way)  # type: ignore[arg-type]
    return [asyncio.create_task(courier.send("t", [points(f"f{n}", "ann", 1)])) for n in range(count)]


async def test_what_waits_goes_along_with_the_next_call(way: Way) -> None:
    tasks = requests(way, 10)
    await asyncio.sleep(0)
    way.open.set()
    assert await asyncio.gather(*tasks) == [[Outcome.ACCEPTED]] * 10
    assert way.calls == [10]


async def test_two_calls_are_under_way_where_order_does_not_count(way: Way) -> None:
    courier = FactBatcher(way)  # type: ignore[arg-type]

    async def send(n: int, *, ordered: bool) -> Any:
        return await courier.send("t", [points(f"f{n}", "ann", 1)], ordered=ordered)

    tasks = []
    for n in range(12):
        tasks.append(asyncio.create_task(send(n, ordered=False)))
        await asyncio.sleep(0.001)
    assert way.calls == [1] * FACT_LANES, "a call for each lane; the others wait"
    way.open.set()
    assert await asyncio.gather(*tasks) == [[Outcome.ACCEPTED]] * 12
    assert sum(way.calls) == 12 and len(way.calls) == 2 * FACT_LANES


async def test_what_is_ordered_is_sent_one_after_the_other(way: Way) -> None:
    courier = FactBatcher(way)  # type: ignore[arg-type]
    facts = [points(f"f{n}", "ann", 1) for n in range(FACTS_PER_CALL_MAX + 1)]
    tasks = [asyncio.create_task(courier.send("t", part)) for part in (facts, facts[:1], facts[:1])]
    tasks.append(asyncio.create_task(courier.send("t", facts, ordered=False)))
    await asyncio.sleep(0.01)
    assert way.calls == [FACTS_PER_CALL_MAX, FACTS_PER_CALL_MAX], (
        "the large one without order goes beside them"
    )
    way.open.set()
    await asyncio.gather(*tasks)
    assert sorted(way.calls[2:]) == [1, 3], "what waited goes along, and no lane passes on a part of another"


async def test_a_large_request_is_cut_and_put_together_again(way: Way) -> None:
    way.open.set()
    facts = [points(f"f{n}", "ann", 1) for n in range(2 * FACTS_PER_CALL_MAX + 1)]
    told = await FactBatcher(way).send("t", facts)  # type: ignore[arg-type]
    assert told == [Outcome.ACCEPTED] * len(facts)
    assert way.calls == [FACTS_PER_CALL_MAX, FACTS_PER_CALL_MAX, 1]


@pytest.mark.unforeseen
@pytest.mark.parametrize("trouble", [RuntimeError("planted"), asyncio.CancelledError()])
async def test_who_waits_is_answered_when_the_call_itself_fails(way: Way, trouble: BaseException) -> None:
    way.trouble = trouble
    first = requests(way, 3)
    await asyncio.sleep(0.01)
    way.open.set()
    async with asyncio.timeout(5):
        told = await asyncio.gather(*first)
    assert all(isinstance(each, Unavailable) for each in told)
