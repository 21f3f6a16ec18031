"""Is it alive, can it work, which keys sign its tokens."""

from fastapi import APIRouter

from api.answers import Json
from api.auth import Home
from api.spec import sockets
from server.ports import StoreUnavailable

router = APIRouter(tags=["Operations"])


@router.get("/healthz")
async def healthz() -> Json:
    """This process answers."""
    return Json({"status": "ok"})


@router.get("/readyz")
async def readyz(home: Home) -> Json:
    """Whether requests can be served now, and if not, what is missing."""
    try:
        await home.listings.due(0, 1)
    except StoreUnavailable as error:
        return Json({"status": "not_ready", "missing": {"database": str(error)}}, status_code=503)
    return Json({"status": "ready"})


@router.get("/asyncapi.json", include_in_schema=False)
async def asyncapi() -> Json:
    """The player socket, described as `/openapi.json` describes the rest."""
    return Json(sockets.asyncapi())


@router.get("/.well-known/jwks.json")
async def jwks(home: Home) -> Json:
    """Public keys of player tokens."""
    return Json(home.tokens.jwks())
