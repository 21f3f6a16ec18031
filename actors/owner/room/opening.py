"""How a room comes to be, and how an owner comes to it: the games of this process, and the key of the
seals."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from server.domain.ids import TournamentId
from server.domain.rooms.fairness import chain_of
from server.domain.tournament.commands import Create
from server.domain.tournament.rules.rules import rules_from
from server.journal.room_replay import Games, RoomReplay
from server.ports import SealedSeed
from server.runtime.randomness import fresh_seed

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Rooms:
    """Everything that rooms need of this process. `key` is the file of the key that seals seeds, `draw` makes
    a new one."""

    games: Games
    key: Path
    draw: Callable[[], bytes] = fresh_seed

    def open(self, tournament_id: TournamentId, sealed: SealedSeed) -> RoomReplay:
        """What follows the batches of a room. A seal that cannot be opened leaves the room shut: the board and
        the money go on."""
        from server.runtime.seals import CannotUnseal, Seals  # owners without a room do without cryptography

        try:
            return RoomReplay(self.games, Seals(self.key).open(tournament_id, sealed))
        except (CannotUnseal, OSError) as error:
            log.error("seal_not_opened", extra={"tournament": tournament_id, "reason": str(error)})
            return RoomReplay(self.games, None)

    def commit(self, command: Create) -> tuple[Create, SealedSeed | None]:
        """A new tournament with the commitment of its chain, and the chain's end, sealed. Without a room as it
        is. Every tournament has a chain of its own, whatever it was copied from."""
        room = command.fields.get("room")
        if room is None:
            return command, None
        from server.runtime.seals import Seals

        seed, links = self.draw(), room.links_for(rules_from(command.fields).play_ms())
        committed = replace(room, commitment=chain_of(seed, links)[0].hex(), links=links)
        fields = {**command.fields, "room": committed}
        return replace(command, fields=fields), Seals(self.key).seal(command.tournament_id, seed)
