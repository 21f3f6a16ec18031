"""Stories: a game is played by hand on time that stands still until it is moved, and then played again from
its record, which must give the same bytes.
"""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any, Final

from server.domain.rooms.fairness import chain_of
from server.domain.rooms.game import Game
from server.domain.rooms.inputs import Input, Kind, RoomFact, Shown
from server.domain.rooms.outcome import Outcome, Tools
from server.domain.rooms.room import Room
from server.domain.rooms.room_engine import Engine
from server.domain.rooms.settings import complete
from server.encoding import room_codec
from server.encoding.wire import load

START_MS: Final = 1_800_000_000_000
_HOUR_MS: Final = 3_600_000
_LINKS: Final = 1_000


class Diverged(AssertionError):  # noqa: N818 - what is told to the author of a game
    """The same inputs gave something else the second time: the game is not deterministic, or keeps something
    outside of its state."""


class Story:
    """A room of `players` (numbers from 0) that is open and has an hour to go. `settings` are as in a
    tournament's config, by their names in Python; `seed` decides all chance."""

    def __init__(self, game: type[Game], players: int = 2, seed: bytes = bytes(32), **settings: int) -> None:
        self._type = game
        self._chain = chain_of(seed, _LINKS)
        self._settings = complete(game, settings)
        self.now_ms = START_MS
        self.shown: list[Shown] = []
        self.facts: list[RoomFact] = []
        self.faults: list[Exception] = []
        self._batches: list[tuple[Input, Outcome]] = []
        self._ids: dict[int, int] = {}
        self._engine = self._fresh()
        everyone = tuple(range(players))
        bell_ms = START_MS + _HOUR_MS
        self._run(self._input(Kind.OPENS, word="00" * 32, amount=bell_ms, from_ms=START_MS, players=everyone))
        for player in everyone:
            self._run(self._input(Kind.JOIN, player=player))

    def _fresh(self) -> Engine:
        return self._on(Room(self._type.slug, self._type.version, dict(self._settings), _LINKS))

    def _on(self, room: Room) -> Engine:
        tools = Tools(room_codec.encode_answer, room_codec.decode_arguments, _name, self._link, self._fault)
        return Engine(room, self._type, tools)

    def _link(self, flight: int) -> bytes:
        return self._chain[flight]

    def _fault(self, game: str, error: Exception) -> None:
        self.faults.append(error)

    def _input(self, kind: Kind, **fields: Any) -> Input:
        return Input(kind, self.now_ms * 1_000, **fields)

    def _run(self, one: Input) -> Outcome:
        outcome = self._engine.run([one])
        self._batches.append((one, deepcopy(outcome)))
        self.shown += outcome.shown
        self.facts += outcome.facts
        assert self._engine.room.is_balanced(), "credits appeared or vanished"
        return outcome

    # What happens

    def move(self, player: int, move: str, **arguments: Any) -> dict[str, Any]:
        """Make a move as a client would; what the game answers, or `error` with its details. Numbers are as on
        the wire."""
        move_id = self._ids[player] = self._ids.get(player, 0) + 1
        seat = self.room.seats[player].number if player in self.room.seats else 0
        body = room_codec.encode_answer(arguments)
        one = self._input(
            Kind.PLAY,
            player=player,
            seat=seat,
            move_id=move_id,
            flight=self.room.flight,
            word=move,
            body=body,
        )
        (answer,) = self._run(one).answers
        told: dict[str, Any] = load(answer or b"{}")
        return told["answer"] if told["type"] == "played" else {"error": told["error"], **told["detail"]}

    def advance(self, ms: int) -> None:
        """Move time; each moment that the game asked for comes when it is due."""
        until_ms = self.now_ms + ms
        while self.room.wakes and self.room.wakes[0] <= until_ms:
            self.now_ms = max(self.now_ms, self.room.wakes[0])
            self._run(self._input(Kind.WAKE, amount=self.room.wakes[0]))
        self.now_ms = until_ms

    def opens(self) -> None:
        """Begin another round, as long as the first one."""
        bell_ms = self.now_ms + _HOUR_MS
        self._run(self._input(Kind.OPENS, amount=bell_ms, from_ms=self.now_ms))

    def out(self, player: int, why: str = "removed") -> None:
        """Put a player out."""
        self._run(self._input(Kind.GOES, player=player, word=why))

    def buys(self, player: int, amount: int) -> None:
        """Sell a player credits."""
        self._run(self._input(Kind.GETS, player=player, amount=amount))

    def drops(self, player: int) -> None:
        """Cut a player's connection."""
        self._run(self._input(Kind.DROP, player=player))

    def returns(self, player: int) -> None:
        """Bring a player back to the seat."""
        self._run(self._input(Kind.JOIN, player=player, seat=self.room.seats[player].number))

    # What is there

    @property
    def room(self) -> Room:
        """The room as it is."""
        return self._engine.room

    @property
    def game(self) -> Any:
        """The game as it is."""
        return self._engine.game

    def credits(self, player: int) -> int:
        """What a player can stake."""
        return self.room.purses[player].credits

    def again(self) -> None:
        """Play the record with a fresh game whose state is stored and read back between any two inputs. Raises
        `Diverged` where it leads elsewhere."""
        engine = self._fresh()
        for one, before in self._batches:
            after = engine.run([one], before.voided)
            if (after.answers, after.facts, after.reveals) != (before.answers, before.facts, before.reveals):
                raise Diverged(f"{Kind(one.kind).name} {one.word} gave {after}, before it was {before}")
            engine = self._on(room_codec.decode_room(room_codec.encode_room(engine.room), self._type))
        if room_codec.encode_room(engine.room) != room_codec.encode_room(self.room):
            raise Diverged("the state is another one in the end")


def _name(player: int) -> Mapping[str, str]:
    return {"playerId": f"player-{player}", "displayName": f"Player {player}"}
