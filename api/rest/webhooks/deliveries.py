"""What was sent to endpoints: the log, tests, and sending again."""

import asyncio
from typing import Any

from fastapi import APIRouter, Request

from api.access.audit import note
from api.access.dependencies import Home, WebhooksWrite
from api.access.idempotency import OnceRoute
from api.context.context import Resources
from api.context.key_cache import Caller
from api.http.body import Parsed, parse, read_json
from api.http.errors import ApiError, DoorCode, invalid
from api.http.json_response import Json
from api.http.openapi import body_of
from api.http.query import Query
from api.rest.webhooks.requests import EndpointName, RedeliverBody
from api.rest.webhooks.responses import attempt_view
from api.rest.webhooks.routes import mine
from api.tournaments.owner_client import find
from config.limits import CURSOR_MAX, LIST_PAGE_DEFAULT, LIST_PAGE_MAX, REDELIVER_MAX, TEST_PATIENCE_S
from server.encoding.wire import dump
from server.ports import Attempt, AttemptFilter, Endpoint, Outcome
from server.public_events.mapping import Announcement

router = APIRouter(route_class=OnceRoute, prefix="/api/webhooks", tags=["Webhooks"])
_STATUSES: dict[str, str | None] = {one.value: one.value for one in Outcome}
Ranges = list[tuple[str, int, int]]


@router.get("/deliveries")
async def list_deliveries(request: Request, home: Home, caller: WebhooksWrite) -> Json:
    """Every try of the last 30 days, newest first: when, how long, what came back. `status=dead` are the dead
    letters; `webhook`, `eventId` and `tournamentId` filter; continue with `cursor` = the last `nextCursor`."""
    with Query(request, "status", "webhook", "eventId", "tournamentId", "cursor", "limit") as query:
        status: str | None = query.among("status", _STATUSES, None)
        name, event_id = query.text("webhook"), query.text("eventId")
        stream = query.text("tournamentId")
        before = query.whole("cursor", 0, 0, CURSOR_MAX) or None
        limit = query.whole("limit", LIST_PAGE_DEFAULT, 1, LIST_PAGE_MAX)
    endpoint_id = None if name is None else (await mine(home, caller, name)).id
    want = AttemptFilter(endpoint_id, status, event_id, stream, before)
    rows = await home.endpoints.attempts(caller.tenant, want, limit + 1)
    names = {one.id: one.name for one, _ in await home.endpoints.endpoints(caller.tenant)}
    page = rows[:limit]
    return Json(
        {
            "deliveries": [attempt_view(row, names.get(row.endpoint_id)) for row in page],
            "nextCursor": str(page[-1].id if page else before or 0),
            "hasMore": len(rows) > limit,
        }
    )


@router.post("/test", openapi_extra=body_of(EndpointName))
async def test_webhook(request: Request, home: Home, caller: WebhooksWrite) -> Json:
    """Send a `system.test` the way every event is sent, and say what came back. It has no place in the feed.
    `delivery` is null when no worker got to it in time; it is in the log later."""
    parsed = parse(await read_json(request), EndpointName)
    parsed.raise_faults()
    endpoint = _enabled(await mine(home, caller, EndpointName(**parsed.values).name))
    name = home.ids.short_id()
    data = dump({"message": "It works"})
    event = Announcement(f"evt_test_{name}", 1, "system.test", home.clock.now_ms(), data)
    await home.endpoints.probe(caller.tenant, endpoint.id, name, event)
    found = await _first_attempt(home, caller, event.event_id)
    delivery = None if found is None else attempt_view(found, endpoint.name)
    return Json({"eventId": event.event_id, "delivery": delivery})


async def _first_attempt(home: Resources, caller: Caller, event_id: str) -> Attempt | None:
    want = AttemptFilter(event_id=event_id)
    for _ in range(round(TEST_PATIENCE_S / 0.2)):
        found = await home.endpoints.attempts(caller.tenant, want, 1)
        if found:
            return found[0]
        await asyncio.sleep(0.2)
    return None


def _enabled(endpoint: Endpoint) -> Endpoint:
    if endpoint.disabled_ms is not None:
        raise ApiError(
            DoorCode.WEBHOOK_DISABLED, f"Webhook {endpoint.name} is disabled", {"name": endpoint.name}
        )
    return endpoint


@router.post("/deliveries/redeliver", status_code=202, openapi_extra=body_of(RedeliverBody))
async def redeliver(request: Request, home: Home, caller: WebhooksWrite) -> Json:
    """Send events again, with the ids they always had: `eventId`; or `tournamentId` with `fromSequence` and
    `toSequence`; or `deadSince`, all that was given up since then. Says how many events were queued."""
    parsed = parse(await read_json(request), RedeliverBody)
    _check(parsed)
    parsed.raise_faults()
    given = RedeliverBody.model_construct(**parsed.values)
    endpoint = _enabled(await mine(home, caller, given.name))
    ranges = await _ranges(home, caller, endpoint, given)
    whole = given.event_id is not None
    queued = await home.endpoints.send_again(caller.tenant, endpoint.id, ranges, whole, home.clock.now_ms())
    await note(home, caller, "webhook.redelivered", endpoint.name, after=_told(ranges))
    return Json({"webhook": endpoint.name, "queued": queued}, status_code=202)


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


async def _ranges(home: Resources, caller: Caller, endpoint: Endpoint, given: RedeliverBody) -> Ranges:
    if given.event_id is not None:
        found = await home.endpoints.event(caller.tenant, given.event_id)
        if found is None:
            raise ApiError(DoorCode.EVENT_NOT_FOUND, f"Event {given.event_id} not found")
        stream, event = found
        return [(stream, event.seq, event.seq)]
    if given.tournament_id is not None:
        summary = await find(home, caller, given.tournament_id)
        assert given.from_sequence is not None and given.to_sequence is not None, "checked"
        last = await home.listings.history(caller.tenant, summary.id, given.to_sequence - 1, 1)
        if not last:
            raise invalid({"toSequence": "The tournament has no such event yet"})
        return [(summary.id, given.from_sequence, given.to_sequence)]
    want = AttemptFilter(endpoint.id, Outcome.DEAD.value)
    rows = await home.endpoints.attempts(caller.tenant, want, REDELIVER_MAX)
    return [(row.stream, row.seq, row.seq) for row in rows if row.at_ms >= (given.dead_since or 0)]


def _told(ranges: Ranges) -> list[dict[str, Any]]:
    return [{"stream": stream, "from": first, "to": last} for stream, first, last in ranges[:100]]
