"""The front end: all routers in one list, all errors in one place."""

from functools import cache, partial

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from fastapi_offline import FastAPIOffline
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from api.context.context import Resources
from api.http.errors import ApiError, typed
from api.http.json_response import Json
from api.http.middleware import RequestLog
from api.http.openapi_document import describe
from api.rest import (
    boards,
    corrections,
    deliveries,
    events,
    games,
    health,
    history,
    internal,
    keys,
    payouts,
    players,
    public,
    record,
    reviews,
    rules,
    scoring,
    templates,
    tournaments,
    wallet,
    webhooks,
)
from api.spec import document
from api.ws import stream
from server.ports import StoreUnavailable

ROUTERS = (
    tournaments.router,
    games.router,
    players.router,
    boards.router,
    corrections.router,
    reviews.router,
    history.router,
    keys.router,
    payouts.router,
    payouts.all_payouts,
    wallet.router,
    events.router,
    deliveries.router,
    webhooks.router,
    rules.router,
    scoring.router,
    templates.router,
    record.router,
    public.router,
    health.router,
    stream.router,
)


def create_app(resources: Resources) -> FastAPI:
    """An app over opened resources; who opens them closes them."""
    # The docs page brings its own scripts: it works without the internet, and no stranger's script runs.
    app = FastAPIOffline(
        title="Pitboss",
        version="0.1.0",
        summary="Real-time tournaments for casinos",
        redirect_slashes=False,
    )
    app.state.resources = resources
    for router in ROUTERS:
        app.include_router(router)
    for prefix in ("/api/internal", "/internal"):
        app.include_router(internal.router, prefix=prefix, include_in_schema=prefix.startswith("/api"))
    app.add_exception_handler(ApiError, _answer)
    app.add_exception_handler(ClientDisconnect, _answer)
    app.add_exception_handler(HTTPException, _answer)
    app.add_exception_handler(RequestValidationError, _answer)
    app.add_exception_handler(StoreUnavailable, _answer)
    app.add_exception_handler(Exception, _answer)
    app.add_middleware(RequestLog, home=resources)
    app.openapi = cache(partial(document, app))  # type: ignore[method-assign]
    describe(app)
    return app


async def _answer(request: Request, error: Exception) -> Response:
    """Any exception as its typed answer."""
    told = typed(error)
    request.state.error = told.code
    body = told.body(request.state.request_id)
    return Json(body, status_code=told.status, headers=told.headers())
