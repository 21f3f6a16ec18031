"""A room as its batches tell it: recovery and `verify` play the inputs again and compare what they lead to."""

import logging
from collections.abc import Mapping, Sequence

from server.domain.rooms.fairness import chain_of
from server.domain.rooms.game import Game
from server.domain.rooms.inputs import Batch, Input
from server.domain.rooms.outcome import Outcome, Tools
from server.domain.rooms.room import Room
from server.domain.rooms.room_engine import Engine
from server.domain.tournament.events import Event
from server.domain.tournament.play.room_facts import fact_of, inputs_of, may_count
from server.domain.tournament.state import Tournament
from server.encoding import room_codec

log = logging.getLogger(__name__)
Games = Mapping[str, type[Game]]


class RoomReplay:
    """Follows the batches of one room. `seed` is the last link of its chain, None when the seal cannot be
    opened.

    `engine` is the room as far as it was followed, None before it opened. `missing` names a game that is not
    installed in the version that the record needs, `diverged` the first batch (its journal position) that led
    to something else than the record says. `missed` is what the tournament did while the room could not hear
    it: events without a batch behind them.
    """

    def __init__(self, games: Games, seed: bytes | None) -> None:
        self.engine: Engine | None = None
        self.missing: str | None = "the key of the seal" if seed is None else None
        self.diverged: int | None = None
        self._games = games
        self._seed = seed
        self._chain: list[bytes] = []
        self._revealed: Mapping[int, bytes] = {}
        self._state: Tournament | None = None
        self.missed: list[Input] = []

    @classmethod
    def by_revealed(cls, games: Games, revealed: Mapping[int, bytes]) -> "RoomReplay":
        """For those who check: without the seed, as far as links are revealed."""
        replay = cls(games, None)
        replay.missing, replay._revealed = None, revealed
        return replay

    def begin(self, image: bytes, state: Tournament) -> None:
        """Start from a checkpoint; `image` is empty where the room had not opened."""
        self._state = state
        game = self.game(state.rules.game_slug) if image and self.missing is None else None
        if game is None:
            return
        room = room_codec.decode_room(image, game)
        if self._fits(game, room.version):
            self._open(game, room)

    def hear(self, event: Event, state: Tournament) -> None:
        """An event; the batch of its commit, which comes behind it, has told the room of it."""
        self._state = state
        if state.room.salt:
            self.missed += inputs_of(event, state)

    def take(self, seq: int, batch: Batch, state: Tournament) -> None:
        """One more batch, which stands at this journal position; `state` is that of the tournament after
        it."""
        self._state, self.missed = state, []
        if self.missing is not None or self.diverged is not None:
            return
        game = self.game(batch.slug)
        if game is None or not self._fits(game, batch.version):
            return
        engine = self.engine or self.fresh(game, state)
        outcome = engine.run(batch.inputs, batch.voided)
        engine.delivered(batch.deliveries)
        if not _same(engine, outcome, batch, state):
            self.diverged = seq
            log.error("room_diverged", extra={"tournament": state.id, "seq": seq})

    def why_lost(self) -> str | None:
        """Why this room cannot go on; None when it can."""
        if self.diverged is not None:
            return "diverged"
        return "game_not_installed" if self.missing is not None else None

    def game(self, slug: str) -> type[Game] | None:
        """The installed game of this name; its absence is remembered."""
        found = self._games.get(slug)
        if found is None:
            self.missing = slug
        return found

    def fresh(self, game: type[Game], state: Tournament) -> Engine:
        """The room of a tournament before its first input."""
        rules = state.rules.room
        assert rules is not None, "batches belong to a room"
        self._state = state
        return self._open(game, Room(game.slug, game.version, dict(rules.settings), rules.links))

    def _open(self, game: type[Game], room: Room) -> Engine:
        if self._seed is not None:
            self._chain = chain_of(self._seed, room.links)
        reads = (room_codec.encode_answer, room_codec.decode_arguments)
        self.engine = Engine(room, game, Tools(*reads, self._name, self._link, self.failed))
        return self.engine

    def _fits(self, game: type[Game], version: str) -> bool:
        if version == game.version or version in game.upgrades_from:
            return True
        self.missing = f"{game.slug} {version}"
        return False

    def _link(self, flight: int) -> bytes:
        return self._chain[flight] if self._chain else self._revealed[flight]

    def _name(self, player_no: int) -> dict[str, str]:
        assert self._state is not None, "a room has a tournament"
        entry = self._state.entries[player_no]
        return {"playerId": entry.player_id, "displayName": entry.display_name}

    def failed(self, game: str, error: Exception) -> None:
        """The game raised what it should not."""
        tournament = "" if self._state is None else self._state.id
        log.error("game_failed", exc_info=error, extra={"tournament": tournament, "game": game})


def _same(engine: Engine, outcome: Outcome, batch: Batch, state: Tournament) -> bool:
    """Whether a batch led to what the record says, down to the facts that were stored."""
    if digest(engine, outcome) != batch.digest or outcome.voided != batch.voided:
        return False
    if engine.credits_of(outcome.touched) != batch.credits:
        return False
    stored = {one.fact.event_id: one.fact for one in batch.facts}
    for one in outcome.facts:
        expected = fact_of(state, one)
        known = stored.pop(expected.event_id, None)
        if known != expected and not (known is None and not may_count(state, one.player)):
            return False
    return not stored


def digest(engine: Engine, outcome: Outcome) -> bytes:
    """The fingerprint of what a batch led to."""
    return room_codec.digest_of(outcome.answers, outcome.facts, engine.credits_of(outcome.touched))


def merged(outcomes: Sequence[Outcome]) -> Outcome:
    """Outcomes of inputs that were decided one by one, as that of one batch."""
    whole = Outcome()
    for nth, one in enumerate(outcomes):
        whole.answers += one.answers
        whole.facts += one.facts
        whole.shown += one.shown
        whole.told += one.told
        whole.unseated += one.unseated
        whole.touched |= one.touched
        whole.reveals += one.reveals
        whole.voided += [nth] if one.voided else []
    return whole
