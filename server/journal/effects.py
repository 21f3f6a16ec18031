"""What an event leads to: the state after it, its money, what is told of it, and the rows that it touches.
Owners store this; `verify` derives it again from the log and compares."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import assert_never

from server.domain.postings import is_balanced
from server.domain.tournament import events
from server.domain.tournament.apply import apply
from server.domain.tournament.money.ledger import postings_for
from server.domain.tournament.money.payouts import owed_by
from server.domain.tournament.state import Payout, Tournament
from server.encoding.wire import dump
from server.ports import PostingRow
from server.public_events.catalogue import TYPE_OF
from server.public_events.mapping import Announcement, announce, event_id


@dataclass(frozen=True, slots=True)
class Effects:
    """`players` and `payouts` name the rows that have changed; `settles` says that the results have."""

    state: Tournament
    postings: list[PostingRow]
    announcements: list[Announcement]
    players: frozenset[int]
    payouts: frozenset[str]
    settles: bool


def effects_of(before: Tournament | None, event: events.Event, at_ms: int) -> Effects:
    """Apply an event (`before` is changed in place) and collect everything that follows from it."""
    lines = postings_for(event, before)
    assert is_balanced(lines), "money does not appear or vanish"
    counted_before = 0 if before is None else before.events_counted
    state = apply(before, event, at_ms)
    owed = owed_by(event, state, at_ms)
    announcements = [
        Announcement(event_id(state.id, number), number, TYPE_OF[type(data)], at_ms, dump(data))
        for number, data in enumerate(announce(event, state, owed), start=counted_before + 1)
    ]
    assert counted_before + len(announcements) == state.events_counted, "public events have no gap"
    return Effects(
        state=state,
        postings=[PostingRow(state.seq, nth, line) for nth, line in enumerate(lines)],
        announcements=announcements,
        players=frozenset(_players(event, state)),
        payouts=frozenset(_payouts(event, owed)),
        settles=isinstance(event, events.ResultsFinalised | events.ReviewDecided),
    )


def _players(event: events.Event, state: Tournament) -> tuple[int, ...]:
    """Whose entries an event has changed."""
    if isinstance(event, events.ChangesNoEntry):
        return ()
    match event:
        case events.Registered() | events.Rebought() | events.AddOnBought():
            return (event.player_no,)
        case events.Removed() | events.Disqualified() | events.PlayerEliminated():
            return (event.player_no,)
        case events.RoundCompleted():
            return event.eliminated
        case events.ReviewDecided():
            return (state.reviews[event.number - 1].player_no,)
    assert_never(event)


def _payouts(event: events.Event, owed: Iterable[Payout]) -> list[str]:
    """Which lines of what is owed have come into being or moved."""
    changed = [payout.id for payout in owed]
    if isinstance(event, events.PayoutsMoved):
        changed += [step.payout_id for step in event.steps]
    elif isinstance(event, events.ReviewDecided):
        changed += event.forfeits
    return changed
