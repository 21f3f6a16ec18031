"""The composition root of a front end: from settings to all that it holds."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from actors.directory import Directory
from actors.fact_batcher import FactBatcher
from api.context.answer_cache import AnswerCache
from api.context.boards.boards import Boards
from api.context.clock_watch import ClockWatch
from api.context.connection_limits import ConnectionLimits
from api.context.context import Context
from api.context.history_reader import HistoryReader
from api.context.key_cache import KeyCache
from api.context.player_tokens import Tokens, load_key
from api.context.readiness import Readiness
from api.context.stranger_limits import StrangerLimits
from api.context.summary_cache import SummaryCache
from api.http.client_address import ClientAddresses
from api.ws.hub import Hub
from config.connections import GROUPED_MAX
from config.settings import Settings
from server.broadcast.redis_subscriber import RedisSubscriber
from server.ports import Limiter, Subscriber
from server.rate_limits.memory import MemoryLimiter
from server.rate_limits.redis import RedisLimiter
from server.runtime.clock import SystemClock
from server.runtime.games import installed
from server.runtime.randomness import SystemIds
from server.runtime.seals import Seals
from server.storage.postgres.audit import PostgresAudit, PostgresBooks
from server.storage.postgres.deliveries import PostgresDeliveries
from server.storage.postgres.endpoints import PostgresEndpoints
from server.storage.postgres.engine import open_engine
from server.storage.postgres.feed import PostgresFeed
from server.storage.postgres.grouped.keyed_requests import KeyedRequests
from server.storage.postgres.grouped.listings import GroupedListings
from server.storage.postgres.journal import PostgresJournal, open_pool
from server.storage.postgres.operators import PostgresOperators, PostgresTokens
from server.storage.postgres.overview import PostgresOverview
from server.storage.postgres.payouts import PostgresPayouts
from server.storage.postgres.templates import PostgresTemplates


@asynccontextmanager
async def open_context(settings: Settings, database_url: str, directory: Directory) -> AsyncIterator[Context]:
    """Everything that a front end holds. What is opened last is closed first, also when opening fails."""
    async with AsyncExitStack() as stack:
        engine = open_engine(database_url)
        stack.push_async_callback(engine.dispose)
        pool = await open_pool(database_url, GROUPED_MAX)
        stack.push_async_callback(pool.close)
        journal = PostgresJournal(pool)
        stores = _stores(engine, journal)
        limiter, carrier = await _shared(settings.redis_url, journal, stack)
        yield _context(settings, stores, directory, limiter, carrier)


async def _shared(
    redis_url: str | None, journal: PostgresJournal, stack: AsyncExitStack
) -> tuple[Limiter, Subscriber | None]:
    """What front ends share where there is a Redis: counts of callers, and frames of boards."""
    if redis_url is None:
        return MemoryLimiter(SystemClock()), None
    limiter = RedisLimiter(redis_url, SystemClock())
    stack.push_async_callback(limiter.close)
    carrier = RedisSubscriber(redis_url, await journal.secret("carrier"))
    stack.push_async_callback(carrier.close)
    return limiter, carrier


def _stores(engine: AsyncEngine, journal: PostgresJournal) -> dict[str, Any]:
    return {
        "listings": GroupedListings(engine, journal.run),
        "operators": PostgresOperators(engine),
        "requests": KeyedRequests(engine, journal.run),
        "templates": PostgresTemplates(engine),
        "payouts": PostgresPayouts(engine),
        "feed": PostgresFeed(engine),
        "endpoints": PostgresEndpoints(engine),
        "deliveries": PostgresDeliveries(engine),
        "audit": PostgresAudit(engine),
        "books": PostgresBooks(engine, journal),
        "overview": PostgresOverview(engine),
        "token_generations": PostgresTokens(engine),
    }


def _context(
    settings: Settings,
    stores: dict[str, Any],
    directory: Directory,
    limiter: Limiter,
    carrier: Subscriber | None,
) -> Context:
    clock, ids = SystemClock(), SystemIds()
    key_cache = KeyCache(stores["operators"], clock)
    hub = Hub(
        directory, clock, f"fe-{ids.short_id()}", carrier, key_cache.may_watch, stores["token_generations"]
    )
    return Context(
        **stores,
        directory=directory,
        fact_batcher=FactBatcher(directory),
        summary_cache=SummaryCache(stores["listings"], clock),
        limiter=limiter,
        boards=Boards(directory, clock),
        key_cache=key_cache,
        tokens=Tokens(load_key(settings.token_key_path()), settings.token_issuer),
        hub=hub,
        clock=clock,
        ids=ids,
        history=HistoryReader(stores["books"]),
        client_addresses=ClientAddresses(settings.proxies()),
        stranger_limits=StrangerLimits(clock, settings.requests_per_address),
        answer_cache=AnswerCache(clock),
        readiness=Readiness(stores["listings"], clock, ClockWatch(clock, hub.uncertainty_us)),
        connection_limits=ConnectionLimits(settings.connections_per_address),
        socket_limits=ConnectionLimits(settings.sockets_per_address),
        metrics_token=settings.metrics_token,
        public_operator=settings.public_operator,
        public_url=settings.public_url,
        is_demo=settings.demo,
        private_targets=settings.allow_private_targets,
        installed=installed(settings.games),
        has_beacons=bool(settings.relays()),
        seals=Seals(settings.seal_key_path()),
    )
