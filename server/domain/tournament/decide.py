"""`decide(state, command, now) -> events`: the guards, in the order in which they answer.

Reads and refuses; changes nothing. A repeated command never gets here: the keeper answers it first.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from server.domain.refusal import Code, Refusal
from server.domain.tournament import commands as ask
from server.domain.tournament import events as fact
from server.domain.tournament.lifecycle import Status, is_over
from server.domain.tournament.prizes import final_sheet
from server.domain.tournament.refunds import cancellation_lines, refund_lines
from server.domain.tournament.rules import PrizePool, Rules, faults_of, fields_of, rules_from
from server.domain.tournament.schedule import due_step
from server.domain.tournament.state import Entry, Tournament

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


def _register(state: Tournament, command: ask.Register, now_ms: int) -> Events:
    known = state.no_of.get(command.user_id)
    if known is not None and not state.entries[known].removed:
        raise _already_registered(state.entries[known])
    if not state.rules.takes_entries(state.status, state.started_at_ms, now_ms):
        detail = {"status": state.status.value}
        raise Refusal(Code.REGISTRATION_CLOSED, "Registration is not open", detail)
    if state.is_full():
        raise Refusal(Code.TOURNAMENT_FULL, "No place left", {"max_players": state.rules.max_players})
    _check_paid(command, state.rules.entry_price_minor)
    return [
        fact.Registered(
            player_no=len(state.entries),
            user_id=command.user_id,
            player_id=command.player_id,
            display_name=command.display_name,
            buy_in_minor=state.rules.buy_in_minor,
            fee_minor=state.rules.fee_minor,
            tender=command.tender,
            payment_id=command.payment_id,
            rules_version=state.rules.rules_version,
        )
    ]


def _already_registered(entry: Entry) -> Refusal:
    detail = {"player_id": entry.player_id, "user_id": entry.user_id}
    return Refusal(Code.ALREADY_REGISTERED, "This user is registered already", detail)


def _check_paid(command: ask.Register | ask.Rebuy, price_minor: int) -> None:
    """The casino must say what it took: the exact price, or a payment id that stands for it."""
    paid = command.paid_minor
    silent = paid is None and command.payment_id is None and price_minor > 0
    if silent or (paid is not None and paid != price_minor):
        detail = {"expected_minor": price_minor, "given_minor": paid}
        raise Refusal(Code.WRONG_AMOUNT, "The amount paid is not the price", detail)


def _rebuy(state: Tournament, command: ask.Rebuy, now_ms: int) -> Events:
    entry, rules = state.entry_named(command.player), state.rules
    if reason := _why_no_rebuy(state, entry, now_ms):
        raise Refusal(Code.REBUY_NOT_ALLOWED, reason, {"player_id": entry.player_id})
    most = rules.max_entries_per_player
    if most is not None and entry.entries + command.entries > most:
        detail = {"max_entries_per_player": most, "entries": entry.entries}
        raise Refusal(Code.REBUY_LIMIT_REACHED, "No entries left for this player", detail)
    price = rules.rebuy_fee_minor * command.entries
    _check_paid(command, price)
    return [fact.Rebought(entry.player_no, command.entries, price, command.tender, command.payment_id)]


def _why_no_rebuy(state: Tournament, entry: Entry, now_ms: int) -> str | None:
    rules = state.rules
    if not rules.rebuy_enabled:
        return "This tournament has no rebuys"
    if state.status is not Status.IN_PROGRESS or now_ms >= rules.planned_end_ms(state.started_at_ms):
        return "Rebuys are possible only while the tournament is in progress"
    if rules.rebuy_deadline_ms is not None and now_ms >= rules.rebuy_deadline_ms:
        return "The rebuy deadline has passed"
    return "The player was removed" if entry.removed else None


def _remove(state: Tournament, command: ask.Remove, now_ms: int) -> Events:
    entry = state.entry_named(command.player)
    _refuse_when_over(state, "removed from")
    if entry.removed:
        return []
    before_start = state.status is not Status.IN_PROGRESS
    return [fact.Removed(entry.player_no, command.reason, refund_lines(entry) if before_start else ())]


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
    pool = state.rules.prize_pool
    standings = state.ranking.page(0, len(pool.shares))
    return [fact.Completed(cause), final_sheet(pool, state.collected_minor, standings)]


def _cancel(state: Tournament, command: ask.Cancel, now_ms: int) -> Events:
    if state.status is Status.CANCELLED:
        return []
    _refuse_when_over(state, "cancelled")
    return [_cancelled(state, command.reason, now_ms, refund=command.refund, notify=command.notify)]


def _cancelled(
    state: Tournament, reason: str, now_ms: int, *, refund: bool = True, notify: bool = True
) -> fact.Cancelled:
    lines = cancellation_lines(state, now_ms)
    return fact.Cancelled(reason, waived=not refund, notify=notify, refunds=lines)


def _advance(state: Tournament, command: ask.Advance, now_ms: int) -> Events:
    match due_step(state, now_ms):
        case None:
            return []
        case "open":
            return [fact.RegistrationOpened()]
        case "start":
            return [fact.Started()]
        case "too_few":
            return [_cancelled(state, "Insufficient players", now_ms)]
        case "missed":
            return [_cancelled(state, "The planned time had passed before it could start", now_ms)]
        case cause:
            return _complete(state, cause)


_HANDLERS: dict[type, Callable[[Tournament, Any, int], Events]] = {
    ask.Update: _update,
    ask.Register: _register,
    ask.Rebuy: _rebuy,
    ask.Remove: _remove,
    ask.Start: _start,
    ask.Finish: _finish,
    ask.Cancel: _cancel,
    ask.Advance: _advance,
}
