"""Endpoints that events go to: webhooks, queues, game platforms."""

from dataclasses import replace
from typing import assert_never

from fastapi import APIRouter, Request
from msgspec import structs

from api.access.audit import write_audit_entry
from api.access.dependencies import Ctx, WebhooksWrite
from api.access.idempotency import OnceRoute
from api.context.context import Context
from api.context.key_cache import Caller
from api.http.body import Parsed, parse, read_json
from api.http.error_body import Error
from api.http.errors import ApiError, DoorCode
from api.http.json_response import Json
from api.http.openapi import body_of
from api.http.value_types import web_address
from api.rest.webhooks.requests import EndpointBody, RotateSecretBody
from api.rest.webhooks.responses import RemovedWebhook, Webhook, WebhookList, endpoint_view, removed
from config.limits import ENDPOINTS_MAX
from server.access.keys import signing_secret
from server.access.queue_url import is_queue_of
from server.encoding.wire import dump
from server.ports import Endpoint, EndpointKind

router = APIRouter(route_class=OnceRoute, prefix="/api/webhooks", tags=["Webhooks"])
_PLATFORM_PATH = "/internal/tournament/events"
_PLATFORM_TYPES = ("tournament.started", "tournament.cancelled")


@router.get("")
async def list_webhooks(ctx: Ctx, caller: WebhooksWrite) -> Json[WebhookList]:
    """All endpoints and how they do, without their secrets."""
    now_ms = ctx.clock.now_ms()
    found = await ctx.endpoints.endpoints(caller.tenant)
    return Json(WebhookList(webhooks=[endpoint_view(one, now_ms, health) for one, health in found]))


@router.put("", openapi_extra=body_of(EndpointBody))
async def put_webhook(request: Request, ctx: Ctx, caller: WebhooksWrite) -> Json[Webhook]:
    """Make an endpoint, or replace the one of that name. A new one gets events from now on; enabled again, it
    goes on where it stood. `secret` is shown once, when it is made."""
    parsed = parse(await read_json(request), EndpointBody)
    if not parsed.faults:
        _check(parsed, caller, ctx)
    parsed.raise_faults()
    given = EndpointBody(**parsed.values)
    known = {one.name: one for one, _ in await ctx.endpoints.endpoints(caller.tenant)}
    before = known.get(given.name)
    if before is None and len(known) >= ENDPOINTS_MAX:
        raise ApiError(DoorCode.TOO_MANY_WEBHOOKS, f"There may be {ENDPOINTS_MAX} webhooks")
    endpoint = _endpoint(ctx, given, before)
    now_ms = ctx.clock.now_ms()
    view = endpoint_view(endpoint, now_ms)
    former = None if before is None else endpoint_view(before, now_ms)
    await write_audit_entry(ctx, caller, "webhook.set", endpoint.name, former, view)
    await ctx.endpoints.save_endpoint(caller.tenant, endpoint)
    signs = before is None and endpoint.kind is not EndpointKind.SQS
    return _shown_once(request, view, endpoint.secrets[0] if signs else None)


def _check(parsed: Parsed, caller: Caller, ctx: Context) -> None:
    """What depends on the kind, and on who asks."""
    given = EndpointBody(**parsed.values)
    kind = given.kind
    try:
        _check_address(kind, given.url, caller, ctx)
    except ValueError as fault:
        parsed.faults[parsed.path("url")] = str(fault)
    if kind is EndpointKind.GAME_PLATFORM and given.event_types:
        parsed.faults[parsed.path("event_types")] = "A game platform is told of start and cancellation"
    if given.acknowledges_payouts and kind is not EndpointKind.WEBHOOK:
        parsed.faults[parsed.path("acknowledges_payouts")] = "Only webhooks are answered"
    elif given.acknowledges_payouts and "payouts.approve" not in caller.key.permissions:
        parsed.faults[parsed.path("acknowledges_payouts")] = "Needs a key that may payouts.approve"


