"""Rooms played again from their journal by those who check: the same answers, facts and credits must come out,
from links that lead to the commitment."""

from collections.abc import Iterator
from dataclasses import dataclass

from server.domain.ids import TournamentId
from server.domain.rooms.beacon import BEACONS
from server.domain.rooms.fairness import leads_to
from server.domain.rooms.inputs import Batch
from server.domain.tournament.play.room_facts import salt_for
from server.domain.tournament.state import Tournament
from server.encoding import codec
from server.encoding.room_codec import decode_batch
from server.journal.room_replay import Games, RoomReplay
from server.ports import BlockRow, Ledgers
from server.runtime.beacon_proof import is_genuine


@dataclass(frozen=True, slots=True)
class CheckedFlight:
    """One flight that is over: what is wrong with it, None for nothing."""

    flight: int
    link: str
    wrong: str | None = None


class RoomCheck:
    """Reads the revealed links first, then follows the batches with them. `why` is what is wrong, `left_out`
    what could not be played again: the game is not installed, or a flight is still in the air."""

    def __init__(self, games: Games) -> None:
        self.why: str | None = None
        self.left_out: str | None = None
        self.flights: list[CheckedFlight] = []
        self._games = games
        self._links: dict[int, bytes] = {}
        self._replay: RoomReplay | None = None
        self._known: tuple[int, bytes] | None = None
        self._genuine: str | None = None

    async def begin(self, books: Ledgers, tournament_id: TournamentId) -> None:
        """Collect what was revealed."""
        self.why = self.left_out = self._known = None
        self.flights, self._links = [], {}
        async for row in books.tail(tournament_id, 0):
            if isinstance(row, BlockRow) and row.kind == codec.ROOM:
                self._links |= dict(decode_batch(row.payload).reveals)
        self._replay = RoomReplay.by_revealed(self._games, self._links)

    def take(self, row: BlockRow, state: Tournament) -> None:
        """One batch, with the tournament as it stands behind it."""
        batch = decode_batch(row.payload)
        self.why = self.why or self._wrong_salt(state) or self._played(row, batch, state)
        for flight, link in batch.reveals:
            self.flights.append(CheckedFlight(flight, link.hex(), self._wrong_link(flight, link, state)))
            self.why = self.why or self.flights[-1].wrong

    def _wrong_salt(self, state: Tournament) -> str | None:
        if state.room.salt != salt_for(state):
            return "has a salt that does not follow from the list of entrants and the beacon"
        return None if self._is_genuine(state) else "was opened by a beacon that is not genuine"

    def _is_genuine(self, state: Tournament) -> bool:
        """Whether the round of the beacon is the one that had to be, and signed by its network."""
        rules, record = state.rules.room, state.room
        if rules is None or not rules.beacon or record.beacon == self._genuine:
            return True
        chain, started_ms = BEACONS[rules.beacon], state.started_at_ms or 0
        right = record.beacon_round == chain.for_list_closed_at(started_ms)
        if not right or not is_genuine(chain, record.beacon_round, bytes.fromhex(record.beacon)):
            return False
        self._genuine = record.beacon
        return True

    def _wrong_link(self, flight: int, link: bytes, state: Tournament) -> str | None:
        assert state.rules.room is not None
        at, known = self._known or (0, bytes.fromhex(state.rules.room.commitment))
        if not leads_to(link, flight - at, known):
            return f"reveals a link of flight {flight} that does not lead to the commitment"
        self._known = flight, link
        return self.why

    def _played(self, row: BlockRow, batch: Batch, state: Tournament) -> str | None:
        if self._replay is None or self.left_out is not None:
            return None
        if batch.in_air and batch.flight not in self._links:
            self.left_out = f"flight {batch.flight} is not over"
            return None
        self._replay.take(row.first_seq, batch, state)
        if self._replay.missing is not None:
            self.left_out = self._replay.missing
        if self._replay.diverged is None:
            return None
        return f"is a batch of flight {batch.flight} that gives something else when it is played again"

    def lines(self) -> Iterator[str]:
        """A line for each flight."""
        for one in self.flights:
            yield f"flight {one.flight}: {one.link} {one.wrong or 'ok'}"
