"""`apply(state, event) -> state`: the only code, beside `facts.count`, that changes a tournament.

Never refuses and never looks at a clock: replaying a log gives the state that was.
"""

from sys import intern

from server.domain.scoring.scorer import Scorer
from server.domain.scoring.tally import copied, fresh
from server.domain.tournament import events as fact
from server.domain.tournament.facts import digest_of, place, ring_earlier
from server.domain.tournament.lifecycle import ResultsStatus, Status, may_become
from server.domain.tournament.payouts import move, owed_by, told
from server.domain.tournament.state import Entry, Sale, Tournament


def apply(state: Tournament | None, event: fact.Event, at_ms: int) -> Tournament:
    """Take one event; it gets the next journal position. `state` is changed in place."""
    if isinstance(event, fact.Created):
        assert state is None, "a tournament is created once"
        return Tournament(event.tournament_id, event.tenant, event.rules, at_ms, seq=1, events_counted=1)
    assert state is not None, "the first event of a log is Created"
    state.seq += 1
    if not _life(state, event, at_ms):
        _player(state, event, at_ms)
    made = owed_by(event, state, at_ms)
    state.payouts |= {payout.id: payout for payout in made}
    # One public event each; a movement of payouts is told line by line.
    itself = 0 if isinstance(event, fact.PayoutsMoved) else 1
    state.events_counted += itself + told(event) + len(made)
    return state


def _life(state: Tournament, event: fact.Event, at_ms: int) -> bool:
    """Events of the tournament as a whole; False for any other."""
    match event:
        case fact.Updated():
            state.rules, state.scorer = event.rules, Scorer(event.rules.scoring)
        case fact.RegistrationOpened():
            _become(state, Status.OPEN)
        case fact.Started():
            _become(state, Status.IN_PROGRESS)
            state.started_at_ms = at_ms
            state.in_play = len(state.ranking)
            if state.rules.rounds is not None:
                state.round_no, state.round_started_ms = 1, at_ms
        case fact.Completed():
            _complete(state, event, at_ms)
        case fact.Cancelled():
            _become(state, Status.CANCELLED)
            state.cancelled_at_ms, state.cancellation = at_ms, event
        case _:
            return _round(state, event, at_ms) or _settlement(state, event, at_ms)
    return True


def _round(state: Tournament, event: fact.Event, at_ms: int) -> bool:
    """Events of rounds; False for any other."""
    match event:
        case fact.RoundEnded():
            state.round_ended_ms = at_ms
        case fact.RoundCompleted():
            state.between_rounds = True
            for player_no in event.eliminated:
                _eliminate(state, state.entries[player_no], event.round_no)
        case fact.RoundStarted():
            state.round_no, state.round_started_ms = event.round_no, at_ms
            state.round_ended_ms, state.between_rounds = None, False
        case _:
            return False
    return True


def _settlement(state: Tournament, event: fact.Event, at_ms: int) -> bool:
    """Events behind the end of play; False for any other."""
    match event:
        case fact.ApprovalGiven():
            state.approved_by = event.by
        case fact.PayoutsMoved():
            for step in event.steps:
                move(state.payouts[step.payout_id], step, at_ms)
        case fact.ResultsFinalised():
            state.results, state.results_status = event, ResultsStatus.FINAL
        case _:
            return False
    return True


def _player(state: Tournament, event: fact.Event, at_ms: int) -> None:
    """Events of one player."""
    match event:
        case fact.Registered():
            _register(state, event, at_ms)
        case fact.Rebought():
            _rebuy(state, event, at_ms)
        case fact.AddOnBought():
            sale = Sale("add_on", 0, event.amount_minor, 0, event.tender, event.payment_id, at_ms)
            _sell(state, state.entries[event.player_no], sale)
            _adjust(state, state.entries[event.player_no], event.points, at_ms)
        case fact.Removed():
            _leave(state, state.entries[event.player_no], event.refunds)
        case fact.Disqualified():
            state.entries[event.player_no].disqualified = True
            state.approved_by = None  # what was approved is not what there is now
            _leave(state, state.entries[event.player_no], event.refunds)
        case fact.PlayerEliminated():
            state.seen.add(digest_of(event.event_id))
            _eliminate(state, state.entries[event.player_no], event.round_no)
        case fact.ScoreCorrected():
            state.approved_by = None
            _correct(state, event, at_ms)
        case fact.ReviewRequested():
            state.reviews += 1


def _become(state: Tournament, status: Status) -> None:
    assert may_become(state.status, status), f"{state.status} cannot become {status}"
    state.status = status


def _complete(state: Tournament, event: fact.Completed, at_ms: int) -> None:
    _become(state, Status.COMPLETED)
    state.completed_at_ms = at_ms
    state.bell_ms = at_ms if event.bell_ms is None else event.bell_ms
    state.results_status = ResultsStatus.PROVISIONAL
    if state.scorer.scoring.is_race:
        ring_earlier(state)


def _register(state: Tournament, event: fact.Registered, at_ms: int) -> None:
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


def _rebuy(state: Tournament, event: fact.Rebought, at_ms: int) -> None:
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


def _leave(state: Tournament, entry: Entry, refunds: tuple[fact.RefundLine, ...]) -> None:
    state.in_play -= entry.is_in_play
    entry.removed = True
    state.ranking.remove(entry.player_no)
    for line in refunds:
        state.collected_minor -= line.pool_minor
        state.fees_minor -= line.fee_minor
    if state.status in (Status.SCHEDULED, Status.OPEN):
        state.seated -= 1
    else:
        state.left_in_play += 1


def _adjust(state: Tournament, entry: Entry, delta: int, at_ms: int) -> None:
    if delta:
        entry.adjusted += delta
        entry.adjusted_ms, entry.adjusted_seq = at_ms, state.seq
        place(state, entry)


def _correct(state: Tournament, event: fact.ScoreCorrected, at_ms: int) -> None:
    entry = state.entries[event.player_no]
    match event.action:
        case "adjust":
            _adjust(state, entry, event.delta, at_ms)
        case "reset":
            entry.tally, entry.former = fresh(at_ms, state.seq), ()
            entry.adjusted = entry.adjusted_ms = entry.adjusted_seq = 0
            entry.reset_seq = state.seq
        case _:
            assert event.event_id is not None, "a void names its fact"
            state.voided.add(digest_of(event.event_id))
            entry.tally, *former = [copied(tally) for tally in event.attempts]
            entry.former = tuple(former)
    place(state, entry)
