"""Opening a front end and serving it until a signal."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from types import FrameType
from typing import Any

import uvicorn
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.types import ASGIApp

from actors.compose import Owners, open_owners
from actors.directory import Directory
from actors.fact_batcher import FactBatcher
from api.access.connection_limits import ConnectionLimits
from api.access.stranger_limits import StrangerLimits
from api.app import create_app
from api.context.answer_cache import AnswerCache
from api.context.context import Context
from api.context.key_cache import KeyCache
from api.context.page_cache import PageCache
from api.context.player_tokens import Tokens, load_key
from api.context.readiness import Readiness
from api.context.summary_cache import SummaryCache
from api.fast.leaderboard import QuickBoards
from api.fast.uvicorn_protocol import QuickProtocol
from api.http.client_address import ClientAddresses
from api.tournaments.history_reader import HistoryReader
from api.ws.hub import Hub
from config.limits import SOCKET_PING_MS, STREAM_MESSAGE_BYTES_MAX
from config.settings import Settings
from server.broadcast.redis_subscriber import RedisSubscriber
from server.ports import Limiter, Subscriber
from server.rate_limits.memory import MemoryLimiter
from server.rate_limits.redis import RedisLimiter
from server.runtime.clock import SystemClock
from server.runtime.collector import calm_collector
from server.runtime.ids import SystemIds
from server.storage.postgres.audit import PostgresAudit, PostgresBooks
from server.storage.postgres.deliveries import PostgresDeliveries
from server.storage.postgres.endpoints import PostgresEndpoints
from server.storage.postgres.engine import open_engine
from server.storage.postgres.feed import PostgresFeed
from server.storage.postgres.journal import PostgresJournal, open_pool
from server.storage.postgres.listings import PostgresListings
from server.storage.postgres.operators import PostgresOperators, PostgresRequests
from server.storage.postgres.payouts import PostgresPayouts
from server.storage.postgres.templates import PostgresTemplates

_DRAIN_S = 5


@asynccontextmanager
async def open_context(settings: Settings, database_url: str) -> AsyncIterator[tuple[Context, Owners]]:
    """Everything a front end holds, closed in reverse order."""
    engine, pool = open_engine(database_url), await open_pool(database_url, 2)
    owners = await open_owners(settings, database_url)
    clock = SystemClock()
    limiter = MemoryLimiter(clock) if settings.redis_url is None else RedisLimiter(settings.redis_url, clock)
    journal = PostgresJournal(pool)
    carrier = None
    if settings.redis_url is not None:
        carrier = RedisSubscriber(settings.redis_url, await journal.secret("carrier"))
    stores = _stores(engine, PostgresBooks(engine, journal))
    try:
        yield _resources(settings, stores, owners.directory, limiter, carrier), owners
    finally:
        if isinstance(limiter, RedisLimiter):
            await limiter.close()
        if carrier is not None:
            await carrier.close()
        await owners.close()
        await pool.close()
        await engine.dispose()


def _stores(engine: AsyncEngine, books: PostgresBooks) -> dict[str, Any]:
    return {
        "listings": PostgresListings(engine),
        "operators": PostgresOperators(engine),
        "requests": PostgresRequests(engine),
        "templates": PostgresTemplates(engine),
        "payouts": PostgresPayouts(engine),
        "feed": PostgresFeed(engine),
        "endpoints": PostgresEndpoints(engine),
        "deliveries": PostgresDeliveries(engine),
        "audit": PostgresAudit(engine),
        "books": books,
    }


def _resources(
    settings: Settings,
    stores: dict[str, Any],
    directory: Directory,
    limiter: Limiter,
    carrier: Subscriber | None,
) -> Context:
    clock, ids = SystemClock(), SystemIds()
    key_cache = KeyCache(stores["operators"], clock)
    return Context(
        **stores,
        directory=directory,
        fact_batcher=FactBatcher(directory),
        summary_cache=SummaryCache(stores["listings"], clock),
        limiter=limiter,
        page_cache=PageCache(clock),
        key_cache=key_cache,
        tokens=Tokens(load_key(settings.token_key_path()), settings.token_issuer),
        hub=Hub(directory, clock, f"fe-{ids.short_id()}", carrier, key_cache.may_watch),
        clock=clock,
        ids=ids,
        history=HistoryReader(stores["books"]),
        client_addresses=ClientAddresses(settings.proxies()),
        stranger_limits=StrangerLimits(clock, settings.requests_per_address),
        answer_cache=AnswerCache(clock),
        readiness=Readiness(stores["listings"], clock),
        connection_limits=ConnectionLimits(settings.connections_per_address),
        socket_limits=ConnectionLimits(settings.sockets_per_address),
        metrics_token=settings.metrics_token,
        public_operator=settings.public_operator,
        private_targets=settings.allow_private_targets,
    )


class _Draining(uvicorn.Server):
    """Told to stop it first says that it is not ready, so that no new callers come; then it stops."""

    def __init__(self, config: uvicorn.Config, readiness: Readiness, drain_s: float) -> None:
        super().__init__(config)
        self._readiness = readiness
        self._drain_s = drain_s

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if self._readiness.drains or not self._drain_s:
            super().handle_exit(sig, frame)
            return
        self._readiness.drains = True
        loop = asyncio.get_event_loop()
        loop.call_soon_threadsafe(loop.call_later, self._drain_s, super().handle_exit, sig, frame)


async def serve(settings: Settings, ctx: Context, drain_s: float = 0.0) -> None:
    """Listen until SIGTERM or SIGINT; then be not ready for a while, and close."""
    calm_collector()
    app = create_app(ctx)
    config = server_config(app, ctx, settings.host, settings.port)
    await _Draining(config, ctx.readiness, drain_s).serve()


def server_config(app: ASGIApp, ctx: Context, host: str, port: int, drain_s: int = _DRAIN_S) -> uvicorn.Config:
    """How a front end listens."""
    return uvicorn.Config(
        app,
        http=partial(QuickProtocol, boards=QuickBoards(ctx)),  # type: ignore[arg-type]
        host=host,
        port=port,
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,  # `api.http.client_address` alone says whose word is taken
        ws="websockets-sansio",
        ws_max_size=STREAM_MESSAGE_BYTES_MAX,
        ws_ping_interval=SOCKET_PING_MS / 1_000,
        # uvicorn's costs 46 KiB a socket; players' sockets agree on their own (api/ws/packing.py).
        ws_per_message_deflate=False,
        timeout_graceful_shutdown=drain_s,
    )
