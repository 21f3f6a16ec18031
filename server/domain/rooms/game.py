"""What the author of a game writes: one class with a name, a version, a typed state and moves.

A game has no clock, no I/O and no randomness of its own: all of it comes from the desk. The same inputs must
lead to the same answers, in any process, for as long as the version stands.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from server.domain.rooms.arguments import Arguments

if TYPE_CHECKING:
    from server.domain.rooms.desk import Desk

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Setting:
    """A whole number that a tournament may set in its config; `says` is one sentence for people. `default`
    None means that it may be left out."""

    default: int | None
    least: int
    most: int
    says: str


def takes(**arguments: Any) -> Callable[[F], F]:
    """Marks a method as a move that players may call, and says what it takes. Nothing else can be called."""

    def mark(method: F) -> F:
        method.__takes__ = arguments  # type: ignore[attr-defined]
        return method

    return mark


class Game:
    """One room of a game. `State` is a dataclass of plain data and is all that the game remembers: it is
    `self.state`, made anew whenever the room begins or begins again.

    `upgrades_from` names versions whose state this one can go on with. Players are numbers.
    """

    slug: ClassVar[str]
    version: ClassVar[str]
    upgrades_from: ClassVar[tuple[str, ...]] = ()
    settings: ClassVar[Mapping[str, Setting]] = {}
    State: ClassVar[type] = dict

    def __init__(self) -> None:
        self.state: Any = self.State()

    def opens(self, desk: "Desk") -> None:
        """The room begins: at the start, with a new round, and anew after a fault of the game."""

    def joins(self, desk: "Desk", player: int) -> None:
        """A player takes a seat for the first time, or again after having left."""

    def leaves(self, desk: "Desk", player: int) -> None:
        """A player leaves the seat: by will, or after having been away for too long. A stake stays."""

    def dropped(self, desk: "Desk", player: int) -> None:
        """The player's connection is lost. Seat and stake stay."""

    def back(self, desk: "Desk", player: int) -> None:
        """A player whose connection was lost is back."""

    def goes(self, desk: "Desk", player: int, why: str) -> None:
        """The player is out for good: `removed`, `disqualified` or `eliminated`. A stake went back already."""

    def gets(self, desk: "Desk", player: int, amount: int) -> None:
        """The player bought credits; they are there already."""

    def ticks(self, desk: "Desk") -> None:
        """A moment asked for by `desk.wake_at` is settled: nothing from before it is missing. `desk.now_ms`
        may be much later, when the room's process was away."""

    def shows(self, kind: str, at_ms: int) -> Mapping[str, Any] | None:
        """What is shown at a moment asked for by `desk.shows_at`, None for nothing. Must not change the
        state."""
        return {}

    def sees(self, player: int | None) -> Mapping[str, Any]:
        """The state as one player may see it; of None, as all who watch may."""
        return {}

    @classmethod
    def faults(cls, settings: Mapping[str, int]) -> Mapping[str, str]:
        """What is wrong with settings that are each within their bounds, by name."""
        return {}

    @classmethod
    def shortest_flight_ms(cls, settings: Mapping[str, int]) -> int:
        """No flight, pause included, is shorter: how long a chain must be follows from it."""
        return 1_000

    @classmethod
    def proves(cls, drawn: int, settings: Mapping[str, int]) -> Mapping[str, Any]:
        """What follows from the first draw of a flight (`desk.draw`, 52 bits), for those who check it."""
        return {}

    @classmethod
    def moves(cls) -> dict[str, Arguments]:
        """The moves that players may make, with what they take."""
        found = {name: getattr(getattr(cls, name), "__takes__", None) for name in dir(cls)}
        return {name: arguments for name, arguments in found.items() if arguments is not None}
