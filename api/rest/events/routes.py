"""All events of an operator, in one order."""

from fastapi import APIRouter, Request

from api.access.dependencies import Home, TournamentsRead
from api.access.idempotency import OnceRoute
from api.http.json_response import Json
from api.http.query import Query
from config.limits import CURSOR_MAX, LIST_PAGE_DEFAULT, LIST_PAGE_MAX
from server.public_events.envelope import envelope

router = APIRouter(route_class=OnceRoute, prefix="/api/events", tags=["Events"])


@router.get("")
async def get_feed(request: Request, home: Home, caller: TournamentsRead) -> Json:
    """Every event of every tournament, oldest first, with the ids that webhooks and queues have. Continue with
    `cursor` = the last `nextCursor`, for ever: nothing ever appears behind it."""
    with Query(request, "cursor", "limit") as query:
        after = query.whole("cursor", 0, 0, CURSOR_MAX)
        limit = query.whole("limit", LIST_PAGE_DEFAULT, 1, LIST_PAGE_MAX)
    rows = await home.feed.feed(caller.tenant, after, limit + 1)
    page = rows[:limit]
    return Json(
        {
            "events": [envelope(caller.tenant.operator_id, row.stream, row.event) for row in page],
            "nextCursor": str(page[-1].no if page else after),
            "hasMore": len(rows) > limit,
        }
    )
