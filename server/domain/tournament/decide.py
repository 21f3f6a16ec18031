"""`decide(state, command, now) -> events`: the guards, in the order in which they answer.

Reads and refuses; changes nothing. A repeated command never gets here: the keeper answers it first.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from server.domain.refusal import Code, Refusal
from server.domain.tournament import commands as ask
from server.domain.tournament import entries
from server.domain.tournament import events as fact
from server.domain.tournament.bell import bell_of
from server.domain.tournament.corrections import correct
from server.domain.tournament.facts import crossing_ms
from server.domain.tournament.lifecycle import ResultsStatus, Status, is_over
from server.domain.tournament.payouts import settle
from server.domain.tournament.pool import PrizePool
from server.domain.tournament.prizes import final_sheet
from server.domain.tournament.refunds import cancelled
from server.domain.tournament.rounds import next_round, pace
from server.domain.tournament.rule_checks import faults_of
from server.domain.tournament.rules import Rules, fields_of, rules_from
from server.domain.tournament.schedule import due_step, grace_over_ms
from server.domain.tournament.state import Tournament

Events = list[fact.Event]


def decide(state: Tournament | None, command: ask.Command, now_ms: int) -> Events:
    """The events that the command causes now. Raises `Refusal`; an empty list means nothing to do."""
    if isinstance(command, ask.Create):
        return _create(state, command, now_ms)
    if state is None:
        raise Refusal(Code.TOURNAMENT_NOT_FOUND, "Tournament not found")
    handler: Callable[[Tournament, Any, int], Events] = _HANDLERS[type(command)]
    return handler(state, command, now_ms)


def _create(state: Tournament | None, command: ask.Create, now_ms: int) -> Events:
    if state is not None:
        raise Refusal(Code.INVALID_STATUS, "Tournament exists already")
    if faults := faults_of(command.fields, now_ms):
        raise invalid(faults)
    return [fact.Created(command.tournament_id, command.tenant, rules_from(command.fields))]


def invalid(faults: dict[str, str]) -> Refusal:
    """All faults of a configuration as one refusal; `fields` are domain field names."""
    return Refusal(Code.VALIDATION_FAILED, "Tournament configuration is invalid", {"fields": faults})


def _update(state: Tournament, command: ask.Update, now_ms: int) -> Events:
    new = replace(state.rules, **command.fields)
    changed = tuple(sorted(n for n in command.fields if getattr(new, n) != getattr(state.rules, n)))
    if not changed:
        return []
    forbidden = {name: why for name in changed if (why := _why_fixed(state, name, new))}
    if forbidden:
        message = f"Some fields cannot be changed while the tournament is {state.status}"
        raise Refusal(Code.UPDATE_NOT_ALLOWED, message, {"fields": forbidden})
    if faults := _update_faults(new, changed, now_ms):
        raise invalid(faults)
    version = state.rules.rules_version + 1
    return [fact.Updated(replace(new, rules_version=version), changed)]


def _update_faults(new: Rules, changed: tuple[str, ...], now_ms: int) -> dict[str, str]:
    """The whole must still make sense; only what changes is held against the present."""
    fields = fields_of(new)
    against_now = faults_of(fields, now_ms).items()
    return faults_of(fields, None) | {name: why for name, why in against_now if name in changed}


def _why_fixed(state: Tournament, name: str, new: Rules) -> str | None:
    """Why `name` may not take its new value in this status; None when it may (10-rules.md, 1)."""
    old = state.rules
    if state.status is Status.SCHEDULED or (name in {"name", "description"} and not is_over(state.status)):
        return None
    if state.status is not Status.OPEN:
        return f"Cannot be changed while {state.status}"
    match name:
        case "max_players":
            lower = new.max_players is not None and (old.max_players or new.max_players + 1) > new.max_players
            return "Can only increase" if lower else None
        case "registration_closes_ms":
            earlier = old.registration_closes_ms is not None and (
                new.entry_closes_ms() < old.registration_closes_ms
            )
            return "Can only be later" if earlier else None
        case "prize_pool":
            return None if _only_grows(old.prize_pool, new.prize_pool) else "Can only increase"
    return "Cannot be changed once registration is open"


def _only_grows(old: PrizePool, new: PrizePool) -> bool:
    """No amount is less than before, and nothing but amounts has changed."""
    amounts = ("total_minor", "guaranteed_minor", "seed_minor")
    same_otherwise = replace(new, **{name: getattr(old, name) for name in amounts}) == old
    return same_otherwise and all(getattr(new, name) >= getattr(old, name) for name in amounts)


def _refuse_when_over(state: Tournament, action: str) -> None:
    if is_over(state.status):
        detail = {"status": state.status.value}
        raise Refusal(Code.INVALID_STATUS, f"A {state.status} tournament cannot be {action}", detail)


def _start(state: Tournament, command: ask.Start, now_ms: int) -> Events:
    if state.status is Status.IN_PROGRESS:
        return []
    _refuse_when_over(state, "started")
    if state.seated < state.rules.min_players:
        detail = {"players": state.seated, "min_players": state.rules.min_players}
        raise Refusal(Code.NOT_ENOUGH_PLAYERS, "Too few players to start", detail)
    opened: Events = [fact.RegistrationOpened()] if state.status is Status.SCHEDULED else []
    return [*opened, fact.Started()]


def _finish(state: Tournament, command: ask.Finish, now_ms: int) -> Events:
    if state.status is Status.COMPLETED:
        return []
    if state.status is not Status.IN_PROGRESS:
        detail = {"status": state.status.value}
        raise Refusal(Code.INVALID_STATUS, "Only a tournament in progress can be finished", detail)
    return _complete(state, "by_hand")


def _complete(state: Tournament, cause: str) -> Events:
    """Play is over. By the clock the bell rang when it should have, a race when the target was reached."""
    match cause:
        case "end_time" | "last_round":
            return [fact.Completed(cause, bell_of(state))]
        case "target":
            return [fact.Completed(cause, (crossing_ms(state) or 0) + 1)]
    return [fact.Completed(cause)]


def _approve(state: Tournament, command: ask.Approve, now_ms: int) -> Events:
    if state.results_status is ResultsStatus.FINAL:
        return []
    if state.status is not Status.COMPLETED or now_ms < grace_over_ms(state):
        detail = {"status": state.status.value, "results_status": state.results_status.value}
        raise Refusal(Code.RESULTS_NOT_READY, "Results can be approved once late facts are in", detail)
    if state.rules.payout_approval == "two_keys":
        if state.approved_by is None:
            return [fact.ApprovalGiven(command.by)]
        if state.approved_by == command.by:
            raise Refusal(Code.SECOND_KEY_NEEDED, "Another key must approve these results, too")
    return [final_sheet(state)]


def _cancel(state: Tournament, command: ask.Cancel, now_ms: int) -> Events:
    if state.status is Status.CANCELLED:
        return []
    _refuse_when_over(state, "cancelled")
    return [cancelled(state, command.reason, now_ms, refund=command.refund, notify=command.notify)]


def _advance(state: Tournament, command: ask.Advance, now_ms: int) -> Events:
    match due_step(state, now_ms):
        case None:
            return []
        case "open":
            return [fact.RegistrationOpened()]
        case "start":
            return [fact.Started()]
        case "too_few":
            return [cancelled(state, "Insufficient players", now_ms, refund=True, notify=True)]
        case "missed":
            reason = "The planned time had passed before it could start"
            return [cancelled(state, reason, now_ms, refund=True, notify=True)]
        case "round_over":
            return next_round(state)
        case "final":
            return [final_sheet(state)]
        case cause:
            return _complete(state, cause)


_HANDLERS: dict[type, Callable[[Tournament, Any, int], Events]] = {
    ask.Update: _update,
    ask.Register: entries.register,
    ask.Rebuy: entries.rebuy,
    ask.BuyAddOn: entries.buy_add_on,
    ask.Remove: entries.remove,
    ask.Disqualify: entries.disqualify,
    ask.Correct: correct,
    ask.Approve: _approve,
    ask.Settle: settle,
    ask.Start: _start,
    ask.PaceRound: pace,
    ask.Finish: _finish,
    ask.Cancel: _cancel,
    ask.Advance: _advance,
}