def _check_address(kind: EndpointKind, url: str, caller: Caller, ctx: Context) -> None:
    match kind:
        case EndpointKind.SQS:
            if not is_queue_of(url, caller.tenant.operator_id):
                name = f"pitboss-{caller.tenant.operator_id}-events.fifo"
                example = f"https://sqs.eu-west-1.amazonaws.com/123456789012/{name}"
                raise ValueError(f"Must be an SQS FIFO queue named for you, such as {example}")
        case EndpointKind.WEBHOOK | EndpointKind.GAME_PLATFORM:
            ctx.check_target(web_address(url))
        case _:
            assert_never(kind)


def _endpoint(ctx: Context, given: EndpointBody, before: Endpoint | None) -> Endpoint:
    now_ms = ctx.clock.now_ms()
    platform = given.kind is EndpointKind.GAME_PLATFORM
    url = given.url.rstrip("/")
    if platform and not url.endswith(_PLATFORM_PATH):
        url += _PLATFORM_PATH
    fresh = Endpoint(f"ep_{ctx.ids.short_id()}", given.name, given.kind, url, created_ms=now_ms)
    changed = fresh if before is None else replace(before, kind=given.kind, url=url)
    return replace(
        changed,
        url=url if platform else given.url,
        types=_PLATFORM_TYPES if platform else tuple(given.event_types),
        secrets=changed.secrets or (signing_secret(ctx.ids),),
        acknowledges=given.acknowledges_payouts,
        disabled_ms=None if given.enabled else changed.disabled_ms or now_ms,
        disabled_reason=None if given.enabled else changed.disabled_reason or "Disabled by its operator",
    )


@router.post("/{webhook}/rotate", openapi_extra=body_of(RotateSecretBody))
async def rotate_webhook_secret(
    webhook: str, request: Request, ctx: Ctx, caller: WebhooksWrite
) -> Json[Webhook]:
    """A fresh secret, shown once; the present one signs beside it for `overlapSeconds`, so that no message is
    refused while receivers change over."""
    parsed = parse(await read_json(request), RotateSecretBody)
    parsed.raise_faults()
    before = await find_webhook(ctx, caller, webhook)
    now_ms = ctx.clock.now_ms()
    until_ms = now_ms + RotateSecretBody(**parsed.values).overlap_seconds * 1_000
    secret = signing_secret(ctx.ids)
    endpoint = replace(before, secrets=(secret, before.secrets[0]), former_until_ms=until_ms)
    view = endpoint_view(endpoint, now_ms)
    await write_audit_entry(ctx, caller, "webhook.rotated", webhook, endpoint_view(before, now_ms), view)
    await ctx.endpoints.save_endpoint(caller.tenant, endpoint)
    return _shown_once(request, view, secret)


@router.delete("/{webhook}")
async def remove_webhook(webhook: str, ctx: Ctx, caller: WebhooksWrite) -> Json[RemovedWebhook]:
    """Nothing is sent there any more; what it had not got stays in the feed."""
    endpoint = await find_webhook(ctx, caller, webhook)
    now_ms = ctx.clock.now_ms()
    await write_audit_entry(ctx, caller, "webhook.removed", webhook, endpoint_view(endpoint, now_ms))
    await ctx.endpoints.remove_endpoint(caller.tenant, endpoint.id)
    return Json(removed(endpoint, now_ms))


async def find_webhook(ctx: Context, caller: Caller, name: str) -> Endpoint:
    """The caller's endpoint of that name."""
    found = await ctx.endpoints.endpoints(caller.tenant)
    endpoint = next((one for one, _ in found if one.name == name), None)
    if endpoint is None:
        raise ApiError(DoorCode.WEBHOOK_NOT_FOUND, f"Webhook {name} not found", Error(name=name))
    return endpoint


def _shown_once(request: Request, view: Webhook, secret: str | None) -> Json[Webhook]:
    request.state.kept_body = dump(structs.replace(view, secret=None))
    return Json(structs.replace(view, secret=secret))
