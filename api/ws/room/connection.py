"""A player's socket as the room's link knows it."""

from collections.abc import Callable
from dataclasses import dataclass

from api.ws.packing import Packed

Say = Callable[[Packed], object]


@dataclass(slots=True)
class Connection:
    """A socket as the room knows it. `seat` is what it holds, 0 for none."""

    number: int
    player_no: int
    say: Say
    seat: int = 0
