"""`apply(state, event) -> state`: the only code, beside `facts.count`, that changes a tournament.

Never refuses and never looks at a clock: replaying a log gives the state that was.
"""

from server.domain.ids import internal_player_id
from server.domain.tournament import events as fact
from server.domain.tournament.lifecycle import ResultsStatus, Status, may_become
from server.domain.tournament.state import Entry, Sale, Tournament


def apply(state: Tournament | None, event: fact.Event, at_ms: int) -> Tournament:
    """Take one event; it gets the next journal position. `state` is changed in place."""
    if isinstance(event, fact.Created):
        assert state is None, "a tournament is created once"
        return Tournament(event.tournament_id, event.tenant, event.rules, at_ms, seq=1, events_counted=1)
    assert state is not None, "the first event of a log is Created"
    state.seq += 1
    state.events_counted += 1
    match event:
        case fact.Updated():
            state.rules = event.rules
        case fact.RegistrationOpened():
            _become(state, Status.OPEN)
        case fact.Registered():
            _register(state, event, at_ms)
        case fact.Rebought():
            _rebuy(state, event, at_ms)
        case fact.Removed():
            _remove(state, event)
        case fact.Started():
            _become(state, Status.IN_PROGRESS)
            state.started_at_ms = at_ms
        case fact.Completed():
            _become(state, Status.COMPLETED)
            state.completed_at_ms = at_ms
            state.results_status = ResultsStatus.PROVISIONAL
        case fact.ResultsFinalised():
            state.results, state.results_status = event, ResultsStatus.FINAL
        case fact.Cancelled():
            _become(state, Status.CANCELLED)
            state.cancelled_at_ms, state.cancellation = at_ms, event
    return state


def _become(state: Tournament, status: Status) -> None:
    assert may_become(state.status, status), f"{state.status} cannot become {status}"
    state.status = status


def _register(state: Tournament, event: fact.Registered, at_ms: int) -> None:
    assert event.player_no == len(state.entries), "players are numbered in order"
    sale = Sale("entry", 1, event.buy_in_minor, event.fee_minor, event.tender, event.payment_id, at_ms)
    entry = Entry(
        player_no=event.player_no,
        user_id=event.user_id,
        player_id=event.player_id,
        display_name=event.display_name,
        registered_at_ms=at_ms,
        rules_version=event.rules_version,
        reached_seq=state.seq,
        sales=(sale,),
    )
    state.entries.append(entry)
    for name in names_of(state, entry):
        state.no_of[name] = entry.player_no
    state.ranking.place(entry.player_no, 0, state.seq)
    state.seated += 1
    _collect(state, sale)


def names_of(state: Tournament, entry: Entry) -> tuple[str, str, str]:
    """The three names a player goes by in paths and facts."""
    internal = internal_player_id(state.id, entry.player_id, entry.player_no)
    return entry.user_id, entry.player_id, internal


def _collect(state: Tournament, sale: Sale) -> None:
    state.collected_minor += sale.buy_in_minor
    state.fees_minor += sale.fee_minor


def _rebuy(state: Tournament, event: fact.Rebought, at_ms: int) -> None:
    sale = Sale("rebuy", event.entries, event.amount_minor, 0, event.tender, event.payment_id, at_ms)
    entry = state.entries[event.player_no]
    entry.sales = (*entry.sales, sale)
    _collect(state, sale)


def _remove(state: Tournament, event: fact.Removed) -> None:
    entry = state.entries[event.player_no]
    entry.removed = True
    state.ranking.remove(event.player_no)
    for line in event.refunds:
        state.collected_minor -= line.pool_minor
        state.fees_minor -= line.fee_minor
    if state.status is Status.IN_PROGRESS:
        state.left_in_play += 1
    else:
        state.seated -= 1
