"""What front ends hear of a room: its events, encoded once; the view of each player; who lost a seat."""

import asyncio
from collections import defaultdict, deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from actors.replies import RoomNews
from actors.requests import RoomPoll
from config import limits
from server.broadcast import room_frames
from server.domain.rooms.inputs import Shown, Told, Unseated
from server.domain.rooms.room import Room
from server.ports import Clock


@dataclass(slots=True)
class _Private:
    """For the players at one front end: whose view is new, what they are told, who lost the seat."""

    hands: dict[int, None] = field(default_factory=dict)
    told: deque[tuple[int, bytes]] = field(default_factory=lambda: deque(maxlen=limits.ROOM_TOLD_MAX))
    unseated: list[tuple[int, int]] = field(default_factory=list)

    def is_empty(self) -> bool:
        return not (self.hands or self.told or self.unseated)


class RoomFeed:
    """Events leave at most ten times a second, urgent ones at once; `state` and `hand` make the frames of the
    whole room and of one player."""

    def __init__(
        self, epoch: int, clock: Clock, state: Callable[[int], bytes], hand: Callable[[int], bytes]
    ) -> None:
        self.epoch = epoch
        self.seq = 0
        self.settle_us = 0
        self._clock = clock
        self._state = state
        self._hand = hand
        self._frames: deque[tuple[int, bytes]] = deque(maxlen=limits.ROOM_FRAMES_KEPT_MAX)
        self._pending: list[Shown] = []
        self._sent_ms = 0
        self._private: dict[str, _Private] = defaultdict(_Private)
        self._fresh = asyncio.Event()
        self._whole: tuple[int, bytes] | None = None

    def add(self, shown: list[Shown]) -> None:
        """All shall hear this."""
        self._pending += shown
        self._whole = None
        self.flush()

    def outdated(self) -> None:
        """The whole room looks otherwise, without an event."""
        self._whole = None

    def flush(self) -> None:
        """Send what waits, when it is time or something is urgent."""
        if not self._pending or not (self.due_in_ms() == 0 or any(one.urgent for one in self._pending)):
            return
        self.seq += 1
        self._sent_ms = self._clock.monotonic_ms()
        self._frames.append((self.seq, room_frames.events(self.epoch, self.seq, self._pending)))
        self._pending = []
        self.wake()

    def due_in_ms(self) -> int | None:
        """When what waits shall leave; None when nothing waits."""
        if not self._pending:
            return None
        return max(self._sent_ms + limits.ROOM_EVENTS_EVERY_MS - self._clock.monotonic_ms(), 0)

    def tell(self, room: Room, told: list[Told], touched: set[int], unseated: list[Unseated]) -> None:
        """Players hear what is theirs, where they sit; who does not sit reads it when coming back."""
        for player in touched:
            if (seat := room.seats.get(player)) is not None:
                self._private[seat.front_end].hands[player] = None
        for one in told:
            if (seat := room.seats.get(one.player)) is not None:
                self._private[seat.front_end].told.append((one.player, room_frames.told(one)))
        for lost in unseated:
            self._private[lost.front_end].unseated.append((lost.player, lost.connection))
        if touched or told or unseated:
            self.wake()

    def settle(self, moment_us: int) -> None:
        """Front ends shall send all that they stamped before this moment."""
        if moment_us > self.settle_us:
            self.settle_us = moment_us
            self.wake()

    def forget(self, front_end: str) -> None:
        """Nothing waits for this front end any more."""
        self._private.pop(front_end, None)

    def wake(self) -> None:
        """Those who wait look again."""
        self._fresh.set()
        self._fresh.clear()

    async def news(self, poll: RoomPoll, room_us: Callable[[], int]) -> RoomNews:
        """What is new for a front end, waited for at most `LONG_POLL_S`."""
        if not self._has_news(poll):
            with suppress(TimeoutError):
                async with asyncio.timeout(limits.LONG_POLL_S):
                    await self._fresh.wait()
        private = self._private[poll.front_end]
        unseated, private.unseated = tuple(private.unseated), []
        behind = self._behind(poll)
        settle_us = self.settle_us if poll.watermark_us < self.settle_us else 0
        return RoomNews(
            epoch=self.epoch,
            seq=self.seq,
            room_us=room_us(),
            frames=behind or (),
            state=self._snapshot() if behind is None else None,
            private=self._taken(private),
            unseated=unseated,
            settle_us=settle_us,
        )

    def _has_news(self, poll: RoomPoll) -> bool:
        here = (poll.epoch, poll.seq) == (self.epoch, self.seq)
        return not here or poll.watermark_us < self.settle_us or not self._private[poll.front_end].is_empty()

    def _behind(self, poll: RoomPoll) -> tuple[bytes, ...] | None:
        """The frames behind a position; None when they are gone, or of another owner."""
        if poll.epoch != self.epoch or poll.seq > self.seq:
            return None
        frames = tuple(frame for seq, frame in self._frames if seq > poll.seq)
        return frames if len(frames) == self.seq - poll.seq else None

    def _snapshot(self) -> bytes:
        if self._whole is None or self._whole[0] != self.seq:
            self._whole = (self.seq, self._state(self.seq))
        return self._whole[1]

    def _taken(self, private: _Private) -> tuple[tuple[int, bytes], ...]:
        """As much as one reply carries; the rest comes with the next one."""
        taken, size = [], 0
        while private.told and size < limits.ROOM_HANDS_BYTES_MAX:
            taken.append(private.told.popleft())
            size += len(taken[-1][1])
        while private.hands and size < limits.ROOM_HANDS_BYTES_MAX:
            player = next(iter(private.hands))
            del private.hands[player]
            taken.append((player, self._hand(player)))
            size += len(taken[-1][1])
        return tuple(taken)
