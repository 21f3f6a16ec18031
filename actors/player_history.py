"""What the journal says of one player: read when a caller asks why, or takes a fact back.

A journal may be long, so it is read where no other call waits behind it: by the front end, in a thread, row
after row. The owner reads only what came since.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import replace

from actors.replies import TraceBasis
from actors.requests import CommandRequest
from server.domain.ids import TournamentId
from server.domain.scoring.fact import Fact, Scored
from server.domain.tournament import commands
from server.domain.tournament.apply import apply
from server.domain.tournament.play.facts import digest_of
from server.domain.tournament.play.trace import (
    TraceLine,
    event_line,
    fact_lines,
    traced,
)
from server.domain.tournament.state import Entry, Tournament
from server.encoding import codec
from server.encoding.room_codec import facts_of
from server.journal.replay import ROWS_AT_ONCE, Log, batches
from server.ports import BlockRow, EventRow, Journal

Row = EventRow | BlockRow


class _Reader:
    """Goes through a journal once. Events are applied on the way, because they decide which facts count; facts
    of others are passed over."""

    def __init__(self, player_no: int | None, event_id: str | None, until_seq: int | None) -> None:
        self.player_no = player_no
        self.lines: list[TraceLine] = []
        self.seq = 0
        self._event_id = event_id
        self._until_seq = until_seq
        self._shadow: Tournament | None = None

    def read(self, rows: Iterable[Row]) -> None:
        for row in rows:
            if self._until_seq is not None and _first(row) > self._until_seq:
                return
            self._take(row)

    def _take(self, row: Row) -> None:
        if isinstance(row, EventRow):
            event = codec.decode_event(row.kind, row.payload)
            self._shadow, self.seq = apply(self._shadow, event, row.at_ms), row.seq
            if self.player_no is None:
                return
            if line := event_line(event, self._shadow, self.player_no, row.at_ms):
                self.lines.append(line)
            return
        assert self._shadow is not None, "facts follow a first event"
        block = facts_of(row.kind, row.payload)
        self._shadow.seq = row.last_seq - len(block)  # a batch of a room stands before its facts
        if self.player_no is None:
            self.player_no = next((no for no, fact, _ in block if fact.event_id == self._event_id), None)
        else:
            self.lines += fact_lines(self._shadow, self.player_no, block)
        self._shadow.seq = self.seq = row.last_seq


def _first(row: Row) -> int:
    return row.seq if isinstance(row, EventRow) else row.first_seq


async def _read(log: Log, tournament_id: TournamentId, reader: _Reader) -> _Reader:
    async for rows in batches(log.tail(tournament_id, 0), ROWS_AT_ONCE):
        await asyncio.to_thread(reader.read, rows)
    return reader


async def trace_of(log: Log, tournament_id: TournamentId, basis: TraceBasis) -> list[TraceLine]:
    """Every fact and correction of a player with its points, as of the basis."""
    reader = await _read(log, tournament_id, _Reader(basis.entry.player_no, None, basis.seq))
    state = Tournament(tournament_id, basis.summary.tenant, basis.rules, 0)
    state.voided, state.bell_ms = set(basis.voided), basis.bell_ms
    return await asyncio.to_thread(traced, state, basis.entry, reader.lines)


async def with_history(
    log: Log, tournament_id: TournamentId, command: commands.Correct, player_no: int | None
) -> commands.Correct:
    """A void with all that the journal says of the player now, the facts that were counted. The player is
    found through the fact where the command does not name it; without the fact the command stays as it is."""
    assert command.event_id is not None, "a void names its fact"
    if player_no is None:
        found = await _read(log, tournament_id, _Reader(None, command.event_id, None))
        player_no = found.player_no
    if player_no is None:
        return command
    reader = await _read(log, tournament_id, _Reader(player_no, None, None))
    counted = tuple(
        Scored(line.fact, line.value, line.at_ms, line.seq)
        for line in reader.lines
        if line.fact is not None and line.why == "counted"
    )
    if not any(one.fact.event_id == command.event_id for one in counted):
        return command
    return replace(command, history=counted, history_seq=reader.seq, player_no=player_no)


def needs_history(request: CommandRequest[object]) -> bool:
    """Whether the request can only be decided with the journal at hand."""
    return isinstance(request.command, commands.Correct) and request.command.history is not None


async def with_recent_history(
    journal: Journal, state: Tournament, request: CommandRequest[object]
) -> CommandRequest[object]:
    """The request with what came since its history was read; facts that count no more are left out."""
    command = request.command
    assert (
        isinstance(command, commands.Correct) and command.history is not None and command.player_no is not None
    )
    entry = state.entries[command.player_no]
    if command.player is not None and state.player_no_of(command.player) != entry.player_no:
        return replace(request, command=replace(command, history=None))
    since: list[Scored] = []
    async for row in journal.tail(state.id, command.history_seq):
        if isinstance(row, BlockRow):
            since += _counted(state, entry, row)
    history = tuple(one for one in (*command.history, *since) if _counts(state, entry, one))
    named = any(one.fact.event_id == command.event_id for one in history)
    command_now = replace(command, player=entry.player_id, history=history if named else ())
    return replace(request, command=command_now)


def _counted(state: Tournament, entry: Entry, row: BlockRow) -> list[Scored]:
    """What of a block counted for a player: what is remembered as seen."""
    block = facts_of(row.kind, row.payload)
    return [
        Scored(fact, state.scorer.value(fact) or 0, at_ms, seq)
        for seq, (owner, fact, at_ms) in enumerate(block, start=row.last_seq - len(block) + 1)
        if owner == entry.player_no and (_of_room(state, fact) or digest_of(fact.event_id) in state.seen)
    ]


def _of_room(state: Tournament, fact: Fact) -> bool:
    """A room's facts are in time always, and not remembered by their ids."""
    may_score = state.scorer.may_score
    return state.rules.room is not None and (may_score is None or may_score(fact))


def _counts(state: Tournament, entry: Entry, one: Scored) -> bool:
    return one.seq > entry.reset_seq and digest_of(one.fact.event_id) not in state.voided
