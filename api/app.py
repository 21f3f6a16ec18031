"""The front end: all routers in one list, all errors in one place."""

from functools import cache, partial

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi_offline import FastAPIOffline
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from api.access.cors import Cors
from api.access.request_log import RequestLog
from api.context.context import Context
from api.game_platform.fact_stream import router as stream
from api.game_platform.routes import router as internal
from api.http.error_answer import answer_error
from api.http.errors import ApiError
from api.http.head import Head
from api.pages.demo_entries import router as demo_entries
from api.pages.page_routes import router as pages
from api.pages.sdk import router as sdk
from api.rest.audit.routes import router as record
from api.rest.events.routes import router as events
from api.rest.fairness.routes import router as fairness
from api.rest.games.routes import router as games
from api.rest.keys.routes import router as keys
from api.rest.leaderboards.routes import router as boards
from api.rest.operations.routes import router as health
from api.rest.payouts.routes import all_payouts
from api.rest.payouts.routes import router as payouts
from api.rest.payouts.wallet import router as wallet
from api.rest.players.corrections import router as corrections
from api.rest.players.history import router as history
from api.rest.players.own import router as own_entry
from api.rest.players.routes import router as players
from api.rest.public.routes import router as public
from api.rest.reviews.routes import router as reviews
from api.rest.rules.routes import router as rules
from api.rest.scoring.routes import router as scoring
from api.rest.templates.routes import router as templates
from api.rest.tournaments.routes import router as tournaments
from api.rest.webhooks.deliveries import router as deliveries
from api.rest.webhooks.routes import router as webhooks
from api.spec import document, operation_id
from api.spec.serving import describe
from api.spec.serving import router as described
from server.ports import StoreUnavailable

ROUTERS = (
    tournaments,
    fairness,
    games,
    own_entry,
    players,
    boards,
    corrections,
    reviews,
    history,
    keys,
    payouts,
    all_payouts,
    wallet,
    events,
    deliveries,
    webhooks,
    rules,
    scoring,
    templates,
    record,
    public,
    pages,
    sdk,
    demo_entries,
    health,
    described,
    stream,
)


def create_app(ctx: Context) -> FastAPI:
    """An app over opened resources; who opens them closes them."""
    # The docs page brings its own scripts: it works without the internet, and no stranger's script runs.
    app = FastAPIOffline(
        title="Pitboss",
        version="0.1.0",
        summary="Real-time tournaments for casinos",
        redirect_slashes=False,
        generate_unique_id_function=operation_id,
    )
    app.state.ctx = ctx
    for router in ROUTERS:
        app.include_router(router)
    for prefix in ("/api/internal", "/internal"):
        app.include_router(internal, prefix=prefix, include_in_schema=prefix.startswith("/api"))
    # What is not foreseen passes these and is answered by `RequestLog`.
    for kind in (ApiError, ClientDisconnect, HTTPException, RequestValidationError, StoreUnavailable):
        app.add_exception_handler(kind, answer_error)
    app.add_middleware(Head)
    app.add_middleware(Cors, ctx=ctx)
    app.add_middleware(RequestLog, ctx=ctx)
    app.openapi = cache(partial(document, app))  # type: ignore[method-assign]
    describe(app)
    return app
