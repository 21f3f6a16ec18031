"""What a game holds in its hands: time, chance, credits, and ways to be heard.

Changes are collected and become the room's only when the game has done its turn: a turn that fails leaves
none.
"""

from bisect import bisect_left, insort
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from server.domain.rooms import fairness
from server.domain.rooms.arguments import Refused
from server.domain.rooms.inputs import RoomFact, Shown, Told
from server.domain.rooms.refusals import RoomCode
from server.domain.rooms.room import Purse, Room

WAKES_MAX: Final = 100
SHOWS_MAX: Final = 20_000
# No flight begins unless what it needs and this much more fits before the bell.
LAST_CALL_MS: Final = 1_000
Names = Callable[[int], Mapping[str, str]]
Links = Callable[[int], bytes]


class GameError(Exception):
    """The game asked for something that makes no sense; its turn does not count."""


class Desk:
    """One turn of a game at one moment. `config` are the settings that the tournament was sold with."""

    def __init__(self, room: Room, now_ms: int, links: Links, names: Names) -> None:
        self.now_ms = now_ms
        self.config: Mapping[str, int] = room.settings
        self._room = room
        self._links = links
        self._names = names
        self._purses: dict[int, Purse] = {}
        self._won = self._lost = 0
        self._flight, self._in_air = room.flight, room.in_air
        self._drawn, self._draws = room.drawn, room.draws
        self._wakes: list[int] = []
        self._shows: list[tuple[int, str]] = []
        self.facts: list[RoomFact] = []
        self.shown: list[Shown] = []
        self.told: list[Told] = []
        self.reveals: list[tuple[int, bytes]] = []

    # Time

    @property
    def bell_ms(self) -> int:
        """When the running round ends; every flight ends before."""
        return self._room.bell_ms

    def wake_at(self, at_ms: int) -> None:
        """Ask for `ticks` at a moment: it comes when nothing from before that moment is missing, and what is
        from after it waits behind it. A moment that passed while the room's process was away counts all the
        same."""
        if len(self._room.wakes) + len(self._wakes) >= WAKES_MAX:
            raise GameError(f"more than {WAKES_MAX} moments are waited for")
        self._wakes.append(max(at_ms, self._room.settled_us // 1_000 + 1))

    def shows_at(self, at_ms: int, kind: str) -> None:
        """Ask for `shows(kind, at_ms)` at that very moment, once, for something that changes nothing. Beyond
        20,000 moments in a flight no more are shown."""
        if len(self._room.shows) + len(self._shows) < SHOWS_MAX:
            self._shows.append((at_ms, kind))

    # Flights and chance

    @property
    def flight(self) -> int:
        """The number of the flight that is on, or of the last one."""
        return self._flight

    @property
    def flights_left(self) -> int:
        """How many flights may begin after this one."""
        return max(self._room.flights_left - (self._flight - self._room.flight), 0)

    def may_begin(self, needs_ms: int) -> bool:
        """Whether a flight may begin now that needs so long, at least, before it can be decided."""
        return self.flights_left > 0 and self.now_ms + needs_ms + LAST_CALL_MS <= self.bell_ms

    def begins(self, needs_ms: int, **told: Any) -> bool:
        """A flight begins: stakes may be laid, all hear `flight_began`, and `ticks` comes after so
        long. False when no flight fits before the bell, or none is left."""
        if self._in_air:
            raise GameError("a flight is on already")
        if not self.may_begin(needs_ms):
            return False
        self._flight += 1
        self._in_air, self._drawn, self._draws = True, False, 0
        self.wake_at(self.now_ms + needs_ms)
        self.all("flight_began", urgent=True, flight=self._flight, decidedAtMs=self.now_ms + needs_ms, **told)
        return True

    def ends(self, **told: Any) -> None:
        """The flight is over: what is still staked is lost, and all hear `flight_ended` with its
        link."""
        if not self._in_air:
            raise GameError("no flight is on")
        for player in self._staked():
            self._lost += self._purse(player).stake
            self._purse(player).stake = 0
        link = self._links(self._flight)
        self.reveals.append((self._flight, link))
        self._in_air, self._drawn = False, False
        self.all("flight_ended", urgent=True, flight=self._flight, link=link.hex(), **told)

    def draw(self) -> int:
        """A number of 52 bits from the committed chain, another one each time."""
        nth = self._drawing()
        return fairness.draw(self._room.salt, self._links(self._flight), nth)

    def chance(self, n: int) -> int:
        """A number from 0 to below `n` from the committed chain, another one each time."""
        nth = self._drawing()
        return fairness.below(self._room.salt, self._links(self._flight), nth, n)

    def _drawing(self) -> int:
        if not self._in_air:
            raise GameError("chance belongs to a flight")
        self._drawn = True
        self._draws += 1
        return self._draws - 1

    # Credits

    def credits(self, player: int) -> int:
        """What a player can stake."""
        return self._purse(player).credits

    def staked(self, player: int) -> int:
        """What a player has at stake in this flight."""
        return self._purse(player).stake

    def stake(self, player: int, amount: int) -> None:
        """Put credits at stake. Raises `Refused` with `no_flight`, `bad_amount` or `not_enough_credits`."""
        if not self._in_air:
            raise Refused(RoomCode.NO_FLIGHT)
        if amount <= 0:
            raise Refused(RoomCode.BAD_AMOUNT)
        purse = self._purse(player)
        if purse.credits < amount:
            raise Refused(RoomCode.NOT_ENOUGH_CREDITS, credits=purse.credits)
        purse.credits -= amount
        purse.stake += amount
        purse.staked_ms = self.now_ms

    def returns(self, player: int) -> int:
        """Give the whole stake back, as if it had not been laid. What it was."""
        purse = self._purse(player)
        amount, purse.stake = purse.stake, 0
        purse.credits += amount
        return amount

    def settle(
        self,
        player: int,
        win: int,
        *,
        multiplier: int | None = None,
        points: int | None = None,
        at_ms: int | None = None,
    ) -> None:
        """Settle the stake of a player against a win of so many credits, which may be none, and report it:
        this is what scores. Once a player and flight; who is out has the stake back already, and is passed
        over. `multiplier` is in hundredths; `points` is the win unless it is given, `at_ms` this moment."""
        purse = self._purse(player)
        if purse.out is not None:
            return
        if not self._in_air or purse.stake <= 0 or win < 0 or purse.told_flight == self._flight:
            raise GameError("a stake is settled once, while its flight is on")
        bet, purse.stake = purse.stake, 0
        purse.credits += win
        purse.told_flight = self._flight
        self._lost += bet
        self._won += win
        # A moment before the bell may be settled after it, when the owner was away.
        last_ms = min(self.now_ms if at_ms is None else at_ms, self._room.bell_ms - 1)
        opened_ms = min(max(purse.staked_ms, self._room.from_ms), last_ms)
        worth = win if points is None else points
        self.facts.append(RoomFact(player, self._flight, bet, win, worth, multiplier, opened_ms, last_ms))

    # Being heard

    def name(self, player: int) -> Mapping[str, str]:
        """How a player is called in public: `playerId` and `displayName`."""
        return self._names(player)

    def all(self, kind: str, *, urgent: bool = False, **data: Any) -> None:
        """Tell all who watch. What is `urgent` leaves at once, the rest together, ten times a
        second."""
        self.shown.append(Shown(kind, self.now_ms, data, urgent))

    def tell(self, player: int, kind: str, **data: Any) -> None:
        """Tell one player."""
        self.told.append(Told(player, kind, data))

    # For the room

    def keep(self) -> None:
        """The turn counts: make its changes the room's."""
        room = self._room
        room.purses |= self._purses
        room.totals.won += self._won
        room.totals.lost += self._lost
        if self._flight != room.flight and room.shows:
            room.shows = []
        room.flight, room.in_air = self._flight, self._in_air
        room.drawn, room.draws = self._drawn, self._draws
        for at_ms in self._wakes:
            if at_ms not in room.wakes:
                insort(room.wakes, at_ms)
        for show in self._shows:
            at = bisect_left(room.shows, show)
            if room.shows[at : at + 1] != [show]:
                room.shows.insert(at, show)

    @property
    def touched(self) -> set[int]:
        """The players whose credits or stakes may have changed."""
        return set(self._purses)

    def _purse(self, player: int) -> Purse:
        """A copy that this turn may change."""
        purse = self._purses.get(player)
        if purse is None:
            known = self._room.purses.get(player)
            if known is None:
                raise GameError(f"player {player} is not in this room")
            purse = self._purses[player] = replace(known)
        return purse

    def _staked(self) -> list[int]:
        others = (no for no, purse in self._room.purses.items() if purse.stake and no not in self._purses)
        return [*others, *(no for no, purse in self._purses.items() if purse.stake)]
