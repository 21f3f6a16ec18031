"""Running one order: decide, record, answer. Shared by the keeper and by the birth of a tournament."""

import logging
from collections.abc import Mapping
from dataclasses import replace

from actors.owner.queries import review_row
from actors.owner.unit_of_work import Draft
from actors.replies import Done, EntryAnswer, Refused, Reply, ReviewsAnswer, TournamentAnswer, failed, refused
from actors.requests import Order
from server.domain.refusal import Code, Refusal
from server.domain.scoring.fact import Fact, Outcome
from server.domain.tournament import commands as ask
from server.domain.tournament import events as fact
from server.domain.tournament.decide import decide
from server.domain.tournament.play import rounds
from server.domain.tournament.state import Tournament
from server.domain.tournament.summary import entry_row, summary_of
from server.encoding.codec import encode
from server.ports import AnswerRow

log = logging.getLogger(__name__)
SCHEDULE, GAME = "schedule", "game"


Payments = Mapping[str, ask.PaymentUse]
_NONE: Payments = {}


class StepError(Exception):
    """A step of the schedule could not be recorded; the draft is of no use any more."""


def catch_up(draft: Draft, now_ms: int) -> None:
    """Do everything that the clock has made due, step by step, before anything else happens. A step that
    cannot even be decided is left alone: it must not hold up what people ask for."""
    while draft.state is not None:
        try:
            events = decide(draft.state, ask.Advance(), now_ms)
        except Exception:
            log.exception("step_cannot_be_decided tournament=%s", draft.state.id)
            return
        if not events:
            return
        try:
            for event in events:
                draft.record(event, now_ms, SCHEDULE)
        except Exception as error:
            log.exception("step_failed tournament=%s", draft.state.id)
            raise StepError(type(error).__name__) from error


def run(draft: Draft, order: Order, now_ms: int, paid: Payments = _NONE, *, steps: bool = True) -> Reply:
    """Decide and record an order that was not answered before; its answer goes into the draft. `paid` are
    payments that were used before; without `steps` the schedule is left aside."""
    try:
        events = decide(draft.state, _with_payment(draft, order.command, paid), now_ms)
    except Refusal as refusal:
        return refused(refusal)
    except Exception as error:
        log.exception("order_failed kind=%s actor=%s", type(order.command).__name__, order.actor)
        return failed(error)
    for event in events:
        draft.record(event, now_ms, order.actor)
    if steps:
        catch_up(draft, now_ms)
    assert draft.state is not None
    value = encode(_answer(order.command, events, draft.state))
    if not isinstance(order.command, ask.Advance):
        draft.answers[order.command_id] = AnswerRow(order.command_id, order.input_hash, value)
    return Done(value)


def payment_of(order: Order) -> str | None:
    """The payment that an order says it was paid with."""
    return order.command.payment_id if isinstance(order.command, ask.Sale) else None


def _with_payment(draft: Draft, command: ask.Command, paid: Payments) -> ask.Command:
    if not isinstance(command, ask.Sale) or command.payment_id is None:
        return command
    used = draft.used(command.payment_id) or paid.get(command.payment_id)
    return command if used is None else replace(command, used=used)


def put_out(draft: Draft, told: Fact, now_ms: int, *, steps: bool = True) -> Outcome:
    """Record an elimination that the game reports, and what follows from it."""
    assert draft.state is not None, "a tournament has a first event"
    outcome, events = rounds.put_out(draft.state, told, now_ms)
    for event in events:
        draft.record(event, now_ms, GAME)
    if steps:
        catch_up(draft, now_ms)
    return outcome


def repeated(row: AnswerRow, order: Order) -> Reply:
    """The first answer again, or a refusal when the id came back with other content."""
    if row.input_hash != order.input_hash:
        message = "This Idempotency-Key was used with another request"
        return Refused(Code.IDEMPOTENCY_KEY_REUSED.value, message)
    return Done(row.answer, replayed=True)


def _entry_answer(player: str, events: list[fact.Event], state: Tournament) -> EntryAnswer:
    entry = state.entry_named(player)
    gone = (e for e in events if isinstance(e, fact.Removed | fact.Disqualified))
    corrected = next((e for e in events if isinstance(e, fact.ScoreCorrected)), None)
    return EntryAnswer(
        entry=entry_row(state, entry.player_no),
        summary=summary_of(state),
        refunded_minor=sum(line.refund_minor for event in gone for line in event.refunds),
        review=_review_of(entry.player_no, events, state),
        points_before=entry.points if corrected is None else corrected.points_before,
        points_after=entry.points,
    )


def _review_of(player_no: int, events: list[fact.Event], state: Tournament) -> int | None:
    """The review that was opened, or that waits for the same already."""
    if any(isinstance(e, fact.ReviewRequested) for e in events):
        return len(state.reviews)
    asked = None if events else state.disqualification_asked(player_no)
    return None if asked is None else asked.number


def _answer(
    command: ask.Command, events: list[fact.Event], state: Tournament
) -> TournamentAnswer | EntryAnswer | ReviewsAnswer:
    match command:
        case ask.DecideReview(number):
            return ReviewsAnswer((review_row(state, number),), summary_of(state))
        case ask.Register():
            return EntryAnswer(entry_row(state, len(state.entries) - 1), summary_of(state))
        case ask.Rebuy() | ask.BuyAddOn() | ask.Remove() | ask.Disqualify() | ask.Correct():
            assert command.player is not None, "decided, so the player is known"
            return _entry_answer(command.player, events, state)
        case ask.Cancel() if state.cancellation is not None and not state.cancellation.waived:
            lines = list(state.cancellation.refunds)
            players = {line.player_no for line in lines}
            total = sum(line.refund_minor for line in lines)
            return TournamentAnswer(summary_of(state), len(players), total)
        case _:
            return TournamentAnswer(summary_of(state))
