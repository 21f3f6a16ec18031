"""Messages on their way to processes: those that wait for the same one go as one call.

A call through Ray costs both sides several times what a message costs. Few calls to a process are under way at
a time, and they begin some milliseconds apart; what comes meanwhile waits, and goes along with the next. A
message whose answer takes long holds up others by 0.1 s at most: its process answers the rest, and says how to
ask for that one.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple

from actors.replies import Late, Reply
from actors.requests import Message, ReportFacts
from config.limits import CALL_TRY_TIMEOUT_S, FACT_CALL_BYTES_MAX
from config.origin import Origin, current
from config.owner_limits import CALL_EVERY_S, CALL_MESSAGES_MAX, CALLS_AT_ONCE_MAX

# What any other message counts for, whatever it weighs: answers of some weigh as much.
_OTHERS_BYTES = 2_048


class _Parcel(NamedTuple):
    tournament_id: str
    message: Message
    origin: Origin
    answer: "asyncio.Future[Reply]"


class CallBatcher:
    """Of one caller, to all processes."""

    def __init__(self) -> None:
        self._lanes: dict[Any, _Lane] = {}

    def send(self, handle: Any, tournament_id: str, message: Message) -> "asyncio.Future[Reply]":
        """The reply of an actor, or what Ray raises. Cancel it when none waits for it any more."""
        lane = self._lanes.get(handle)
        if lane is None:
            lane = self._lanes[handle] = _Lane(handle, lambda: self._lanes.pop(handle, None))
        return lane.send(tournament_id, message)


class _Lane:
    """What goes to one process. `on_idle` is called when there is nothing left."""

    def __init__(self, handle: Any, on_idle: Callable[[], object]) -> None:
        self.handle = handle
        self._on_idle = on_idle
        self._waiting: deque[_Parcel] = deque()
        self._under_way = 0
        self._went_s = 0.0
        self._is_planned = False

    def send(self, tournament_id: str, message: Message) -> "asyncio.Future[Reply]":
        answer: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Parcel(tournament_id, message, current(), answer))
        self._plan()
        return answer

    def is_idle(self) -> bool:
        return not (self._waiting or self._under_way)

    def _plan(self) -> None:
        """Go with the next turn of the loop: what else is sent in this one goes along."""
        if self._waiting and self._under_way < CALLS_AT_ONCE_MAX and not self._is_planned:
            self._is_planned = True
            loop, due_s = asyncio.get_running_loop(), self._went_s + CALL_EVERY_S
            if due_s <= loop.time():
                loop.call_soon(self._go)
            else:
                loop.call_at(due_s, self._go)

    def _go(self) -> None:
        self._is_planned = False
        self._went_s = asyncio.get_running_loop().time()
        if load := self._load():
            try:
                asked = [(one.tournament_id, one.message, one.origin) for one in load]
                call = asyncio.wrap_future(self.handle.ask_many.remote(asked).future())
            except Exception as error:  # Ray raises some of what it has to say at once
                _fail(load, error)
            else:
                self._under_way += 1
                slot = _Slot(self)
                call.add_done_callback(lambda done: self._arrived(done, load, slot))
        self._go_on()

    def _go_on(self) -> None:
        self._plan()
        if self.is_idle():
            self._on_idle()

    def _load(self) -> list[_Parcel]:
        load, weight = list[_Parcel](), 0
        while self._waiting and len(load) < CALL_MESSAGES_MAX:
            if self._waiting[0].answer.done():
                self._waiting.popleft()  # none waits for it any more
                continue
            weight += _weight(self._waiting[0].message)
            if load and weight > FACT_CALL_BYTES_MAX:
                break
            load.append(self._waiting.popleft())
        return load

    def _arrived(self, call: "asyncio.Future[list[Reply | Late]]", load: list[_Parcel], slot: "_Slot") -> None:
        slot.free()
        error = None if call.cancelled() else call.exception()
        if call.cancelled() or error is not None:
            _fail(load, error or asyncio.CancelledError())
            return
        for one, reply in zip(load, call.result(), strict=True):
            if isinstance(reply, Late):
                self._wait_for(one, reply)
            elif not one.answer.done():
                one.answer.set_result(reply)

    def _wait_for(self, parcel: _Parcel, late: Late) -> None:
        if parcel.answer.done():
            return
        try:
            call = asyncio.wrap_future(self.handle.late_answer.remote(late.ticket).future())
        except Exception as error:
            _fail([parcel], error)
            return

        def arrived(call: "asyncio.Future[Reply]") -> None:
            if call.cancelled() or parcel.answer.done():
                return
            if (error := call.exception()) is not None:
                parcel.answer.set_exception(error)
            else:
                parcel.answer.set_result(call.result())

        call.add_done_callback(arrived)

    def freed(self) -> None:
        """One call less is under way."""
        self._under_way -= 1
        self._go_on()


class _Slot:
    """A call that is under way. One without an answer for long counts no more: others must not wait for it."""

    def __init__(self, lane: _Lane) -> None:
        self._lane: _Lane | None = lane
        self._timer = asyncio.get_running_loop().call_later(CALL_TRY_TIMEOUT_S, self.free)

    def free(self) -> None:
        self._timer.cancel()
        if self._lane is not None:
            lane, self._lane = self._lane, None
            lane.freed()


def _fail(load: list[_Parcel], error: BaseException) -> None:
    for one in load:
        if not one.answer.done():
            one.answer.set_exception(error)


def _weight(message: Message) -> int:
    return len(message.payload) if isinstance(message, ReportFacts) else _OTHERS_BYTES
