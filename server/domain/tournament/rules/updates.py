"""Changing the rules: what may change in which status (10-rules.md, section 1)."""

from dataclasses import replace
from typing import Final

from server.domain.refusal import Code, Detail, Refusal
from server.domain.tournament import commands, events
from server.domain.tournament.lifecycle import Status, is_over
from server.domain.tournament.money.pool import PrizePool
from server.domain.tournament.rules.checks import faults_of
from server.domain.tournament.rules.rules import Rules, fields_of
from server.domain.tournament.state import Tournament

# Every version is kept for ever with the entries that were sold under it.
VERSIONS_MAX: Final = 1_000


def update(state: Tournament, command: commands.Update, now_ms: int) -> list[events.Event]:
    """New rules, as a whole; nothing when nothing would change."""
    new = replace(state.rules, **command.fields)
    changed = tuple(sorted(n for n in command.fields if getattr(new, n) != getattr(state.rules, n)))
    if not changed:
        return []
    forbidden = {name: why for name in changed if (why := _why_fixed(state, name, new))}
    if forbidden:
        message = f"Some fields cannot be changed while the tournament is {state.status}"
        raise Refusal(Code.UPDATE_NOT_ALLOWED, message, {"fields": forbidden})
    if faults := _faults(new, changed, now_ms):
        raise invalid(faults)
    version = state.rules.rules_version + 1
    if version > VERSIONS_MAX:
        detail: Detail = {"rules_version": state.rules.rules_version}
        raise Refusal(Code.UPDATE_NOT_ALLOWED, f"The rules have changed {VERSIONS_MAX} times", detail)
    return [events.Updated(replace(new, rules_version=version), changed, events.TOLD_AS)]


def invalid(faults: dict[str, str]) -> Refusal:
    """All faults of a configuration as one refusal; `fields` are domain field names."""
    return Refusal(Code.VALIDATION_FAILED, "Tournament configuration is invalid", {"fields": faults})


def _faults(new: Rules, changed: tuple[str, ...], now_ms: int) -> dict[str, str]:
    """The whole must still make sense; only what changes is held against the present."""
    fields = fields_of(new)
    against_now = faults_of(fields, now_ms).items()
    return faults_of(fields, None) | {name: why for name, why in against_now if name in changed}


def _why_fixed(state: Tournament, name: str, new: Rules) -> str | None:
    """Why `name` may not take its new value in this status; None when it may."""
    old = state.rules
    if name == "room" and (old.room is None or new.room is None):
        return "Where it is played cannot be changed: create another tournament"
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
