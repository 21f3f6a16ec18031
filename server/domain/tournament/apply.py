"""`apply(state, event) -> state`: the only code, beside `facts.count`, that changes a tournament.

Never refuses and never looks at a clock: replaying a log gives the state that was.
"""

from sys import intern
from typing import assert_never

from server.domain.scoring.scorer import Scorer
from server.domain.scoring.tally import fresh
from server.domain.tournament import events
from server.domain.tournament.lifecycle import ResultsStatus, Status, may_become
from server.domain.tournament.money.payouts import move, owed_by
from server.domain.tournament.money.reviews import close_review, open_review
from server.domain.tournament.play.corrections import alter
from server.domain.tournament.play.facts import (
    digest_of,
    place,
    ring_earlier,
    take_off,
)
from server.domain.tournament.play.room_facts import close_list
from server.domain.tournament.state import Entry, Sale, Tournament
from server.domain.tournament.told import public_events


def apply(state: Tournament | None, event: events.Event, at_ms: int) -> Tournament:
    """Take one event; it gets the next journal position. `state` is changed in place."""
    if isinstance(event, events.Created):
        assert state is None, "a tournament is created once"
        return Tournament(event.tournament_id, event.tenant, event.rules, at_ms, seq=1, events_counted=1)
    assert state is not None, "the first event of a log is Created"
    state.seq += 1
    _take(state, event, at_ms)
    made = owed_by(event, state, at_ms)
    state.payouts |= {payout.id: payout for payout in made}
    state.events_counted += public_events(event, state.rules.rounds is not None, len(made))
    return state


def _take(state: Tournament, event: events.Event, at_ms: int) -> None:
    if isinstance(event, events.LifeEvent):
        _life(state, event, at_ms)
    elif isinstance(event, events.RoundEvent):
        _round(state, event, at_ms)
    elif isinstance(event, events.SettlementEvent):
        _settlement(state, event, at_ms)
    elif isinstance(event, events.SaleEvent):
        _sale(state, event, at_ms)
    elif not isinstance(event, events.Created):
        _player(state, event, at_ms)


def _life(state: Tournament, event: events.LifeEvent, at_ms: int) -> None:
    """Events of the tournament as a whole."""
    match event:
        case events.Updated():
            state.rules, state.scorer = event.rules, Scorer(event.rules.scoring)
        case events.RegistrationOpened():
            _become(state, Status.OPEN)
        case events.Started():
            _become(state, Status.IN_PROGRESS)
            state.started_at_ms = at_ms
            state.in_play = len(state.ranking)
            if state.rules.rounds is not None:
                state.round_no, state.round_started_ms = 1, at_ms
            close_list(state, at_ms)
        case events.BeaconTaken():
            state.room.beacon = event.signature
        case events.Completed():
            _complete(state, event, at_ms)
        case events.Cancelled():
            _become(state, Status.CANCELLED)
            state.cancelled_at_ms, state.cancellation = at_ms, event
        case _:
            assert_never(event)


def _round(state: Tournament, event: events.RoundEvent, at_ms: int) -> None:
    """Events of rounds."""
    match event:
        case events.RoundEnded():
            state.round_ended_ms = at_ms
        case events.RoundCompleted():
            state.between_rounds = True
            for player_no in event.eliminated:
                _eliminate(state, state.entries[player_no], event.round_no)
        case events.RoundStarted():
            state.round_no, state.round_started_ms = event.round_no, at_ms
            state.round_ended_ms, state.between_rounds = None, False
        case _:
            assert_never(event)


def _settlement(state: Tournament, event: events.SettlementEvent, at_ms: int) -> None:
    """Events behind the end of play."""
    match event:
        case events.ApprovalGiven():
            state.approved_by = event.by
        case events.PayoutsMoved():
            for step in event.steps:
                move(state.payouts[step.payout_id], step, at_ms)
        case events.ResultsFinalised():
            state.results, state.results_status = event, ResultsStatus.FINAL
        case events.ReviewRequested():
            open_review(state, event, at_ms)
        case events.ReviewDecided():
            close_review(state, event, at_ms)
        case _:
            assert_never(event)


