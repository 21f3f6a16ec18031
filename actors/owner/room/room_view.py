"""What a room looks like: to everyone who watches, to one player, and at moments that the game asked to be
shown."""

from bisect import bisect_right
from collections.abc import Callable, Mapping
from typing import Any

from actors.owner.room.room_clock import RoomClock
from actors.owner.room.room_feed import RoomFeed
from server.broadcast import room_frames
from server.domain.rooms.inputs import Shown
from server.domain.rooms.room import Room
from server.domain.rooms.room_engine import Engine
from server.domain.tournament.play.room_facts import awaited_ms
from server.domain.tournament.state import Tournament
from server.encoding.room_codec import encode_answer
from server.journal.room_replay import RoomReplay
from server.ports import Clock

# Sorts behind every kind.
_LAST = "\U0010ffff"


class RoomView:
    """Asks the game, which changes nothing here, and makes the frames."""

    def __init__(
        self, state: Tournament, epoch: int, clock: Clock, room_clock: RoomClock, replay: RoomReplay
    ) -> None:
        self.feed = RoomFeed(epoch, clock, self._whole, self._hand)
        self._state = state
        self._clock = room_clock
        self._replay = replay
        self._shown_ms = room_clock.now_us() // 1_000

    def show(self, engine: Engine) -> None:
        """Show what changes nothing, at its time; send events that waited."""
        now_ms = self._clock.now_us() // 1_000
        first, last = (bisect_right(engine.room.shows, (ms, _LAST)) for ms in (self._shown_ms, now_ms))
        due = engine.room.shows[first:last]
        self._shown_ms = max(self._shown_ms, now_ms)
        told = [(kind, at_ms, self._at(engine, kind, at_ms)) for at_ms, kind in due]
        shown = [Shown(kind, at_ms, dict(data), urgent=True) for kind, at_ms, data in told if data is not None]
        if shown:
            self.feed.add(shown)
        self.feed.flush()

    def due_in_ms(self, engine: Engine) -> list[int]:
        """When there will be something to show."""
        now_ms, waits_ms = self._clock.now_us() // 1_000, self.feed.due_in_ms()
        first = bisect_right(engine.room.shows, (self._shown_ms, _LAST))
        coming = [at_ms - now_ms for at_ms, _ in engine.room.shows[first : first + 1]]
        return coming if waits_ms is None else [*coming, waits_ms]

    def _at(self, engine: Engine, kind: str, at_ms: int) -> Mapping[str, Any] | None:
        try:
            data = engine.game.shows(kind, at_ms)
            encode_answer(data or {})
            return data
        except Exception as error:
            self._replay.failed(engine.room.slug, error)
            return None

    def _framed(
        self, engine: Engine, player: int | None, frame: Callable[[Mapping[str, Any]], bytes]
    ) -> bytes:
        """A frame with the state as the game shows it, empty where the game fails."""
        try:
            return frame(engine.game.sees(player))
        except Exception as error:
            self._replay.failed(engine.room.slug, error)
            return frame({})

    def _whole(self, seq: int) -> bytes:
        engine, why = self._replay.engine, self._replay.why_lost()
        at = f"room_{self._state.id}", self.feed.epoch, seq, self._clock.now_us() // 1_000
        if engine is None or why is not None:
            shut = Room(self._state.rules.game_slug, version="", settings={}, links=0, closed=why)
            return room_frames.state(shut, *at, {}, awaited_ms(self._state))
        return self._framed(engine, None, lambda seen: room_frames.state(engine.room, *at, seen))

    def _hand(self, player: int) -> bytes:
        engine = self._replay.engine
        assert engine is not None, "only an open room has hands"
        return self._framed(engine, player, lambda seen: room_frames.hand(engine.room, player, seen))
