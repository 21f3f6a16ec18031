"""What the activations of one process share."""

from dataclasses import dataclass

from actors.owner.room.opening import Rooms
from actors.owner.room.room_clock import RoomClock
from actors.replies import Unavailable
from config.owner_limits import SHARED_ENTRIES_MAX
from server.domain.tournament.state import Tournament
from server.ports import Clock, Journal, Publisher


@dataclass(frozen=True, slots=True)
class Process:
    """`holder` names the process in leases. With a `placement` it owns only what is placed there; without one
    whatever it is asked for (tests, `--engine local`). A `room_clock` is set by the process, which then shows
    life for all of its activations, too; without one each activation does so for itself."""

    journal: Journal
    clock: Clock
    holder: str
    publisher: Publisher | None = None
    rooms: Rooms | None = None
    placement: str | None = None
    room_clock: RoomClock | None = None


def may_share(state: Tournament) -> bool:
    """Large states and rooms would be read on the loop of many: they keep the process of their own."""
    return len(state.entries) <= SHARED_ENTRIES_MAX and state.rules.room is None


def not_here(found: object) -> Unavailable:
    """What a poll is told where nothing can be waited for. That it lives elsewhere must reach the caller."""
    return found if isinstance(found, Unavailable) else Unavailable("nothing to wait for")
