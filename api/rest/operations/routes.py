"""Is it alive, can it work, which keys sign its tokens."""

from hmac import compare_digest

from fastapi import APIRouter, Request, Response

from api.access.credentials import bearer
from api.access.dependencies import Home
from api.context.context import Resources
from api.http.client_address import is_loopback
from api.http.errors import ApiError, DoorCode
from api.http.json_response import Json
from api.http.metrics import CONTENT_TYPE, exposition
from api.spec import sockets

router = APIRouter(tags=["Operations"])


@router.get("/healthz")
async def healthz() -> Json:
    """This process answers."""
    return Json({"status": "ok"})


@router.get("/readyz")
async def readyz(home: Home) -> Json:
    """Whether requests can be served now, and if not, what is missing."""
    missing = await home.readiness.missing()
    if missing:
        return Json({"status": "not_ready", "missing": missing}, status_code=503)
    return Json({"status": "ready"})


@router.get("/metrics", include_in_schema=False)
async def metrics(request: Request, home: Home) -> Response:
    """What Prometheus reads: with the token of the settings, or from this machine when there is none."""
    if not _may_read(request, home):
        raise ApiError(DoorCode.UNAUTHORIZED, "Metrics are for the house itself")
    totals = await home.deliveries.totals(home.clock.now_ms())
    return Response(exposition(totals), media_type=CONTENT_TYPE)


def _may_read(request: Request, home: Resources) -> bool:
    token = home.metrics_token
    if token is not None:
        return compare_digest(token.encode(), (bearer(request.headers) or "").encode())
    # What a proxy on this machine passes on comes from loopback, too.
    direct = not home.doorman.has_proxies and "x-forwarded-for" not in request.headers
    return direct and is_loopback(None if request.client is None else request.client.host)


@router.get("/asyncapi.json", include_in_schema=False)
async def asyncapi() -> Json:
    """The player socket, described as `/openapi.json` describes the rest."""
    return Json(sockets.asyncapi())


@router.get("/.well-known/jwks.json")
async def jwks(home: Home) -> Json:
    """Public keys of player tokens."""
    return Json(home.tokens.jwks())
