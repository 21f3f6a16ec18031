"""What front ends delivered and what is not decided yet; which moments are settled.

A moment is settled when every front end with seats has said that nothing from before it is missing, or a
second after it, or after this owner opened. Until then what is stamped later waits.
"""

import asyncio
import heapq
from dataclasses import dataclass, field
from typing import Final

from actors.replies import Reply, Unavailable
from actors.requests import Deliver
from config import limits
from server.domain.rooms.inputs import Delivered, Input, Kind
from server.domain.rooms.room import Room, Seat
from server.encoding.room_codec import decode_inputs
from server.ports import Clock

_FROM_OUTSIDE: Final = (Kind.PLAY, Kind.JOIN, Kind.LEAVE, Kind.DROP, Kind.FLOOD)


@dataclass(slots=True)
class Parcel:
    """One delivery while it is decided: its answers so far, and how many are missing."""

    of: Delivered
    callers: list[asyncio.Future[Reply]]
    answers: list[bytes]
    missing: int

    def tell(self, reply: Reply) -> None:
        """Answer all who handed it in: a call may have been repeated while the first one still waits."""
        for caller in self.callers:
            if not caller.done():
                caller.set_result(reply)


@dataclass(slots=True)
class Promise:
    """What a front end said last: all it stamped before `watermark_us` is in its deliveries up to `number`, of
    which `received` are here. `heard_ms` is monotonic."""

    incarnation: int
    heard_ms: int = 0
    received: int = 0
    number: int = 0
    watermark_us: int = 0


