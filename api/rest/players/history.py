"""What one casino user has played."""

from typing import Any

from fastapi import APIRouter, Request

from api.access.dependencies import Home, PlayersRead
from api.access.idempotency import OnceRoute
from api.http.json_response import Json
from api.http.query import Query
from api.tournaments import amounts, views, views_people
from config.limits import LIST_PAGE_DEFAULT, LIST_PAGE_MAX
from server.domain.money import points_to_decimal
from server.encoding.wire import instant
from server.ports import Played

router = APIRouter(route_class=OnceRoute, prefix="/api/players", tags=["Players"])


@router.get("/{user_id}/tournaments")
async def get_player_history(user_id: str, request: Request, home: Home, caller: PlayersRead) -> Json:
    """All entries of one casino user, newest tournament first; with place and prize once results are final."""
    with Query(request, "limit", "offset") as query:
        limit, offset = query.page(LIST_PAGE_DEFAULT, LIST_PAGE_MAX)
    total, found = await home.listings.played_by(caller.tenant, user_id, limit, offset)
    return Json(
        {
            "userId": user_id,
            "tournaments": [_line(row) for row in found],
            "pagination": views.pagination(total, limit, offset),
        }
    )


def _line(row: Played) -> dict[str, Any]:
    entry, summary, result = row.entry, row.summary, row.result
    paid = sum(sale.buy_in_minor + sale.fee_minor for sale in entry.sales)
    return {
        "tournamentId": summary.id,
        "name": summary.rules.name,
        "status": summary.status.value,
        "resultsStatus": summary.results_status.value,
        "playerId": entry.player_id,
        "playerStatus": views_people.entry_status(entry, summary),
        "registeredAt": instant(entry.registered_at_ms),
        "entries": sum(sale.entries for sale in entry.sales),
        "totalPaid": amounts.money(summary, paid),
        "currency": summary.rules.currency,
        "position": None if result is None else result.position,
        "rank": None if result is None else result.rank,
        "points": None if result is None else points_to_decimal(result.points),
        "prize": None if result is None else amounts.money(summary, result.prize_minor),
    }
