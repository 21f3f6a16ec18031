"""What the journal says of one player: read when somebody asks why, or takes a fact back."""

from dataclasses import replace

from actors.messages import Order
from server import codec
from server.domain.ids import TournamentId
from server.domain.tournament import commands as ask
from server.domain.tournament.apply import apply
from server.domain.tournament.state import Tournament
from server.domain.tournament.trace import TraceLine, event_line, fact_lines, scored
from server.ports import EventRow, Journal


async def lines_of(journal: Journal, tournament_id: TournamentId, player_no: int) -> list[TraceLine]:
    """Every fact and correction of a player in journal order. Events are applied on the way, because they
    decide which facts count; facts of others are passed over."""
    shadow: Tournament | None = None
    lines: list[TraceLine] = []
    async for row in journal.tail(tournament_id, 0):
        if isinstance(row, EventRow):
            event = codec.decode_event(row.kind, row.payload)
            shadow = apply(shadow, event, row.at_ms)
            if line := event_line(event, player_no, row.seq, row.at_ms):
                lines.append(line)
            continue
        assert shadow is not None, "facts follow a first event"
        lines += fact_lines(shadow, player_no, codec.decode_block(row.payload))
        shadow.seq = row.last_seq
    return lines


async def _player_of(journal: Journal, tournament_id: TournamentId, event_id: str) -> int | None:
    """Whose fact this is."""
    async for row in journal.tail(tournament_id, 0):
        if isinstance(row, EventRow):
            continue
        for player_no, fact, _ in codec.decode_block(row.payload):
            if fact.event_id == event_id:
                return player_no
    return None


def needs_past(order: Order) -> bool:
    """Whether the order can only be decided with the journal at hand."""
    return isinstance(order.command, ask.Correct) and order.command.action == "void"


async def with_past(journal: Journal, state: Tournament, order: Order) -> Order:
    """The order with the player's facts that count, if the voided one is among them."""
    command = order.command
    assert isinstance(command, ask.Correct) and command.event_id is not None, "a void names its fact"
    player_no = await _player_of(journal, state.id, command.event_id)
    if player_no is None:
        return order
    entry = state.entries[player_no]
    if command.player is not None and state.player_no_of(command.player) != player_no:
        return order
    facts = scored(state, entry, await lines_of(journal, state.id, player_no))
    history = tuple(facts) if any(one.fact.event_id == command.event_id for one in facts) else ()
    return replace(order, command=replace(command, player=entry.player_id, history=history))
