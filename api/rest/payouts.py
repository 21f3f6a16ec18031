"""What winners are owed: lines with once-only ids, and the approval that makes results final."""

from collections.abc import Iterator
from typing import Any

from fastapi import APIRouter, Request

from actors.replies import TournamentAnswer
from api import amounts, views
from api.answers import Json
from api.auth import Home, PayoutsApprove, PayoutsRead
from api.once import OnceRoute
from api.owner import ask, find, order
from api.query import Query
from api.results import priced_rows
from config.limits import BOARD_PAGE_DEFAULT, BOARD_PAGE_MAX
from server.domain.ids import internal_player_id, payout_id
from server.domain.tournament import commands as do
from server.domain.tournament.lifecycle import ResultsStatus
from server.domain.tournament.summary import ResultRow, Summary

router = APIRouter(route_class=OnceRoute, prefix="/api/tournaments/{tournament_id}/payouts", tags=["Payouts"])


@router.get("")
async def list_payouts(tournament_id: str, request: Request, home: Home, caller: PayoutsRead) -> Json:
    """Prize lines, best place first: `waiting_review` until results are final, then `approved`. A line's id
    is made from tournament, player and kind alone, so a changed rank never pays twice. `limit` and
    `offset` count places of the board."""
    summary = await find(home, caller, tournament_id)
    with Query(request, "limit", "offset") as query:
        limit, offset = query.page(BOARD_PAGE_DEFAULT, BOARD_PAGE_MAX)
    summary, total, rows = await priced_rows(home, caller, summary, limit, offset)
    return Json(
        {
            "tournamentId": summary.id,
            "resultsStatus": summary.results_status.value,
            "payouts": [line for row in rows for line in _lines(row, summary)],
            "pagination": views.pagination(total, limit, offset),
        }
    )


def _lines(row: ResultRow, summary: Summary) -> Iterator[dict[str, Any]]:
    internal = internal_player_id(summary.id, row.player_id, row.player_no)
    final = summary.results_status is ResultsStatus.FINAL
    head = {
        "playerId": row.player_id,
        "userId": row.user_id,
        "position": row.position,
        "state": "approved" if final else "waiting_review",
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
    changes nothing."""
    summary = await find(home, caller, tournament_id)
    message = order(request, home, caller, do.Approve(), {})
    answer = await ask(home, summary, message, TournamentAnswer)
    return Json(views.detail(answer.summary, home.clock.now_ms()))