@dataclass(slots=True)
class Inbox:
    """Everything volatile of deliveries: front ends send again what was not answered. `opened_us` is room
    time, `opened_ms` monotonic."""

    clock: Clock
    opened_us: int
    opened_ms: int
    parcels: dict[str, Parcel] = field(default_factory=dict)
    promises: dict[str, Promise] = field(default_factory=dict)
    inferred: set[tuple[int, int, int]] = field(default_factory=set)
    waiting: list[tuple[tuple[int, str, int, int], Input]] = field(default_factory=list)

    def take(self, message: Deliver, answer: asyncio.Future[Reply]) -> None:
        """Queue the inputs of a delivery that is the next one of its front end."""
        inputs = self.inputs_of(message)
        promise = self.hear(message.front_end, message.incarnation)
        promise.received = message.number
        self._note(promise, message.number, message.watermark_us)
        of = Delivered(message.front_end, message.incarnation, message.number)
        self.parcels[message.front_end] = Parcel(of, [answer], [b""] * len(inputs), len(inputs))
        for one in inputs:
            heapq.heappush(self.waiting, (one.place, one))

    def inputs_of(self, message: Deliver) -> list[Input]:
        """The inputs of a delivery, with where they came from. Raises `ValueError` for kinds that are not a
        front end's to say."""
        inputs = decode_inputs(message.payload)
        if any(one.kind not in _FROM_OUTSIDE for one in inputs):
            raise ValueError("a front end says what players do, nothing else")
        front_end, number = message.front_end, message.number
        return [one._replace(nth=nth, front_end=front_end, number=number) for nth, one in enumerate(inputs)]

    def infer(self, kind: Kind, player: int, seat: Seat, now_us: int) -> None:
        """Something about a connection that no front end said; once, until it is decided."""
        if (kind, player, seat.connection) in self.inferred:
            return
        self.inferred.add((kind, player, seat.connection))
        one = Input(kind, now_us, seat.front_end, player=player, connection=seat.connection)
        heapq.heappush(self.waiting, (one.place, one))

    def under_way(self, message: Deliver) -> Parcel | None:
        """The delivery that is being decided, where this is the same one again."""
        parcel = self.parcels.get(message.front_end)
        same = (message.front_end, message.incarnation, message.number)
        return parcel if parcel is not None and parcel.of == same else None

    def hear(self, front_end: str, incarnation: int) -> Promise:
        """A front end is there. A new life of it forgets what the former one had under way."""
        promise = self.promises.get(front_end)
        if promise is None or promise.incarnation != incarnation:
            promise = self.promises[front_end] = Promise(incarnation)
            self.forget(front_end)
        promise.heard_ms = self.clock.monotonic_ms()
        return promise

    def forget(self, front_end: str) -> None:
        """Nothing of this front end waits any more."""
        if (parcel := self.parcels.pop(front_end, None)) is not None:
            parcel.tell(Unavailable("another life of this front end"))
        self.waiting = [entry for entry in self.waiting if entry[1].front_end != front_end]
        heapq.heapify(self.waiting)

    def promised(self, front_end: str, incarnation: int, number: int, watermark_us: int) -> None:
        """A front end promises: nothing from before its watermark is missing but deliveries up to `number`."""
        self._note(self.hear(front_end, incarnation), number, watermark_us)

    def _note(self, promise: Promise, number: int, watermark_us: int) -> None:
        if watermark_us > promise.watermark_us:
            promise.number, promise.watermark_us = number, watermark_us

    def is_settled(self, room: Room, moment_ms: int, now_us: int) -> bool:
        """Whether nothing from before this moment can count any more."""
        moment_us = moment_ms * 1_000
        if now_us < moment_us:
            return False
        if now_us >= self.patient_until_us(moment_ms):
            return True
        return all(self._has_promised(room, name, moment_us) for name in room.seated_front_ends())

    def patient_until_us(self, moment_ms: int) -> int:
        """From this instant on a moment is settled, whatever front ends have said."""
        return max(moment_ms * 1_000, self.opened_us) + limits.SETTLE_PATIENCE_MS * 1_000

    def _has_promised(self, room: Room, front_end: str, moment_us: int) -> bool:
        promise = self.promises.get(front_end)
        if promise is None or promise.watermark_us < moment_us:
            return False
        known = room.front_ends.get(front_end)
        decided = known.number if known is not None and known.incarnation == promise.incarnation else 0
        return max(promise.received, decided) >= promise.number

    def next(self, before_us: int | None) -> Input | None:
        """The earliest input that waits, unless it is stamped at or after `before_us`."""
        if not self.waiting or (before_us is not None and self.waiting[0][1].stamp_us >= before_us):
            return None
        one = heapq.heappop(self.waiting)[1]
        self.inferred.discard((one.kind, one.player, one.connection))
        return one

    def answered(self, one: Input, answer: bytes | None) -> Parcel | None:
        """Note the answer to an input; the parcel when it was the last one that was missing."""
        parcel = self.parcels.get(one.front_end)
        if parcel is None or parcel.of.number != one.number:
            return None
        parcel.answers[one.nth] = answer or b""
        parcel.missing -= 1
        return parcel if parcel.missing == 0 else None

    def silent(self, room: Room) -> list[tuple[int, Seat]]:
        """The seats whose front end has not been heard for long."""
        since_ms = self.clock.monotonic_ms() - int(limits.PRESENCE_S * 1_000)
        taken = [(player, seat) for player, seat in room.seats.items() if seat.away_us is None]
        return [(player, seat) for player, seat in taken if self._heard_ms(seat) <= since_ms]

    def gone(self) -> list[str]:
        """The front ends that have not been heard for long; from here on they are unknown."""
        since_ms = self.clock.monotonic_ms() - int(limits.PRESENCE_S * 1_000)
        gone = [name for name, promise in self.promises.items() if promise.heard_ms <= since_ms]
        for name in gone:
            del self.promises[name]
            self.forget(name)
        return gone

    def _heard_ms(self, seat: Seat) -> int:
        promise = self.promises.get(seat.front_end)
        if promise is None or promise.incarnation != seat.incarnation:
            return self.opened_ms
        return max(self.opened_ms, promise.heard_ms)

    def abandon(self, why: Unavailable) -> None:
        """There will be no answer from this owner."""
        for parcel in self.parcels.values():
            parcel.tell(why)
        self.parcels.clear()
