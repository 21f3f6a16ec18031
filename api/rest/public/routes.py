"""What anybody may see: the page, and the public tournaments that it shows."""

from functools import cache, partial
from importlib.resources import files
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from api.access.dependencies import Home
from api.access.idempotency import OnceRoute
from api.context.context import Resources
from api.http.errors import ApiError, DoorCode
from api.http.query import Query
from api.tournaments import amounts, views
from config.limits import LIST_PAGE_MAX
from server.domain.ids import OperatorId, Tenant
from server.domain.tournament.summary import Summary
from server.encoding.wire import dump, instant, instant_or_none

router = APIRouter(route_class=OnceRoute, tags=["Public"])
_SHOWN = 20


@router.get("/", include_in_schema=False)
async def page() -> HTMLResponse:
    """The live board in a browser."""
    return HTMLResponse(_page(), headers={"Cache-Control": "no-cache"})


@cache
def _page() -> str:
    return (files("api") / "web" / "board.html").read_text()


@router.get("/api/public/tournaments")
async def list_public(request: Request, home: Home) -> Response:
    """Public tournaments of the operator whom the page at / shows, where the house has chosen one."""
    if home.public_operator is None:
        raise ApiError(DoorCode.NOT_FOUND, "Name an operator: /api/public/{operatorId}/tournaments")
    name, _, mode = home.public_operator.partition(":")
    return await _listed(request, home, name, mode != "test")


@router.get("/api/public/{operator_id}/tournaments")
async def list_public_of(operator_id: str, request: Request, home: Home) -> Response:
    """Public tournaments of one operator, those that are running or coming first. `mode` is `live`, or `test`
    for those of test keys. The list may be a second old: `serverTime` says of when it is."""
    return await _listed(request, home, operator_id)


async def _listed(request: Request, home: Resources, operator_id: str, default: bool = True) -> Response:
    with Query(request, "mode", "limit", "offset") as query:
        live = query.among("mode", {"live": True, "test": False}, default)
        limit, offset = query.page(_SHOWN, LIST_PAGE_MAX)
    tenant = Tenant(OperatorId(operator_id), live)
    make = partial(_rendered, home, tenant, limit, offset)
    body = await home.moments.find(("public", tenant, limit, offset), make)
    return Response(body, media_type="application/json")


async def _rendered(home: Resources, tenant: Tenant, limit: int, offset: int) -> bytes:
    total, found = await home.listings.public(tenant, limit, offset)
    if not total and await home.operators.operator(tenant.operator_id) is None:
        raise ApiError(DoorCode.NOT_FOUND, f"There is no operator {tenant.operator_id}")
    return dump(
        {
            "operatorId": tenant.operator_id,
            "tournaments": [_line(summary) for summary in found],
            "pagination": views.pagination(total, limit, offset),
            "serverTime": instant(home.clock.now_ms()),
        }
    )


def _line(summary: Summary) -> dict[str, Any]:
    return {
        "tournamentId": summary.id,
        "name": summary.rules.name,
        "status": summary.status.value,
        "startTime": views.start_time(summary),
        "endsAt": views.end_time(summary),
        "completedAt": instant_or_none(summary.completed_at_ms),
        "players": summary.players,
        "prizePool": amounts.money(summary, summary.pool_minor),
        "currency": summary.rules.currency,
        "gameSlug": summary.rules.game_slug,
    }
