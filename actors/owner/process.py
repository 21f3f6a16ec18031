"""What the activations of one process share."""

import asyncio
from dataclasses import dataclass, field

from actors.owner.room.opening import Rooms
from actors.owner.room.room_clock import RoomClock
from actors.replies import Unavailable
from config.owner_limits import MOVE_BEFORE_START_MS, RECOVERIES_AT_ONCE, SHARED_ENTRIES_MAX
from server.domain.tournament.lifecycle import Status
from server.domain.tournament.state import Tournament
from server.ports import Clock, Journal, Publisher
from server.runtime.turn_note import Turn, no_turn


@dataclass(frozen=True, slots=True)
class Process:
    """`holder` names the process in leases. With a `placement` it owns only what is placed there; without one
    whatever it is asked for (tests, `--engine local`). A `room_clock` is set by the process, which then shows
    life for all of its activations, too; without one each activation does so for itself. `turn` notes whose
    turn it is."""

    journal: Journal
    clock: Clock
    holder: str
    publisher: Publisher | None = None
    rooms: Rooms | None = None
    placement: str | None = None
    room_clock: RoomClock | None = None
    turn: Turn = no_turn
    # Each reads a log over a connection of its own: signs of life must find one, too.
    recovering: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(RECOVERIES_AT_ONCE))


def may_share(state: Tournament) -> bool:
    """Large states and rooms would be read on the loop of many: they keep the process of their own."""
    return len(state.entries) <= SHARED_ENTRIES_MAX and state.rules.room is None


def is_needed(state: Tournament | None, now_ms: int) -> bool:
    """Whether an owner stays though none asks: in play, or about to start."""
    if state is None or state.status in (Status.COMPLETED, Status.CANCELLED):
        return False
    left_ms = state.rules.start_at_ms - now_ms
    return state.status is Status.IN_PROGRESS or 0 < left_ms < MOVE_BEFORE_START_MS


def not_here(found: object) -> Unavailable:
    """What a poll is told where nothing can be waited for. That it lives elsewhere must reach the caller."""
    return found if isinstance(found, Unavailable) else Unavailable("nothing to wait for")
