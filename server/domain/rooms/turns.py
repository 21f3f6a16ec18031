"""The game's turns: each counts whole or not at all. After one that failed the flight is void and the game
begins anew.
"""

from collections.abc import Callable
from typing import Any, Final

from server.domain.rooms.arguments import Refused
from server.domain.rooms.desk import Desk
from server.domain.rooms.game import Game
from server.domain.rooms.inputs import Shown
from server.domain.rooms.outcome import Outcome, Tools
from server.domain.rooms.room import Room

FAULTS_MAX: Final = 5


class RecordedFault(Exception):  # noqa: N818 - not an error of this run
    """The record says that the game failed here."""


class Turns:
    """Of one game in one room."""

    def __init__(self, room: Room, game: Game, tools: Tools) -> None:
        self.room = room
        self.game = game
        self._tools = tools

    def take(
        self, turn: "Turn", stamp_us: int, call: Callable[[Desk], Any], *, may_refuse: bool = False
    ) -> Any:
        """Let the game act. A move may raise `Refused`, which changes nothing; any other exception voids the
        flight."""
        if self.room.closed is not None:
            return None
        desk = self._desk(stamp_us)
        try:
            if turn.fails:
                raise RecordedFault
            made = call(desk)
            # What cannot be told cannot count.
            told = [*(shown.data for shown in desk.shown), *(told.data for told in desk.told)]
            self._tools.encode({"answer": made, "told": told})
        except Exception as error:
            if may_refuse and isinstance(error, Refused):
                raise
            turn.failed = True
            if not turn.fails:
                self.report(error)
            self._begin_anew(turn, stamp_us)
            return None
        self._settle(desk, turn.outcome)
        self.room.faults_in_row = 0
        return made

    def void(self, outcome: Outcome) -> None:
        """The flight that is on does not count: stakes go back, and what the game asked for is forgotten."""
        room = self.room
        for player, purse in room.purses.items():
            if purse.stake:
                purse.credits, purse.stake = purse.credits + purse.stake, 0
                outcome.touched.add(player)
        if room.in_air:
            link = self._tools.links(room.flight)
            outcome.reveals.append((room.flight, link))
            told = {"flight": room.flight, "link": link.hex()}
            outcome.shown.append(Shown("flight_voided", room.at_us // 1_000, told, urgent=True))
        room.in_air, room.drawn, room.wakes, room.shows = False, False, [], []

    def _begin_anew(self, turn: "Turn", stamp_us: int) -> None:
        """After a fault: what is staked goes back and the game opens again; five in a row close the room."""
        room = self.room
        turn.outcome.voided.append(turn.nth)
        self.void(turn.outcome)
        room.faults_in_row += 1
        self.game.state = self.game.State()
        if room.faults_in_row >= FAULTS_MAX:
            room.closed, room.is_open = "faulty", False
        elif room.is_open:
            self._open_again(turn.outcome, stamp_us)

    def _open_again(self, outcome: Outcome, stamp_us: int) -> None:
        desk = self._desk(stamp_us)
        try:
            self.game.opens(desk)
        except Exception as error:
            self.report(error)
            self.room.closed, self.room.is_open = "faulty", False
            return
        self._settle(desk, outcome)

    def _desk(self, stamp_us: int) -> Desk:
        return Desk(self.room, stamp_us // 1_000, self._tools.links, self._tools.names)

    def _settle(self, desk: Desk, outcome: Outcome) -> None:
        """A turn that went well counts."""
        desk.keep()
        outcome.facts += desk.facts
        outcome.shown += desk.shown
        outcome.told += desk.told
        outcome.reveals += desk.reveals
        outcome.touched |= desk.touched | {one.player for one in desk.told}

    def report(self, error: Exception) -> None:
        """The game failed."""
        self._tools.failed(f"{self.game.slug} {self.game.version}", error)


class Turn:
    """The game's turn at input `nth`. `fails` is what the record says of it, None when it is the first
    time."""

    def __init__(self, outcome: Outcome, nth: int, fails: bool | None) -> None:
        self.outcome = outcome
        self.nth = nth
        self.fails = fails
        self.failed = False
