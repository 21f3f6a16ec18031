"""What winners are owed: lines with once-only ids, and the approval that makes results final."""

from collections.abc import Iterator
from typing import Any

from fastapi import APIRouter, Request

from actors.replies import TournamentAnswer
from api.access.dependencies import Home, PayoutsApprove, PayoutsRead
from api.access.idempotency import OnceRoute
from api.context.context import Resources
from api.context.key_cache import Caller
from api.http.body import parse, read_json
from api.http.errors import ApiError
from api.http.json_response import Json
from api.http.openapi import body_of
from api.http.query import Query
from api.rest.payouts.requests import AckBody
from api.tournaments import amounts, views
from api.tournaments.owner_client import ask, find, order
from api.tournaments.results import priced_rows
from config.limits import BOARD_PAGE_DEFAULT, BOARD_PAGE_MAX
from server.domain.ids import internal_player_id, payout_id
from server.domain.money import to_decimal
from server.domain.refusal import Code
from server.domain.tournament import commands as do
from server.domain.tournament.events import PayoutStep
from server.domain.tournament.lifecycle import ResultsStatus
from server.domain.tournament.money.payouts import (
    ACKS,
    FORFEITED,
    MOVES,
    PayoutState,
)
from server.domain.tournament.summary import ResultRow, Summary
from server.encoding.wire import instant, instant_or_none
from server.ports import Owed

all_payouts = APIRouter(route_class=OnceRoute, tags=["Payouts"])
router = APIRouter(route_class=OnceRoute, prefix="/api/tournaments/{tournament_id}/payouts", tags=["Payouts"])


@router.get("")
async def list_payouts(tournament_id: str, request: Request, home: Home, caller: PayoutsRead) -> Json:
    """What is owed: prizes by place, then refunds; `state` filters, several with commas. Under review the
    prizes as they stand (`waiting_review`), page by page of the board. A line's id is made from tournament,
    player and kind alone, so a changed rank never pays twice."""
    summary = await find(home, caller, tournament_id)
    with Query(request, "state", "limit", "offset") as query:
        states = _states(query)
        limit, offset = query.page(BOARD_PAGE_DEFAULT, BOARD_PAGE_MAX)
    if summary.results_status is ResultsStatus.PROVISIONAL:
        summary, total, rows = await priced_rows(home, caller, summary, limit, offset)
        lines = [line for row in rows for line in _under_review(row, summary)]
    else:
        total, owed = await home.payouts.payouts(caller.tenant, summary.id, states, limit, offset)
        lines = [line_of(one, home.clock.now_ms()) for one in owed]
    return Json(
        {
            "tournamentId": summary.id,
            "resultsStatus": summary.results_status.value,
            "payouts": lines,
            "pagination": views.pagination(total, limit, offset),
        }
    )


def _states(query: Query) -> list[str]:
    states = (query.text("state") or "").split(",") if "state" in query else []
    if not set(states) <= set(MOVES):
        query.faults["state"] = f"Must be one or more of {', '.join(MOVES)}"
    return states


def line_of(owed: Owed, now_ms: int) -> dict[str, Any]:
    """One stored line, `processing` while a worker has claimed it."""
    row, payout = owed.row, owed.row.payout
    what = (
        {"amount": to_decimal(payout.amount_minor, row.currency_places), "currency": row.currency}
        if payout.code is None
        else {"code": payout.code, "quantity": payout.quantity}
    )
    return {
        "payoutId": payout.id,
        "tournamentId": row.tournament_id,
        "kind": payout.kind,
        "playerId": row.player_id,
        "userId": row.user_id,
        "position": payout.position,
        "state": PayoutState.PROCESSING if owed.is_processing(now_ms) else payout.state,
        "tender": payout.tender or None,
        "reference": payout.reference,
        "reason": payout.reason,
        "attempts": payout.attempts,
        "createdAt": instant(payout.made_at_ms),
        "updatedAt": instant_or_none(payout.moved_at_ms),
    } | what


def _under_review(row: ResultRow, summary: Summary) -> Iterator[dict[str, Any]]:
    internal = internal_player_id(summary.id, row.player_id, row.player_no)
    head = {
        "playerId": row.player_id,
        "userId": row.user_id,
        "position": row.position,
        "state": PayoutState.WAITING_REVIEW,
    }
    if row.prize_minor:
        name = {"payoutId": payout_id(summary.id, internal, "prize"), "kind": "prize"}
        money = {"amount": amounts.money(summary, row.prize_minor), "currency": summary.rules.currency}
        yield name | head | money
    for item in row.items:
        kind = f"{item.kind}:{item.code}"
        name = {"payoutId": payout_id(summary.id, internal, kind), "kind": item.kind}
        yield name | head | {"code": item.code, "quantity": item.quantity}


@router.post("/approve")
async def approve_payouts(tournament_id: str, request: Request, home: Home, caller: PayoutsApprove) -> Json:
    """Make reviewed results final, so that payouts may start. Possible once late facts are in; twice
    changes nothing. Where the rules ask for `two_keys`, another person's key must approve, too: keys that one
    key has made are one person's."""
    summary = await find(home, caller, tournament_id)
    message = order(request, home, caller, do.Approve(caller.maker), {})
    answer = await ask(home, summary, message, TournamentAnswer)
    return Json(views.detail(answer.summary, home.clock.now_ms()))


@router.post("/{payout_id}/ack", openapi_extra=body_of(AckBody))
async def acknowledge_payout(
    tournament_id: str, payout_id: str, request: Request, home: Home, caller: PayoutsApprove
) -> Json:
    """Say what became of a line: `paid`, `failed` (a person must look), `not_eligible`, `void`; or `retry`
    to let it be paid again. What was said already changes nothing; what was paid stays paid."""
    summary = await find(home, caller, tournament_id)
    body = await read_json(request)
    parsed = parse(body, AckBody)
    parsed.raise_faults()
    given = AckBody(**parsed.values)
    await _refuse_while_processing(home, caller, payout_id, given.status)
    step = PayoutStep(payout_id, ACKS[given.status], given.reference, given.reason)
    await ask(home, summary, order(request, home, caller, do.Settle((step,)), body), TournamentAnswer)
    owed = await home.payouts.payout(caller.tenant, payout_id)
    assert owed is not None, "the owner moved it"
    return Json(line_of(owed, home.clock.now_ms()))


async def _refuse_while_processing(home: Resources, caller: Caller, payout_id: str, status: str) -> None:
    """A wallet that is being asked may credit the line whatever is said here in the meantime."""
    owed = await home.payouts.payout(caller.tenant, payout_id)
    processing = owed is not None and owed.is_processing(home.clock.now_ms())
    if processing and ACKS[status] in FORFEITED:
        detail = {"payoutId": payout_id, "state": PayoutState.PROCESSING.value}
        raise ApiError(Code.PAYOUT_CLOSED, "The wallet is being asked for this payout; try again", detail)


@all_payouts.get("/api/payouts")
async def list_all_payouts(request: Request, home: Home, caller: PayoutsRead) -> Json:
    """Lines of all tournaments, oldest first; `state=needs_person` is the list for a person."""
    with Query(request, "state", "limit", "offset") as query:
        states = _states(query)
        limit, offset = query.page(BOARD_PAGE_DEFAULT, BOARD_PAGE_MAX)
    total, owed = await home.payouts.payouts(caller.tenant, None, states, limit, offset)
    lines = [line_of(one, home.clock.now_ms()) for one in owed]
    return Json({"payouts": lines, "pagination": views.pagination(total, limit, offset)})
