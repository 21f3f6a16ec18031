"""`decide(state, command, now) -> events`: the guards, in the order in which they answer.

Reads and refuses; changes nothing. A repeated command never gets here: the owner answers it first.
"""

from typing import assert_never

from server.domain.refusal import Code, Detail, Refusal
from server.domain.tournament import commands, events
from server.domain.tournament.lifecycle import ResultsStatus, Status, is_over
from server.domain.tournament.money import sales
from server.domain.tournament.money.payouts import settle
from server.domain.tournament.money.prizes import final_sheet
from server.domain.tournament.money.refunds import cancelled
from server.domain.tournament.money.reviews import decide_review
from server.domain.tournament.play.corrections import correct
from server.domain.tournament.play.cutoff import bell_of
from server.domain.tournament.play.facts import crossing_ms
from server.domain.tournament.play.room_facts import awaited_round
from server.domain.tournament.play.rounds import next_round, pace
from server.domain.tournament.play.schedule import due_step, grace_over_ms
from server.domain.tournament.rules.checks import faults_of
from server.domain.tournament.rules.rules import rules_from
from server.domain.tournament.rules.updates import invalid, update
from server.domain.tournament.state import Tournament

Events = list[events.Event]


def decide(state: Tournament | None, command: commands.Command, now_ms: int) -> Events:
    """The events that the command causes now. Raises `Refusal`; an empty list means nothing to do."""
    if isinstance(command, commands.Create):
        return _create(state, command, now_ms)
    if state is None:
        raise Refusal(Code.TOURNAMENT_NOT_FOUND, "Tournament not found")
    if isinstance(command, commands.Sale):
        return _sell(state, command, now_ms)
    if isinstance(command, commands.PlayerAct):
        return _judge(state, command, now_ms)
    return _run(state, command, now_ms)


def _create(state: Tournament | None, command: commands.Create, now_ms: int) -> Events:
    if state is not None:
        raise Refusal(Code.INVALID_STATUS, "Tournament exists already")
    if faults := faults_of(command.fields, now_ms):
        raise invalid(faults)
    return [events.Created(command.tournament_id, command.tenant, rules_from(command.fields))]


def _sell(state: Tournament, command: commands.Sale, now_ms: int) -> Events:
    match command:
        case commands.Register():
            return sales.register(state, command, now_ms)
        case commands.Rebuy():
            return sales.rebuy(state, command, now_ms)
        case commands.BuyAddOn():
            return sales.buy_add_on(state, command, now_ms)
    assert_never(command)


def _judge(state: Tournament, command: commands.PlayerAct, now_ms: int) -> Events:
    match command:
        case commands.Remove():
            return sales.remove(state, command, now_ms)
        case commands.Disqualify():
            return sales.disqualify(state, command, now_ms)
        case commands.Correct():
            return correct(state, command, now_ms)
        case commands.DecideReview():
            return decide_review(state, command, now_ms)
    assert_never(command)


def _run(state: Tournament, command: commands.Step, now_ms: int) -> Events:
    match command:
        case commands.Update():
            return update(state, command, now_ms)
        case commands.Approve():
            return _approve(state, command, now_ms)
        case commands.Settle():
            return settle(state, command, now_ms)
        case commands.Start():
            return _start(state)
        case commands.PaceRound():
            return pace(state, command, now_ms)
        case commands.Finish():
            return _finish(state)
        case commands.Cancel():
            return _cancel(state, command, now_ms)
        case commands.TakeBeacon():
            return _take_beacon(state, command)
        case commands.Advance():
            return _advance(state, now_ms)
    assert_never(command)


def _refuse_when_over(state: Tournament, action: str) -> None:
    if is_over(state.status):
        detail: Detail = {"status": state.status.value}
        raise Refusal(Code.INVALID_STATUS, f"A {state.status} tournament cannot be {action}", detail)


def _start(state: Tournament) -> Events:
    if state.status is Status.IN_PROGRESS:
        return []
    _refuse_when_over(state, "started")
    if state.seated < state.rules.min_players:
        detail: Detail = {"players": state.seated, "min_players": state.rules.min_players}
        raise Refusal(Code.NOT_ENOUGH_PLAYERS, "Too few players to start", detail)
    opened: Events = [events.RegistrationOpened()] if state.status is Status.SCHEDULED else []
    return [*opened, events.Started(events.TOLD_AS)]


def _take_beacon(state: Tournament, command: commands.TakeBeacon) -> Events:
    """Only the round that was named when the list of entrants closed, and only once."""
    if command.number != awaited_round(state):
        return []
    return [events.BeaconTaken(command.number, command.signature)]


def _finish(state: Tournament) -> Events:
    if state.status is Status.COMPLETED:
        return []
    if state.status is not Status.IN_PROGRESS:
        detail: Detail = {"status": state.status.value}
        raise Refusal(Code.INVALID_STATUS, "Only a tournament in progress can be finished", detail)
    return [events.Completed("by_hand")]


def _approve(state: Tournament, command: commands.Approve, now_ms: int) -> Events:
    if state.results_status is ResultsStatus.FINAL:
        return []
    if state.status is not Status.COMPLETED or now_ms < grace_over_ms(state):
        detail: Detail = {"status": state.status.value, "results_status": state.results_status.value}
        raise Refusal(Code.RESULTS_NOT_READY, "Results can be approved once late facts are in", detail)
    if state.rules.payout_approval == "two_keys":
        if state.approved_by is None:
            return [events.ApprovalGiven(command.by)]
        if state.approved_by == command.by:
            raise Refusal(Code.SECOND_KEY_NEEDED, "Another person's key must approve these results, too")
    return [final_sheet(state)]


def _cancel(state: Tournament, command: commands.Cancel, now_ms: int) -> Events:
    if state.status is Status.CANCELLED:
        return []
    _refuse_when_over(state, "cancelled")
    return [cancelled(state, command.reason, now_ms, refund=command.refund, notify=command.notify)]


def _advance(state: Tournament, now_ms: int) -> Events:
    """The one step that is due. By the clock the bell rang when it should have, a race when the target was
    reached."""
    step = due_step(state, now_ms)
    match step:
        case None:
            return []
        case "open":
            return [events.RegistrationOpened()]
        case "start":
            return [events.Started(events.TOLD_AS)]
        case "too_few":
            return [cancelled(state, "Insufficient players", now_ms, refund=True, notify=True)]
        case "missed":
            reason = "The planned time had passed before it could start"
            return [cancelled(state, reason, now_ms, refund=True, notify=True)]
        case "round_bell":
            return [events.RoundEnded(state.round_no)]
        case "round_over":
            return next_round(state)
        case "final":
            return [final_sheet(state)]
        case "end_time" | "last_round":
            return [events.Completed(step, bell_of(state))]
        case "target":
            return [events.Completed(step, (crossing_ms(state) or 0) + 1)]
        case "last_player" | "last_flight":
            return [events.Completed(step)]
    assert_never(step)
