"""Runs one command request: decide, record, answer. The owner and the creation of a tournament share it."""

import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import assert_never

from actors.owner.queries import review_row
from actors.owner.unit_of_work import UnitOfWork
from actors.replies import Done, EntryAnswer, Refused, Reply, ReviewsAnswer, TournamentAnswer, failed, refused
from actors.requests import CommandRequest
from server.domain.refusal import Code, Refusal
from server.domain.scoring.fact import Fact, Outcome
from server.domain.tournament import commands, events
from server.domain.tournament.decide import decide
from server.domain.tournament.lifecycle import is_over
from server.domain.tournament.play import rounds
from server.domain.tournament.state import Tournament
from server.domain.tournament.summary import entry_row, summary_of
from server.encoding.codec import encode
from server.ports import AnswerRow

log = logging.getLogger(__name__)
SCHEDULE, GAME = "schedule", "game"


Payments = Mapping[str, commands.PaymentUse]
_NONE: Payments = {}


class StepError(Exception):
    """A step of the schedule could not be recorded; the unit of work is of no use any more."""


def catch_up(work: UnitOfWork, now_ms: int) -> None:
    """Do everything that the clock has made due, step by step, before anything else happens. A step that
    cannot even be decided is left alone: it must not hold up what people ask for."""
    while work.state is not None:
        try:
            decided = decide(work.state, commands.Advance(), now_ms)
        except Exception:
            log.exception("step_cannot_be_decided", extra={"tournament": work.state.id})
            return
        if not decided:
            return
        try:
            for event in decided:
                work.record(event, now_ms, SCHEDULE)
        except Exception as error:
            log.exception("step_failed", extra={"tournament": work.state.id})
            raise StepError(type(error).__name__) from error


def run(
    work: UnitOfWork,
    request: CommandRequest[object],
    now_ms: int,
    paid: Payments = _NONE,
    *,
    steps: bool = True,
) -> Reply:
    """Decide and record a request that was not answered before; its answer goes into the unit of work. `paid`
    are payments that were used before; without `steps` the schedule is left aside."""
    try:
        decided = decide(work.state, _with_payment(work, request.command, paid), now_ms)
    except Refusal as refusal:
        return refused(refusal)
    except Exception as error:
        log.exception("command_failed", extra={"kind": type(request.command).__name__, "actor": request.actor})
        return failed(error)
    for event in decided:
        work.record(event, now_ms, request.actor)
    if steps:
        catch_up(work, now_ms)
    assert work.state is not None
    value = encode(_answer(request.command, decided, work.state))
    if not isinstance(request.command, commands.Advance):
        work.answers[request.command_id] = AnswerRow(request.command_id, request.input_hash, value)
    return Done(value)


def payment_of(request: CommandRequest[object]) -> str | None:
    """The payment that a request says it was paid with."""
    return request.command.payment_id if isinstance(request.command, commands.Sale) else None


def _with_payment(work: UnitOfWork, command: commands.Command, paid: Payments) -> commands.Command:
    if not isinstance(command, commands.Sale) or command.payment_id is None:
        return command
    used = work.used(command.payment_id) or paid.get(command.payment_id)
    return command if used is None else replace(command, used=used)


def put_out(work: UnitOfWork, fact: Fact, now_ms: int, *, steps: bool = True) -> Outcome:
    """Record an elimination that the game reports, and what follows from it."""
    assert work.state is not None, "a tournament has a first event"
    outcome, decided = rounds.put_out(work.state, fact, now_ms)
    for event in decided:
        work.record(event, now_ms, GAME)
    if steps:
        catch_up(work, now_ms)
    return outcome


def give_up(work: UnitOfWork, why: str, now_ms: int) -> Done:
    """Call off a tournament whose room cannot be opened, by its declared policy."""
    assert work.state is not None, "a tournament has a first event"
    if not is_over(work.state.status):
        for event in decide(work.state, commands.Cancel(why), now_ms):
            work.record(event, now_ms, SCHEDULE)
    return Done()


def repeated(row: AnswerRow, request: CommandRequest[object]) -> Reply:
    """The first answer again, or a refusal when the id came back with other content."""
    if row.input_hash != request.input_hash:
        message = "This Idempotency-Key was used with another request"
        return Refused(Code.IDEMPOTENCY_KEY_REUSED.value, message)
    return Done(row.answer, replayed=True)


def _entry_answer(player: str, decided: list[events.Event], state: Tournament) -> EntryAnswer:
    entry = state.entry_named(player)
    gone = (e for e in decided if isinstance(e, events.Removed | events.Disqualified))
    corrected = next((e for e in decided if isinstance(e, events.ScoreCorrected)), None)
    return EntryAnswer(
        entry=entry_row(state, entry.player_no),
        summary=summary_of(state),
        refunded_minor=sum(line.refund_minor for event in gone for line in event.refunds),
        review=_review_of(entry.player_no, decided, state),
        points_before=entry.points if corrected is None else corrected.points_before,
        points_after=entry.points,
    )


def _review_of(player_no: int, decided: list[events.Event], state: Tournament) -> int | None:
    """The review that was opened, or that waits for the same already."""
    if any(isinstance(e, events.ReviewRequested) for e in decided):
        return len(state.reviews)
    asked = None if decided else state.disqualification_asked(player_no)
    return None if asked is None else asked.number


def _answer(
    command: commands.Command, decided: list[events.Event], state: Tournament
) -> TournamentAnswer | EntryAnswer | ReviewsAnswer:
    match command:
        case commands.DecideReview(number):
            return ReviewsAnswer((review_row(state, number),), summary_of(state))
        case commands.Register():
            return EntryAnswer(entry_row(state, len(state.entries) - 1), summary_of(state))
        case (
            commands.Rebuy()
            | commands.BuyAddOn()
            | commands.Remove()
            | commands.Disqualify()
            | commands.Correct()
        ):
            assert command.player is not None, "decided, so the player is known"
            return _entry_answer(command.player, decided, state)
        case commands.Cancel() if state.cancellation is not None and not state.cancellation.waived:
            lines = list(state.cancellation.refunds)
            players = {line.player_no for line in lines}
            total = sum(line.refund_minor for line in lines)
            return TournamentAnswer(summary_of(state), len(players), total)
        case (
            commands.Create()
            | commands.Update()
            | commands.Start()
            | commands.PaceRound()
            | commands.Finish()
            | commands.Cancel()
            | commands.Approve()
            | commands.Settle()
            | commands.TakeBeacon()
            | commands.Advance()
        ):
            return TournamentAnswer(summary_of(state))
    assert_never(command)
