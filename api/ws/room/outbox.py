"""What the players of a front end did and their owner does not have yet. Bounded: a full one says so."""

from collections import Counter, deque
from collections.abc import Callable
from typing import NamedTuple

from api.ws.room.stamps import StampClock
from config.limits import (
    ROOM_DELIVERY_BYTES_MAX,
    ROOM_DELIVERY_INPUTS_MAX,
    ROOM_HELD_MAX,
    ROOM_HELD_PER_PLAYER_MAX,
)
from server.domain.rooms.inputs import Input

_INPUT_OVERHEAD_BYTES = 60


class Held(NamedTuple):
    """An input, and who is told what became of it."""

    input: Input
    answer: Callable[[bytes], None]


class Outbox:
    """Stamped in order; what comes before our clock is set gets its stamp then."""

    def __init__(self, stamps: StampClock) -> None:
        self._stamps = stamps
        self._held: deque[Held] = deque()
        self._of_player: Counter[int] = Counter()

    def __len__(self) -> int:
        return len(self._held)

    def put(self, one: Input, answer: Callable[[bytes], None]) -> bool:
        """Hold an input; False when this player, or all together, have too many on the way."""
        if self._of_player[one.player] >= ROOM_HELD_PER_PLAYER_MAX or len(self._held) >= ROOM_HELD_MAX:
            return False
        self.put_anyway(one, answer)
        return True

    def put_anyway(self, one: Input, answer: Callable[[bytes], None]) -> None:
        """What cannot be refused: that a connection is gone."""
        stamp_us = self._stamps.stamp() if self._stamps.is_set else 0
        self._held.append(Held(one._replace(stamp_us=stamp_us), answer))
        self._of_player[one.player] += 1

    def take(self) -> list[Held]:
        """The next delivery; what it holds counts as held until `done`."""
        taken: list[Held] = []
        size = 0
        while self._held and len(taken) < ROOM_DELIVERY_INPUTS_MAX:
            one = self._held[0]
            size += _INPUT_OVERHEAD_BYTES + len(one.input.body)
            if taken and size > ROOM_DELIVERY_BYTES_MAX:
                break
            if not one.input.stamp_us:
                one = one._replace(input=one.input._replace(stamp_us=self._stamps.stamp()))
            self._held.popleft()
            taken.append(one)
        return taken

    def done(self, taken: list[Held]) -> None:
        """The owner has answered these."""
        self._of_player -= Counter(one.input.player for one in taken)

    def promise(self) -> int:
        """Nothing stamped before this moment is held here."""
        return self._held[0].input.stamp_us if self._held else self._stamps.promise()