def _sale(state: Tournament, event: events.SaleEvent, at_ms: int) -> None:
    """Events of what was sold."""
    match event:
        case events.Registered():
            _register(state, event, at_ms)
        case events.Rebought():
            _rebuy(state, event, at_ms)
        case events.AddOnBought():
            entry = state.entries[event.player_no]
            _sell(
                state, entry, Sale("add_on", 0, event.amount_minor, 0, event.tender, event.payment_id, at_ms)
            )
            if event.points:
                alter(entry, "adjust", at_ms, state.seq, delta=event.points)
                place(state, entry)
        case _:
            assert_never(event)


def _player(
    state: Tournament,
    event: events.Removed | events.Disqualified | events.PlayerEliminated | events.ScoreCorrected,
    at_ms: int,
) -> None:
    """Events of one player."""
    entry = state.entries[event.player_no]
    match event:
        case events.Removed():
            _leave(state, entry, event.refunds)
        case events.Disqualified():
            entry.disqualified = True
            state.approved_by = None  # what was approved is not what there is now
            _leave(state, entry, event.refunds)
        case events.PlayerEliminated():
            state.seen.add(digest_of(event.event_id))
            _eliminate(state, entry, event.round_no)
        case events.ScoreCorrected():
            state.approved_by = None
            if event.event_id is not None:
                state.voided.add(digest_of(event.event_id))
            alter(entry, event.action, at_ms, state.seq, delta=event.delta, attempts=event.attempts)
            place(state, entry)
        case _:
            assert_never(event)


def _become(state: Tournament, status: Status) -> None:
    assert may_become(state.status, status), f"{state.status} cannot become {status}"
    state.status = status


def _complete(state: Tournament, event: events.Completed, at_ms: int) -> None:
    _become(state, Status.COMPLETED)
    state.completed_at_ms = at_ms
    state.bell_ms = at_ms if event.bell_ms is None else event.bell_ms
    state.results_status = ResultsStatus.PROVISIONAL
    if state.scorer.scoring.is_race:
        ring_earlier(state)


def _register(state: Tournament, event: events.Registered, at_ms: int) -> None:
    assert event.player_no == len(state.entries), "players are numbered in order"
    entry = Entry(
        player_no=event.player_no,
        user_id=event.user_id,
        player_id=event.player_id,
        display_name=event.display_name,
        registered_at_ms=at_ms,
        rules_version=event.rules_version,
        tally=fresh(at_ms, state.seq),
    )
    state.entries.append(entry)
    state.know(entry)
    state.last_registered_ms = max(state.last_registered_ms, at_ms)
    place(state, entry)
    state.seated += 1
    state.in_play += 1
    tender = intern(event.tender)  # a few words, said by every entry
    sale = Sale("entry", 1, event.buy_in_minor, event.fee_minor, tender, event.payment_id, at_ms)
    _sell(state, entry, sale)


def _sell(state: Tournament, entry: Entry, sale: Sale) -> None:
    entry.sales = (*entry.sales, sale)
    state.collected_minor += sale.buy_in_minor
    state.fees_minor += sale.fee_minor


def _rebuy(state: Tournament, event: events.Rebought, at_ms: int) -> None:
    """Sell entries; an eliminated player is back, and where the best entry counts a new attempt begins."""
    entry = state.entries[event.player_no]
    sale = Sale("rebuy", event.entries, event.amount_minor, 0, event.tender, event.payment_id, at_ms)
    _sell(state, entry, sale)
    if entry.eliminated_round is not None:
        entry.eliminated_round = None
        state.in_play += 1
    if state.rules.entry_scoring == "best_entry":
        entry.former = (*entry.former, entry.tally)
        entry.tally = fresh(at_ms, state.seq)
    place(state, entry)


def _eliminate(state: Tournament, entry: Entry, round_no: int) -> None:
    entry.eliminated_round = round_no
    state.in_play -= 1
    place(state, entry)


def _leave(state: Tournament, entry: Entry, refunds: tuple[events.RefundLine, ...]) -> None:
    take_off(state, entry)
    for line in refunds:
        state.collected_minor -= line.pool_minor
        state.fees_minor -= line.fee_minor
    if state.status in (Status.SCHEDULED, Status.OPEN):
        entry.refunded = True
        state.seated -= 1
    else:
        state.left_in_play += 1
