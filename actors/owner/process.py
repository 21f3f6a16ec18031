"""What the activations of one process share."""

from dataclasses import dataclass

from actors.owner.room.opening import Rooms
from actors.owner.room.room_clock import RoomClock
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
