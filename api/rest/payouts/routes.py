"""What winners are owed: lines with once-only ids, and the approval that makes results final."""

from collections.abc import Iterator
from contextlib import nullcontext

from fastapi import APIRouter, Request
from msgspec import UNSET

from actors.requests import request_of
from api.access.dependencies import Ctx, PayoutsApprove, PayoutsRead
from api.access.idempotency import OnceRoute
from api.answers import amounts, views
from api.answers.tournament_answers import Tournament
from api.http.body import parse, read_json
from api.http.json_response import Json
from api.http.openapi import body_of
from api.rest.payouts.requests import AckBody, PayoutsParams
from api.rest.payouts.responses import Payout, PayoutList, TournamentPayouts
from api.tournaments.owner_client import ask, find, identity
from api.tournaments.payout_hold import held
from api.tournaments.results import priced_rows
from server.domain.ids import internal_player_id, payout_id
from server.domain.money import to_decimal
from server.domain.tournament import commands
from server.domain.tournament.events import PayoutStep
from server.domain.tournament.lifecycle import ResultsStatus
from server.domain.tournament.money.payouts import (
    ACKS,
    FORFEITED,
    PayoutState,
)
from server.domain.tournament.summary import ResultRow, Summary
from server.encoding.answer import pagination
from server.encoding.wire import instant, instant_or_none
from server.ports import StoredPayout

all_payouts = APIRouter(route_class=OnceRoute, tags=["Payouts"])
router = APIRouter(route_class=OnceRoute, prefix="/api/tournaments/{tournament_id}/payouts", tags=["Payouts"])


@router.get("")
async def list_payouts(
    tournament_id: str, request: Request, ctx: Ctx, caller: PayoutsRead, query: PayoutsParams
) -> Json[TournamentPayouts]:
    """What is owed: prizes by place, then refunds; `state` filters, several with commas. Under review the
    prizes as they stand (`waiting_review`), page by page of the board. A line's id is made from tournament,
    player and kind alone, so a changed rank never pays twice."""
    summary = await find(ctx, caller, tournament_id)
    states, limit, offset = query.state, query.limit, query.offset
    if summary.results_status is ResultsStatus.PROVISIONAL:
        summary, total, rows = await priced_rows(ctx, summary, limit, offset)
        lines = [line for row in rows for line in _under_review(row, summary)]
    else:
        total, owed = await ctx.payouts.payouts(caller.tenant, summary.id, states, limit, offset)
        lines = [line_of(one, ctx.clock.now_ms()) for one in owed]
    return Json(
        TournamentPayouts(
            tournament_id=summary.id,
            results_status=summary.results_status,
            payouts=lines,
            pagination=pagination(total, limit, offset),
        )
    )


def line_of(owed: StoredPayout, now_ms: int) -> Payout:
    """One stored line, `processing` while a worker has claimed it."""
    row, payout = owed.row, owed.row.payout
    is_money = payout.code is None
    return Payout(
        payout_id=payout.id,
        tournament_id=row.tournament_id,
        kind=payout.kind,
        player_id=row.player_id,
        user_id=row.user_id,
        position=payout.position,
        state=PayoutState.PROCESSING if owed.is_processing(now_ms) else PayoutState(payout.state),
        tender=payout.tender or None,
        reference=payout.reference,
        reason=payout.reason,
        attempts=payout.attempts,
        created_at=instant(payout.made_at_ms),
        updated_at=instant_or_none(payout.moved_at_ms),
        amount=to_decimal(payout.amount_minor, row.currency_places) if is_money else UNSET,
        currency=row.currency if is_money else UNSET,
        code=UNSET if payout.code is None else payout.code,
        quantity=UNSET if is_money else payout.quantity,
    )


def _under_review(row: ResultRow, summary: Summary) -> Iterator[Payout]:
    if row.prize_minor:
        line = _line_under_review(row, summary, "prize", "prize")
        line.amount, line.currency = amounts.money(summary, row.prize_minor), summary.rules.currency
        yield line
    for item in row.items:
        line = _line_under_review(row, summary, item.kind, f"{item.kind}:{item.code}")
        line.code, line.quantity = item.code, item.quantity
        yield line


def _line_under_review(row: ResultRow, summary: Summary, kind: str, name: str) -> Payout:
    internal = internal_player_id(summary.id, row.player_id, row.player_no)
    return Payout(
        payout_id=payout_id(summary.id, internal, name),
        kind=kind,
        player_id=row.player_id,
        user_id=row.user_id,
        position=row.position,
        state=PayoutState.WAITING_REVIEW,
    )


@router.post("/approve")
async def approve_payouts(
    tournament_id: str, request: Request, ctx: Ctx, caller: PayoutsApprove
) -> Json[Tournament]:
    """Make reviewed results final, so that payouts may start. Possible once late facts are in; twice
    changes nothing. Where the rules ask for `two_keys`, another person's key must approve, too: keys that one
    key has made are one person's."""
    summary = await find(ctx, caller, tournament_id)
    message = request_of(commands.Approve(caller.maker), identity(request, ctx, caller, {}))
    answer = await ask(ctx, summary, message)
    return Json(views.detail(answer.summary, ctx.clock.now_ms()))


@router.post("/{payout_id}/ack", openapi_extra=body_of(AckBody))
async def acknowledge_payout(
    tournament_id: str, payout_id: str, request: Request, ctx: Ctx, caller: PayoutsApprove
) -> Json[Payout]:
    """Say what became of a line: `paid`, `failed` (a person must look), `not_eligible`, `void`; or `retry`
    to let it be paid again. What was said already changes nothing; what was paid stays paid."""
    summary = await find(ctx, caller, tournament_id)
    body = await read_json(request)
    parsed = parse(body, AckBody)
    parsed.raise_faults()
    given = AckBody(**parsed.values)
    step = PayoutStep(payout_id, ACKS[given.status], given.reference, given.reason)
    message = request_of(commands.Settle((step,)), identity(request, ctx, caller, body))
    forfeits = ACKS[given.status] in FORFEITED
    async with held(ctx, caller, summary.id, payout_id) if forfeits else nullcontext():
        await ask(ctx, summary, message)
    owed = await ctx.payouts.payout(caller.tenant, payout_id)
    assert owed is not None, "the owner moved it"
    return Json(line_of(owed, ctx.clock.now_ms()))


@all_payouts.get("/api/payouts")
async def list_all_payouts(
    request: Request, ctx: Ctx, caller: PayoutsRead, query: PayoutsParams
) -> Json[PayoutList]:
    """Lines of all tournaments, oldest first; `state=needs_person` is the list for a person."""
    states, limit, offset = query.state, query.limit, query.offset
    total, owed = await ctx.payouts.payouts(caller.tenant, None, states, limit, offset)
    lines = [line_of(one, ctx.clock.now_ms()) for one in owed]
    return Json(PayoutList(payouts=lines, pagination=pagination(total, limit, offset)))
