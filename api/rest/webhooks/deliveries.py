"""What was sent to endpoints: the log, tests, and sending again."""

import asyncio
from typing import Any

from fastapi import APIRouter, Request

from api.access.audit import write_audit_entry
from api.access.dependencies import Ctx, WebhooksWrite
from api.access.idempotency import OnceRoute
from api.context.context import Context
from api.context.key_cache import Caller
from api.http.body import Parsed, parse, read_json
from api.http.error_body import Error
from api.http.errors import ApiError, DoorCode, invalid
from api.http.json_response import Json
from api.http.openapi import body_of
from api.rest.webhooks.requests import DeliveriesParams, EndpointName, RedeliverBody
from api.rest.webhooks.responses import DeliveryList, Redelivery, WebhookTest, attempt_view
from api.rest.webhooks.routes import find_webhook
from api.tournaments.owner_client import find
from config.limits import REDELIVER_MAX, TEST_PATIENCE_S
from server.encoding.wire import dump
from server.ports import Attempt, AttemptFilter, DeliveryOutcome, Endpoint
from server.public_events.mapping import Announcement

router = APIRouter(route_class=OnceRoute, prefix="/api/webhooks", tags=["Webhooks"])
Ranges = list[tuple[str, int, int]]


@router.get("/deliveries")
async def list_deliveries(
    request: Request, ctx: Ctx, caller: WebhooksWrite, query: DeliveriesParams
) -> Json[DeliveryList]:
    """Every try of the last 30 days, newest first: when, how long, what came back. `status=dead` are the dead
    letters; `webhook`, `eventId` and `tournamentId` filter; continue with `cursor` = the last `nextCursor`."""
    endpoint_id = None if query.webhook is None else (await find_webhook(ctx, caller, query.webhook)).id
    before, limit = query.cursor or None, query.limit
    want = AttemptFilter(endpoint_id, query.status, query.event_id, query.tournament_id, before)
    rows = await ctx.endpoints.attempts(caller.tenant, want, limit + 1)
    names = {one.id: one.name for one, _ in await ctx.endpoints.endpoints(caller.tenant)}
    page = rows[:limit]
    return Json(
        DeliveryList(
            deliveries=[attempt_view(row, names.get(row.endpoint_id)) for row in page],
            next_cursor=str(page[-1].id if page else before or 0),
            has_more=len(rows) > limit,
        )
    )


@router.post("/test", openapi_extra=body_of(EndpointName))
async def test_webhook(request: Request, ctx: Ctx, caller: WebhooksWrite) -> Json[WebhookTest]:
    """Send a `system.test` the way every event is sent, and say what came back. It has no place in the feed.
    `delivery` is null when no worker got to it in time; it is in the log later."""
    parsed = parse(await read_json(request), EndpointName)
    parsed.raise_faults()
    endpoint = _enabled(await find_webhook(ctx, caller, EndpointName(**parsed.values).name))
    name = ctx.ids.short_id()
    data = dump({"message": "It works"})
    event = Announcement(f"evt_test_{name}", 1, "system.test", ctx.clock.now_ms(), data)
    await ctx.endpoints.probe(caller.tenant, endpoint.id, name, event)
    found = await _first_attempt(ctx, caller, event.event_id)
    delivery = None if found is None else attempt_view(found, endpoint.name)
    return Json(WebhookTest(event_id=event.event_id, delivery=delivery))


async def _first_attempt(ctx: Context, caller: Caller, event_id: str) -> Attempt | None:
    want = AttemptFilter(event_id=event_id)
    for _ in range(round(TEST_PATIENCE_S / 0.2)):
        found = await ctx.endpoints.attempts(caller.tenant, want, 1)
        if found:
            return found[0]
        await asyncio.sleep(0.2)
    return None


def _enabled(endpoint: Endpoint) -> Endpoint:
    if endpoint.disabled_ms is not None:
        message = f"Webhook {endpoint.name} is disabled"
        raise ApiError(DoorCode.WEBHOOK_DISABLED, message, Error(name=endpoint.name))
    return endpoint


@router.post("/deliveries/redeliver", status_code=202, openapi_extra=body_of(RedeliverBody))
async def redeliver_events(request: Request, ctx: Ctx, caller: WebhooksWrite) -> Json[Redelivery]:
    """Send events again, with the ids they always had: `eventId`; or `tournamentId` with `fromSequence` and
    `toSequence`; or `deadSince`, all that was given up since then. Says how many events were queued."""
    parsed = parse(await read_json(request), RedeliverBody)
    _check(parsed)
    parsed.raise_faults()
    given = RedeliverBody.model_construct(**parsed.values)
    endpoint = _enabled(await find_webhook(ctx, caller, given.name))
    ranges = await _ranges(ctx, caller, endpoint, given)
    whole = given.event_id is not None
    queued = await ctx.endpoints.send_again(caller.tenant, endpoint.id, ranges, whole, ctx.clock.now_ms())
    await write_audit_entry(ctx, caller, "webhook.redelivered", endpoint.name, after=_told(ranges))
    return Json(Redelivery(webhook=endpoint.name, queued=queued), status_code=202)


def _check(parsed: Parsed) -> None:
    values = {name: value for name, value in parsed.values.items() if value is not None}
    ways = [name for name in ("event_id", "tournament_id", "dead_since") if name in values]
    if len(ways) != 1 and not parsed.faults:
        parsed.faults["body"] = "Give one of eventId, tournamentId and deadSince"
    first, last = values.get("from_sequence"), values.get("to_sequence")
    if (first is None) != ("tournament_id" not in values) or (last is None) != (first is None):
        parsed.faults.setdefault("fromSequence", "fromSequence and toSequence go with tournamentId")
    elif first is not None and last is not None and not 0 <= last - first < REDELIVER_MAX:
        parsed.faults["toSequence"] = f"Must be at most {REDELIVER_MAX - 1} after fromSequence"


async def _ranges(ctx: Context, caller: Caller, endpoint: Endpoint, given: RedeliverBody) -> Ranges:
    if given.event_id is not None:
        found = await ctx.endpoints.event(caller.tenant, given.event_id)
        if found is None:
            raise ApiError(DoorCode.EVENT_NOT_FOUND, f"Event {given.event_id} not found")
        stream, event = found
        return [(stream, event.seq, event.seq)]
    if given.tournament_id is not None:
        summary = await find(ctx, caller, given.tournament_id)
        assert given.from_sequence is not None and given.to_sequence is not None, "checked"
        last = await ctx.listings.history(caller.tenant, summary.id, given.to_sequence - 1, 1)
        if not last:
            raise invalid({"toSequence": "The tournament has no such event yet"})
        return [(summary.id, given.from_sequence, given.to_sequence)]
    want = AttemptFilter(endpoint.id, DeliveryOutcome.DEAD.value)
    rows = await ctx.endpoints.attempts(caller.tenant, want, REDELIVER_MAX)
    return [(row.stream, row.seq, row.seq) for row in rows if row.at_ms >= (given.dead_since or 0)]


def _told(ranges: Ranges) -> list[dict[str, Any]]:
    return [{"stream": stream, "from": first, "to": last} for stream, first, last in ranges[:100]]
