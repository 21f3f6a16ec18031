"""One room and its players at this front end: inputs go out in numbered deliveries, news comes in by a long
poll.

A delivery is sent until it is answered, also over the death of its owner; the next one follows then. The
stamps stay what they were.
"""

import asyncio
import itertools
import logging
from collections import Counter
from collections.abc import Callable

from actors.directory import Directory
from actors.replies import Done, Refused, Reply, RoomNews, Unavailable
from actors.requests import Deliver, RoomPoll
from api.ws.packing import Packed, packed
from api.ws.room.connection import Connection, Say
from api.ws.room.outbox import Held, Outbox
from api.ws.room.stamps import StampClock
from config.limits import ROOM_PING_EVERY_S
from server.broadcast import room_frames
from server.domain.rooms.inputs import Input, Kind
from server.domain.rooms.refusals import RoomCode
from server.encoding.room_codec import encode_inputs
from server.ports import Clock

log = logging.getLogger(__name__)

_PAUSE_S = 0.1
_SETTLE_PAUSE_S = 0.02
_RETRY_AFTER_S = 1


class RoomLink:
    """`lives` numbers the lives of links, and `tell_all` writes a frame to every socket that watches the
    tournament. A link that `drains` seats no one any more."""

    def __init__(
        self,
        tournament_id: str,
        directory: Directory,
        clock: Clock,
        name: str,
        lives: Callable[[], int],
        tell_all: Callable[[Packed], None],
    ) -> None:
        self.stamps = StampClock(clock)
        self._tournament_id = tournament_id
        self._directory = directory
        self._clock = clock
        self._name = name
        self._lives = lives
        self._incarnation = lives()
        self._tell_all = tell_all
        self._outbox = Outbox(self.stamps)
        self._number = 0
        self._at = (-1, 0)
        self._connections: dict[int, Connection] = {}
        self._seated: dict[int, Connection] = {}
        self._numbers = itertools.count(1)
        self._floods: Counter[int] = Counter()
        self._queued = asyncio.Event()
        self._is_set = asyncio.Event()
        self.drains = False
        self._newcomers: list[Say] = []
        self._came = asyncio.Event()

    # What sockets call

    def connect(self, player_no: int, say: Say) -> Connection:
        """A player's socket is here; it has no seat yet."""
        connection = Connection(next(self._numbers), player_no, say)
        self._connections[connection.number] = connection
        return connection

    def show_to(self, say: Say) -> None:
        """Send the whole room to a socket that has none of it."""
        self._newcomers.append(say)
        self._came.set()

    def join(self, connection: Connection, seat: int) -> None:
        """Ask for the player's seat."""
        if self.drains:
            connection.say(packed(room_frames.refused(None, RoomCode.DRAINING)))
            return
        one = self._input(Kind.JOIN, connection, seat=seat, amount=self._incarnation)
        self._put(one, lambda frame: self._joined(connection, frame), connection.say)

    def play(
        self,
        connection: Connection,
        move_id: int,
        flight: int,
        move: str,
        body: bytes,
        until_ms: int | None = None,
    ) -> None:
        """Hand in a move; it is stamped now. After `until_ms` it is not made any more."""
        if not connection.seat:
            connection.say(packed(room_frames.refused(move_id, RoomCode.NOT_JOINED)))
            return
        if until_ms is not None and self.stamps.is_set and self.stamps.stamp() > until_ms * 1_000:
            connection.say(packed(room_frames.refused(move_id, RoomCode.EXPIRED)))
            return
        one = self._input(
            Kind.PLAY,
            connection,
            seat=connection.seat,
            move_id=move_id,
            flight=flight,
            word=move,
            body=body,
        )
        self._put(one, lambda frame: self._answer(connection, frame), connection.say)

    def leave(self, connection: Connection) -> None:
        """The player gives the seat up."""
        self._part(connection, Kind.LEAVE)

    def drop(self, connection: Connection) -> None:
        """The socket is gone; the seat stays for a while."""
        self._connections.pop(connection.number, None)
        self._part(connection, Kind.DROP)

    def flooded(self, connection: Connection) -> None:
        """A message of this socket was refused unread: a trail of it is kept."""
        connection.say(packed(room_frames.refused(None, RoomCode.TOO_MANY_MESSAGES)))
        self._floods[connection.player_no] += 1
        self._queued.set()

    def _note_floods(self) -> None:
        floods, self._floods = self._floods, Counter()
        for player_no, messages in floods.items():
            self._outbox.put_anyway(Input(Kind.FLOOD, 0, player=player_no, amount=messages), _nothing)

    def _part(self, connection: Connection, kind: Kind) -> None:
        if not connection.seat:
            return
        connection.seat = 0
        if self._seated.get(connection.player_no) is connection:
            del self._seated[connection.player_no]
        self._report(kind, connection)

    def _report(self, kind: Kind, connection: Connection) -> None:
        """Something that the owner must know and that is not answered."""
        self._outbox.put_anyway(self._input(kind, connection), _nothing)
        self._queued.set()

    def _input(self, kind: Kind, connection: Connection, **fields: object) -> Input:
        return Input(kind, 0, player=connection.player_no, connection=connection.number)._replace(**fields)  # type: ignore[arg-type]

    def _put(self, one: Input, answer: Callable[[bytes], None], say: Say) -> None:
        if self._outbox.put(one, answer):
            self._queued.set()
            return
        say(packed(_refusal(one, RoomCode.OVERLOADED, retryAfter=_RETRY_AFTER_S)))

    def _joined(self, connection: Connection, frame: bytes) -> None:
        seat = room_frames.seat_in(frame)
        if seat is not None and connection.number in self._connections:
            connection.seat = seat
            self._seated[connection.player_no] = connection
        elif seat is not None:
            self._report(Kind.DROP, connection)  # the socket went before its seat came
        self._answer(connection, frame)
        self.show_to(connection.say)

    def _answer(self, connection: Connection, frame: bytes) -> None:
        if frame and connection.number in self._connections:
            connection.say(packed(frame))

    # Loops, each kept going by the hub

    async def ping(self) -> None:
        """Ask what time it is in the room."""
        while True:
            asked_ms = self._clock.monotonic_ms()
            room_us = await self._directory.room_time(self._tournament_id)
            if isinstance(room_us, int):
                self.stamps.correct(room_us, asked_ms, self._clock.monotonic_ms())
                self._is_set.set()
            await self._clock.sleep(ROOM_PING_EVERY_S if self.stamps.is_set else _PAUSE_S)

    async def deliver(self) -> None:
        """Delivery after delivery, each until it is known."""
        await self._is_set.wait()
        while True:
            await self._queued.wait()
            self._queued.clear()
            self._note_floods()
            while taken := self._outbox.take():
                await self._hand_in(taken)

    async def _hand_in(self, taken: list[Held]) -> None:
        self._number += 1
        payload = encode_inputs([one.input for one in taken])
        while True:
            reply = await self._try(payload)
            if isinstance(reply, Refused) and reply.code == RoomCode.DELIVERY_GAP:
                self._begin_anew()  # the store was set back: what it knew of us is not what we know
            elif not isinstance(reply, Unavailable):
                break
            await self._clock.sleep(_PAUSE_S)
        self._outbox.done(taken)
        if not isinstance(reply, Done):
            self._number -= 1  # nothing of it is stored
        self._tell(taken, reply)

    def _begin_anew(self) -> None:
        """Another life to the owner: deliveries count from 1, and all who sit here ask for their seats
        again."""
        log.warning("room_link_begins_anew", extra={"tournament": self._tournament_id})
        self._incarnation, self._number = self._lives(), 1
        for connection in list(self._seated.values()):
            self.join(connection, connection.seat)

    async def _try(self, payload: bytes) -> Reply:
        watermark_us = self._outbox.promise()
        message = Deliver(self._name, self._incarnation, self._number, watermark_us, payload)
        try:
            return await self._directory.deliver(self._tournament_id, message)
        except Exception as error:
            log.exception("room_delivery_failed", extra={"tournament": self._tournament_id})
            return Unavailable(type(error).__name__)

    def _tell(self, taken: list[Held], reply: Reply) -> None:
        if isinstance(reply, Done):
            frames = room_frames.answers_in(reply.value)
        else:
            code = reply.code if isinstance(reply, Refused) else RoomCode.SERVICE_UNAVAILABLE
            frames = [_refusal(one.input, code) for one in taken]
        for one, frame in zip(taken, frames, strict=True):
            one.answer(frame)

    async def poll(self) -> None:
        """Hear what is new; promise what is settled."""
        await self._is_set.wait()
        while True:
            news = await self._ask(*self._at)
            if not isinstance(news, RoomNews):
                await self._clock.sleep(_PAUSE_S)
                continue
            self._hear(news)
            if news.state is not None:
                self._tell_all(packed(news.state))
            if news.settle_us > self._outbox.promise():
                await self._clock.sleep(_SETTLE_PAUSE_S)  # what is stamped before it is on its way

    async def greet(self) -> None:
        """Show the room to those who came; who comes together is shown the same frame."""
        await self._is_set.wait()
        while True:
            await self._came.wait()
            self._came.clear()
            news = await self._ask(-1, 0)
            if not isinstance(news, RoomNews) or news.state is None:
                await self._clock.sleep(_PAUSE_S)
                self._came.set()
                continue
            newcomers, self._newcomers = self._newcomers, []
            frame = packed(news.state)
            for say in newcomers:
                say(frame)
            self._private(news)

    async def _ask(self, epoch: int, seq: int) -> RoomNews | Unavailable:
        number, watermark_us = self._number, self._outbox.promise()
        poll = RoomPoll(self._name, self._incarnation, epoch, seq, number, watermark_us)
        return await self._directory.room_news(self._tournament_id, poll)

    def _hear(self, news: RoomNews) -> None:
        self.stamps.heard(news.room_us)
        self._at = news.epoch, news.seq
        for frame in news.frames:
            self._tell_all(packed(frame))
        self._private(news)

    def _private(self, news: RoomNews) -> None:
        for player_no, number in news.unseated:
            connection = self._connections.get(number)
            if connection is not None and connection.player_no == player_no:
                connection.seat = 0
                connection.say(packed(room_frames.refused(None, RoomCode.SEAT_TAKEN_ELSEWHERE)))
        for player_no, frame in news.private:
            if (seated := self._seated.get(player_no)) is not None:
                seated.say(packed(frame))


def _refusal(one: Input, code: str, **detail: object) -> bytes:
    if one.kind not in (Kind.PLAY, Kind.JOIN):
        return b""
    return room_frames.refused(one.move_id if one.kind == Kind.PLAY else None, code, **detail)


def _nothing(frame: bytes) -> None:
    """No client waits for this answer."""
