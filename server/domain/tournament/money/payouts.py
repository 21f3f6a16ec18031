"""What is owed to players once it is certain: a line per thing owed, each paid once (10-rules.md, section 7).

A line comes into being with the event that makes it certain: results that are final, a cancellation, a refund
before the start. Its id is made from tournament, player and kind alone.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, assert_never

from server.domain.ids import internal_player_id, payout_id
from server.domain.refusal import Code, Detail, Refusal
from server.domain.tournament import commands, events
from server.domain.tournament.state import Payout, Tournament


class PayoutState(StrEnum):
    """Where a line is on its way. `waiting_review` and `processing` are never stored: results under review
    have no lines yet, and the worker that has claimed a line is processing it."""

    WAITING_REVIEW = "waiting_review"
    APPROVED = "approved"
    PROCESSING = "processing"
    RETRY_SCHEDULED = "retry_scheduled"
    NEEDS_PERSON = "needs_person"
    NOT_ELIGIBLE = "not_eligible"
    VOID = "void"
    PAID = "paid"


_S = PayoutState
# What was paid was paid, whatever the line said before.
MOVES: Final[dict[str, frozenset[str]]] = {
    _S.APPROVED: frozenset({_S.RETRY_SCHEDULED, _S.NEEDS_PERSON, _S.NOT_ELIGIBLE, _S.VOID, _S.PAID}),
    _S.RETRY_SCHEDULED: frozenset(
        {_S.RETRY_SCHEDULED, _S.APPROVED, _S.NEEDS_PERSON, _S.NOT_ELIGIBLE, _S.VOID, _S.PAID}
    ),
    _S.NEEDS_PERSON: frozenset({_S.APPROVED, _S.NOT_ELIGIBLE, _S.VOID, _S.PAID}),
    _S.NOT_ELIGIBLE: frozenset({_S.APPROVED, _S.VOID, _S.PAID}),
    _S.VOID: frozenset({_S.PAID}),
    _S.PAID: frozenset(),
}
# What an operator may say became of a line.
ACKS: Final = {
    "paid": _S.PAID,
    "failed": _S.NEEDS_PERSON,
    "not_eligible": _S.NOT_ELIGIBLE,
    "void": _S.VOID,
    "retry": _S.APPROVED,
}
FORFEITED: Final = frozenset({_S.NOT_ELIGIBLE, _S.VOID})
# Of these the house may try to pay.
OPEN: Final = frozenset({_S.APPROVED, _S.RETRY_SCHEDULED})


@dataclass(frozen=True, slots=True)
class PayoutRow:
    """One line with the names that a wallet knows its player by."""

    payout: Payout
    tournament_id: str
    user_id: str
    player_id: str
    internal_player_id: str
    display_name: str
    currency: str
    currency_places: int


def settle(state: Tournament, command: commands.Settle, now_ms: int) -> list[events.Event]:
    """Move lines; a step made already is nothing."""
    steps = tuple(step for step in command.steps if _moves(state, step, command.strict))
    return [events.PayoutsMoved(steps)] if steps else []


def _moves(state: Tournament, step: events.PayoutStep, strict: bool) -> bool:
    payout = state.payouts.get(step.payout_id)
    if payout is None:
        raise Refusal(
            Code.PAYOUT_NOT_FOUND, f"Payout {step.payout_id} not found", {"payout_id": step.payout_id}
        )
    if step.state in MOVES[payout.state]:
        return True
    if step.state == payout.state or not strict:
        return False
    detail: Detail = {"payout_id": step.payout_id, "state": payout.state}
    raise Refusal(Code.PAYOUT_CLOSED, f"A payout that is {payout.state} cannot become {step.state}", detail)


def owed_by(event: events.Event, state: Tournament, at_ms: int) -> list[Payout]:
    """The lines that come into being with an event."""
    if isinstance(event, events.OwesNothing):
        return []
    match event:
        case events.ResultsFinalised():
            prizes = (_prize(line, state, at_ms) for line in event.prizes if line.amount_minor)
            return [*prizes, *_items(event.items, state, at_ms)]
        case events.Removed() | events.Disqualified():
            return _refunds(event.refunds, state, at_ms)
        case events.Cancelled():
            return [] if event.waived else _refunds(event.refunds, state, at_ms)
        case events.ReviewDecided():
            return [_award(award, event.number, state, at_ms) for award in event.awards]
    assert_never(event)


def _award(award: events.Award, number: int, state: Tournament, at_ms: int) -> Payout:
    """A line of its own for every review: what was owed before keeps its name and its state."""
    kind = award.kind if award.code is None else f"{award.kind}:{award.code}"
    name = name_of(state, award.player_no, f"{kind}:review:{number}")
    money = award.code is None
    tender, next_try_ms = ("cash", at_ms) if money else ("", None)
    made = Payout(name, award.player_no, award.kind, award.amount_minor, tender, at_ms, award.position)
    made.code, made.quantity, made.next_try_ms = award.code, award.quantity, next_try_ms
    return made


def _prize(line: events.PrizeLine, state: Tournament, at_ms: int) -> Payout:
    name = name_of(state, line.player_no, "prize")
    return Payout(
        name, line.player_no, "prize", line.amount_minor, "cash", at_ms, line.position, next_try_ms=at_ms
    )


def _items(items: tuple[events.ItemLine, ...], state: Tournament, at_ms: int) -> list[Payout]:
    """Prizes that are not money: handed out by the casino, never by a wallet. One line per thing."""
    made: dict[str, Payout] = {}
    for item in items:
        name = name_of(state, item.player_no, f"{item.kind}:{item.code}")
        fresh = Payout(name, item.player_no, item.kind, 0, "", at_ms, item.position, item.code)
        made.setdefault(name, fresh).quantity += item.quantity
    return list(made.values())


def _refunds(refunds: tuple[events.RefundLine, ...], state: Tournament, at_ms: int) -> list[Payout]:
    """One line per player, kind and tender, whatever number of sales it gives back."""
    sums: dict[tuple[int, str, str], int] = {}
    for line in refunds:
        key = line.player_no, line.kind, line.tender
        sums[key] = sums.get(key, 0) + line.refund_minor
    return [
        Payout(
            name_of(state, player_no, f"{kind}:{tender}"), player_no, kind, amount, tender, at_ms,
            next_try_ms=at_ms,
        )
        for (player_no, kind, tender), amount in sums.items()
        if amount
    ]  # fmt: skip


def name_of(state: Tournament, player_no: int, kind: str) -> str:
    """The id of what a player is owed for one kind of thing."""
    entry = state.entries[player_no]
    return payout_id(state.id, internal_player_id(state.id, entry.player_id, player_no), kind)


def move(payout: Payout, step: events.PayoutStep, at_ms: int) -> None:
    """Apply a step."""
    payout.state, payout.moved_at_ms = step.state, at_ms
    payout.reason, payout.next_try_ms = step.reason, step.next_try_ms
    if step.reference is not None:
        payout.reference = step.reference
    # Steps of old logs do not say that a wallet was asked; a retry says it all the same.
    payout.attempts += step.tried or step.state == _S.RETRY_SCHEDULED
    if step.state == _S.APPROVED:
        payout.attempts, payout.next_try_ms = 0, at_ms if payout.amount_minor else None


def payout_row(state: Tournament, name: str) -> PayoutRow:
    """The row of one line."""
    payout = state.payouts[name]
    entry = state.entries[payout.player_no]
    return PayoutRow(
        payout=payout,
        tournament_id=state.id,
        user_id=entry.user_id,
        player_id=entry.player_id,
        internal_player_id=internal_player_id(state.id, entry.player_id, payout.player_no),
        display_name=entry.display_name,
        currency=state.rules.currency,
        currency_places=state.rules.currency_places,
    )
