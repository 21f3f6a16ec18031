"""Is it alive, can it work, which keys sign its tokens."""

from hmac import compare_digest

from fastapi import APIRouter, Request, Response

from api.access.credentials import bearer
from api.access.dependencies import Ctx
from api.context.context import Context
from api.http.client_address import is_loopback
from api.http.errors import ApiError, DoorCode
from api.http.json_response import Json
from api.http.typed_route import TypedRoute
from api.metrics.exposition import CONTENT_TYPE, exposition
from api.rest.operations.responses import Health, KeySet, ReadinessAnswer

router = APIRouter(route_class=TypedRoute, tags=["Operations"])


@router.get("/healthz")
async def get_health() -> Json[Health]:
    """This process answers."""
    return Json(Health(status="ok"))


@router.get("/readyz")
async def get_readiness(ctx: Ctx) -> Json[ReadinessAnswer]:
    """Whether requests can be served now, and if not, what is missing."""
    missing = await ctx.readiness.missing()
    if missing:
        return Json(ReadinessAnswer(status="not_ready", missing=missing), status_code=503)
    return Json(ReadinessAnswer(status="ready"))


@router.get("/metrics", include_in_schema=False)
async def metrics(request: Request, ctx: Ctx) -> Response:
    """What Prometheus reads: with the token of the settings, or from this machine when there is none."""
    if not _may_read(request, ctx):
        raise ApiError(DoorCode.UNAUTHORIZED, "Metrics are for the house itself")
    return Response(await exposition(ctx), media_type=CONTENT_TYPE)


def _may_read(request: Request, ctx: Context) -> bool:
    token = ctx.metrics_token
    if token is not None:
        return compare_digest(token.encode(), (bearer(request.headers) or "").encode())
    # What a proxy on this machine passes on comes from loopback, too.
    direct = not ctx.client_addresses.has_proxies and "x-forwarded-for" not in request.headers
    return direct and is_loopback(None if request.client is None else request.client.host)


@router.get("/.well-known/jwks.json")
async def get_key_set(ctx: Ctx) -> Json[KeySet]:
    """Public keys of player tokens."""
    return Json(KeySet(keys=ctx.tokens.jwks()))
