"""Messages that wait for one process share calls; a late one holds up no other. Without Ray: a handle that
counts."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import pytest

from actors.on_ray import call_batcher, called_together
from actors.on_ray.call_batcher import CallBatcher
from actors.on_ray.called_together import Asked, CalledTogether
from actors.replies import Done, Late, Unavailable
from actors.requests import Message, ReadSummary, ReportFacts
from config.limits import FACT_CALL_BYTES_MAX
from config.origin import NOWHERE
from config.owner_limits import CALL_MESSAGES_MAX, CALLS_AT_ONCE_MAX

ASKED = ReadSummary()
FACTS = ReportFacts(b"")


class Method:
    """`handle.method.remote(...).future()`."""

    def __init__(self, work: Callable[..., Any]) -> None:
        self._work = work

    def remote(self, *arguments: Any) -> "Method":
        self._task = asyncio.create_task(self._work(*arguments))
        return self

    def future(self) -> Future[Any]:
        answer: Future[Any] = Future()

        def done(task: asyncio.Task[Any]) -> None:
            if (error := task.exception()) is not None:
                answer.set_exception(error)
            else:
                answer.set_result(task.result())

        self._task.add_done_callback(done)
        return answer


class Handle:
    """A process that answers with the id it was asked for; those that `wait` answer when told."""

    def __init__(self) -> None:
        self.calls: list[int] = []
        self.alone = 0
        self.waits: dict[str, asyncio.Event] = {}
        self.breaks: Exception | None = None
        tickets = iter(range(1_000_000))
        self._together = CalledTogether(self._ask, lambda: f"ticket-{next(tickets)}")

    async def _ask(self, tournament_id: str, message: Message) -> Done:
        if (event := self.waits.get(tournament_id)) is not None:
            await event.wait()
        return Done(tournament_id.encode())

    @property
    def ask_many(self) -> Method:
        async def work(asked: list[Asked]) -> Any:
            self.calls.append(len(asked))
            if self.breaks is not None:
                raise self.breaks
            return await self._together.answers(asked)

        return Method(work)

    @property
    def late_answer(self) -> Method:
        self.alone += 1
        return Method(self._together.late_answer)


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(called_together, "CALL_ANSWERS_WITHIN_S", 0.02)


async def test_what_comes_in_one_turn_goes_as_one_call() -> None:
    handle, sender = Handle(), CallBatcher()
    names = [f"t{n}" for n in range(50)]
    told = await asyncio.gather(*(sender.send(handle, name, FACTS) for name in names))
    assert told == [Done(name.encode()) for name in names]
    assert handle.calls == [50]
    assert not sender._lanes, "an idle lane costs nothing"


async def test_what_comes_while_calls_are_under_way_waits_for_one_of_them() -> None:
    handle, sender = Handle(), CallBatcher()
    handle.waits = {"slow": asyncio.Event()}
    sent = []
    for n in range(CALLS_AT_ONCE_MAX):
        sent.append(sender.send(handle, "slow", ASKED))
        while len(handle.calls) == n:  # they begin some milliseconds apart
            await asyncio.sleep(0.001)
        assert len(handle._together._late) == 0, n
    rest = [sender.send(handle, f"t{n}", FACTS) for n in range(CALL_MESSAGES_MAX + 5)]
    await asyncio.gather(*rest)
    assert handle.calls == [1] * CALLS_AT_ONCE_MAX + [CALL_MESSAGES_MAX, 5]
    assert not any(one.done() for one in sent)
    handle.waits["slow"].set()
    assert await asyncio.gather(*sent) == [Done(b"slow")] * CALLS_AT_ONCE_MAX
    assert handle.alone == CALLS_AT_ONCE_MAX


async def test_the_first_one_goes_at_once_and_more_are_not_sent_one_by_one() -> None:
    handle, sender = Handle(), CallBatcher()
    first = sender.send(handle, "t0", FACTS)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert handle.calls == [1], "without a pause"
    rest = []
    for n in range(20):
        rest.append(sender.send(handle, f"t{n}", FACTS))
        await asyncio.sleep(0)
    await asyncio.gather(first, *rest)
    assert len(handle.calls) <= 3 and sum(handle.calls) == 21, "one a turn of the loop would be twenty"


async def test_a_late_answer_holds_up_no_other_and_is_given_once() -> None:
    handle, sender = Handle(), CallBatcher()
    handle.waits = {"slow": asyncio.Event()}
    slow, quick = sender.send(handle, "slow", ASKED), sender.send(handle, "quick", ASKED)
    assert await quick == Done(b"quick")
    assert handle.calls == [2] and not slow.done()
    handle.waits["slow"].set()
    assert await slow == Done(b"slow")
    assert not handle._together._late


async def test_calls_are_bounded_in_bytes() -> None:
    handle, sender = Handle(), CallBatcher()
    heavy = ReportFacts(bytes(FACT_CALL_BYTES_MAX // 2))
    await asyncio.gather(*(sender.send(handle, f"t{n}", heavy) for n in range(5)))
    assert handle.calls == [2, 2, 1]


async def test_what_none_waits_for_is_not_sent() -> None:
    handle, sender = Handle(), CallBatcher()
    sent = [sender.send(handle, f"t{n}", ASKED) for n in range(3)]
    sent[1].cancel()
    assert await sent[2] == Done(b"t2")
    assert handle.calls == [2]


async def test_when_a_call_fails_all_of_it_are_told_and_the_next_ones_go() -> None:
    handle, sender = Handle(), CallBatcher()
    handle.breaks = ConnectionError("gone")
    sent = [sender.send(handle, f"t{n}", ASKED) for n in range(3)]
    told = await asyncio.gather(*sent, return_exceptions=True)
    assert [type(one) for one in told] == [ConnectionError] * 3
    handle.breaks = None
    assert await sender.send(handle, "t", ASKED) == Done(b"t")


async def test_what_ray_raises_at_once_strands_none() -> None:
    handle, sender = Handle(), CallBatcher()

    class Broken:
        def remote(self, *_: object) -> None:
            raise ConnectionError("at once")

    handle.waits = {"slow": asyncio.Event()}
    late, rest = sender.send(handle, "slow", ASKED), [sender.send(handle, f"t{n}", ASKED) for n in range(3)]
    type(handle).late_answer, before = property(lambda _: Broken()), type(handle).late_answer  # type: ignore[assignment]
    try:
        assert await asyncio.gather(*rest) == [Done(f"t{n}".encode()) for n in range(3)]
        with pytest.raises(ConnectionError):
            await late
    finally:
        type(handle).late_answer = before  # type: ignore[method-assign]
    many = CALL_MESSAGES_MAX + 10
    type(handle).ask_many, asks = property(lambda _: Broken()), type(handle).ask_many  # type: ignore[assignment]
    try:
        sent = [sender.send(handle, f"t{n}", FACTS) for n in range(many)]
        told = await asyncio.gather(*sent, return_exceptions=True)
    finally:
        type(handle).ask_many = asks  # type: ignore[method-assign]
    assert [type(one) for one in told] == [ConnectionError] * many
    sender.send(handle, "t", ASKED).cancel()
    await asyncio.sleep(0.01)
    assert not sender._lanes


async def test_a_process_that_does_not_answer_does_not_keep_its_slots(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(call_batcher, "CALL_TRY_TIMEOUT_S", 0.05)
    monkeypatch.setattr(called_together, "CALL_ANSWERS_WITHIN_S", 60)
    handle, sender = Handle(), CallBatcher()
    handle.waits = {"hangs": asyncio.Event()}
    hanging = []
    for _ in range(CALLS_AT_ONCE_MAX):
        hanging.append(sender.send(handle, "hangs", ASKED))
        await asyncio.sleep(0.01)
    assert await sender.send(handle, "t", ASKED) == Done(b"t"), "after a while"
    handle.waits["hangs"].set()
    assert await asyncio.gather(*hanging) == [Done(b"hangs")] * CALLS_AT_ONCE_MAX
    assert not sender._lanes


@pytest.mark.unforeseen
async def test_one_that_raises_is_told_alone() -> None:
    async def ask(tournament_id: str, message: Message) -> Done:
        if tournament_id == "bad":
            raise OSError("no")
        return Done()

    told = await CalledTogether(ask, str).answers([("good", ASKED, NOWHERE), ("bad", ASKED, NOWHERE)])
    assert told[0] == Done() and isinstance(told[1], Unavailable)


async def test_late_answers_are_bounded_and_those_of_another_process_are_not_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(called_together, "LATE_ANSWERS_MAX", 2)
    handle = Handle()
    handle.waits = {"slow": asyncio.Event()}
    told = await handle._together.answers([("slow", ASKED, NOWHERE)] * 3)
    tickets = [one.ticket for one in told if isinstance(one, Late)]
    handle.waits["slow"].set()
    assert [type(await handle._together.late_answer(ticket)) for ticket in tickets] == [
        Unavailable,
        Done,
        Done,
    ]
