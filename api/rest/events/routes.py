"""All events of an operator, in one order."""

from fastapi import APIRouter, Request

from api.access.dependencies import Ctx, TournamentsRead
from api.access.idempotency import OnceRoute
from api.http.json_response import Json
from api.http.query import CursorParams
from api.rest.events.responses import Feed
from server.public_events.envelope import envelope

router = APIRouter(route_class=OnceRoute, prefix="/api/events", tags=["Events"])


@router.get("")
async def list_events(request: Request, ctx: Ctx, caller: TournamentsRead, query: CursorParams) -> Json[Feed]:
    """Every event of every tournament, oldest first, with the ids that webhooks and queues have. Continue with
    `cursor` = the last `nextCursor`, for ever: nothing ever appears behind it."""
    after, limit = query.cursor, query.limit
    rows = await ctx.feed.feed(caller.tenant, after, limit + 1)
    page = rows[:limit]
    return Json(
        Feed(
            events=[envelope(caller.tenant.operator_id, row.stream, row.event) for row in page],
            next_cursor=str(page[-1].no if page else after),
            has_more=len(rows) > limit,
        )
    )
