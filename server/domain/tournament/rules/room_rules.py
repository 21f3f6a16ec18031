"""What a tournament says of the room in which it is played."""

from dataclasses import dataclass
from typing import Final

# A chain is computed in one go when a tournament is created and when its room opens: 15 ms of a core.
FLIGHTS_MAX: Final = 10_000
# Play may be made longer than planned: the chain is as long again, and a little more.
_SPARE_LINKS: Final = 16


@dataclass(frozen=True, slots=True)
class RoomRules:
    """`settings` are complete: those of the framework and of the game, by name. No flight of the game is
    shorter than `shortest_flight_ms`, pause included. `commitment` is the end of the chain of `links` that all
    chance comes from, as hexadecimal text; empty until the tournament is created. `beacon` names the public
    beacon that the salt is made with, empty for none."""

    settings: tuple[tuple[str, int], ...]
    shortest_flight_ms: int
    commitment: str = ""
    links: int = 0
    beacon: str = ""

    def setting(self, name: str) -> int | None:
        """One setting, None where it was left out."""
        return dict(self.settings).get(name)

    @property
    def starting_credits(self) -> int:
        """What each entry brings."""
        return dict(self.settings)["starting_credits"]

    def flights_within(self, play_ms: int) -> int:
        """How many flights can happen in so long a time."""
        by_time = play_ms // max(self.shortest_flight_ms, 1) + 1
        return min(self.setting("flights") or by_time, by_time)

    def links_for(self, play_ms: int) -> int:
        """How long the chain must be for all flights that can happen, extensions included."""
        return 2 * self.flights_within(play_ms) + _SPARE_LINKS
