"""The description of the API: made once and encoded once, beside the event loop."""

import asyncio

from fastapi import FastAPI, Request, Response

from api.context.answer_cache import SharedAnswer
from server.encoding.wire import dump


def describe(app: FastAPI) -> None:
    """Serve `app.openapi()`. FastAPI's own route encodes it anew for each reader, which takes 12 ms of the
    loop: a stranger who asks again and again would hold up everybody. The first readers share one making."""
    described = SharedAnswer(lambda: asyncio.to_thread(lambda: dump(app.openapi())))

    async def openapi(_: Request) -> Response:
        return Response(await described.find(), media_type="application/json")

    path = app.openapi_url or "/openapi.json"
    others = [route for route in app.router.routes if getattr(route, "path", None) != path]
    app.router.routes[:] = others
    app.add_route(path, openapi, include_in_schema=False)
