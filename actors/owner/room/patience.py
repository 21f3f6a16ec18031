"""For how long a room that cannot open is waited for, and what is said when it is given up."""

from actors.owner.room.room_clock import RoomClock
from config.limits import ROOM_LOST_AFTER_MS
from server.domain.tournament.lifecycle import Status
from server.domain.tournament.play.room_facts import awaited_ms
from server.domain.tournament.state import Tournament
from server.journal.room_replay import RoomReplay
from server.ports import Clock


class Patience:
    """A game that is missing may be installed, a beacon may be late: ten minutes of each."""

    def __init__(self, state: Tournament, clock: Clock, room_clock: RoomClock, replay: RoomReplay) -> None:
        self._state = state
        self._clock = clock
        self._room_clock = room_clock
        self._replay = replay
        self._lost_ms: int | None = None

    def why_given_up(self) -> str | None:
        """Why the tournament must be called off; None when there is hope."""
        if self._state.status is not Status.IN_PROGRESS:
            return None
        if self.beacon_in_ms() == 0:
            return "The public beacon that its chance needs did not come"
        if self._replay.why_lost() is None:
            return None
        now_ms = self._clock.monotonic_ms()
        self._lost_ms = now_ms if self._lost_ms is None else self._lost_ms
        is_over = now_ms - self._lost_ms >= ROOM_LOST_AFTER_MS
        return "The game of this tournament could not be opened" if is_over else None

    def beacon_in_ms(self) -> int | None:
        """For how long the beacon is still waited for; None where none is."""
        due_ms = awaited_ms(self._state)
        if due_ms is None:
            return None
        return max(due_ms + ROOM_LOST_AFTER_MS - self._room_clock.now_us() // 1_000, 0)

    def due_in_ms(self) -> int | None:
        """When a room that is not open must be looked at; None when nothing is waited for."""
        return self.beacon_in_ms() if self._replay.why_lost() is None else ROOM_LOST_AFTER_MS
