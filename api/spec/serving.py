"""The description of the API: made once and encoded once, beside the event loop."""

import asyncio
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response

from api.context.answer_cache import SharedAnswer
from api.http.json_response import Json
from api.http.typed_route import TypedRoute
from api.spec import sockets
from server.encoding.wire import dump

router = APIRouter(route_class=TypedRoute, tags=["Operations"])


@router.get("/asyncapi.json", include_in_schema=False)
async def asyncapi() -> Json[dict[str, Any]]:
    """Both sockets, described as `/openapi.json` describes the rest."""
    return Json(sockets.asyncapi())


def describe(app: FastAPI) -> None:
    """Serve `app.openapi()`. FastAPI's own route encodes it anew for each reader, which takes 12 ms of the
    loop: a stranger who asks again and again would hold up all callers. The first readers share one making."""
    described = SharedAnswer(lambda: asyncio.to_thread(lambda: dump(app.openapi())))

    async def openapi(_: Request) -> Response:
        return Response(await described.find(), media_type="application/json")

    path = app.openapi_url or "/openapi.json"
    others = [route for route in app.router.routes if getattr(route, "path", None) != path]
    app.router.routes[:] = others
    app.add_route(path, openapi, include_in_schema=False)
