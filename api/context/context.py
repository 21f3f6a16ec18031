"""What a front end holds; `api.compose` opens and closes it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from fastapi import Request, WebSocket

from actors.directory import Directory
from actors.fact_batcher import FactBatcher
from api.context.answer_cache import AnswerCache
from api.context.boards.boards import Boards
from api.context.connection_limits import ConnectionLimits
from api.context.front_end_metrics import FrontEndMetrics
from api.context.history_reader import HistoryReader
from api.context.key_cache import KeyCache
from api.context.player_tokens import Tokens
from api.context.readiness import Readiness
from api.context.room_records import RoomRecords
from api.context.shared_look import SharedLook
from api.context.stranger_limits import StrangerLimits
from api.context.summary_cache import SummaryCache
from api.http.client_address import ClientAddresses
from api.ws.hub import Hub
from server.access.targets import private_literal
from server.domain.ids import OperatorId, Tenant
from server.domain.rooms.game import Game
from server.domain.tournament.summary import Summary
from server.ports import (
    Audit,
    Clock,
    Deliveries,
    Endpoints,
    Feed,
    IdSource,
    Ledgers,
    Limiter,
    Listings,
    Operator,
    Operators,
    Overview,
    Payouts,
    RequestAnswers,
    RoomCounts,
    Templates,
    TokenGenerations,
)
from server.runtime.games import InstalledGame
from server.runtime.seals import Seals


@dataclass(slots=True)
class Context:
    """Handed to `create_app`; every door takes from here."""

    directory: Directory
    fact_batcher: FactBatcher
    listings: Listings
    summary_cache: SummaryCache
    operators: Operators
    requests: RequestAnswers
    templates: Templates
    payouts: Payouts
    feed: Feed
    endpoints: Endpoints
    deliveries: Deliveries
    audit: Audit
    books: Ledgers
    overview: Overview
    limiter: Limiter
    boards: Boards
    key_cache: KeyCache
    tokens: Tokens
    token_generations: TokenGenerations
    hub: Hub
    clock: Clock
    ids: IdSource
    history: HistoryReader
    client_addresses: ClientAddresses
    stranger_limits: StrangerLimits
    answer_cache: AnswerCache
    readiness: Readiness
    connection_limits: ConnectionLimits
    socket_limits: ConnectionLimits
    metrics_token: str | None = None
    public_operator: str | None = None
    public_url: str | None = None
    is_demo: bool = False
    private_targets: bool = False
    installed: Mapping[str, InstalledGame] = field(default_factory=dict)
    has_beacons: bool = False
    seals: Seals | None = None
    room_records: RoomRecords = field(default_factory=RoomRecords)
    metrics: FrontEndMetrics = field(default_factory=FrontEndMetrics)
    # Thousands may come to watch one tournament at the same moment.
    public_look: SharedLook[str, Summary | None] = field(init=False)
    operator_look: SharedLook[str, Operator | None] = field(init=False)
    operator_of: SharedLook[str, str | None] = field(init=False)
    room_look: SharedLook[Tenant, RoomCounts] = field(init=False)

    def __post_init__(self) -> None:
        self.public_look = SharedLook(self._find_public)
        self.operator_look = SharedLook(self._find_operator)
        self.operator_of = SharedLook(self._find_operator_of)
        self.room_look = SharedLook(self._count_rooms)

    async def _find_public(self, tournament_id: str) -> Summary | None:
        async with self.stranger_limits.turn():
            return await self.listings.find_public(tournament_id)

    async def _find_operator(self, operator_id: str) -> Operator | None:
        async with self.stranger_limits.turn():
            return await self.operators.operator(operator_id)

    async def _find_operator_of(self, tournament_id: str) -> str | None:
        async with self.stranger_limits.turn():
            return await self.listings.operator_of(tournament_id)

    async def _count_rooms(self, tenant: Tenant) -> RoomCounts:
        async with self.stranger_limits.turn():
            return await self.books.room_counts(tenant)

    @property
    def shown_tenant(self) -> Tenant | None:
        """Whose public tournaments the page at / shows; `:test` behind an operator means its test data."""
        name, _, mode = (self.public_operator or "").partition(":")
        return Tenant(OperatorId(name), live=mode != "test") if name else None

    @property
    def games(self) -> dict[str, type[Game]]:
        """The games that are played here, by slug."""
        return {slug: one.game for slug, one in self.installed.items()}

    def check_target(self, url: str) -> None:
        """Raises `ValueError` for an address that workers would refuse to call."""
        private = private_literal(url)
        if private is not None and not self.private_targets:
            raise ValueError(
                f"{private} is not a public address (PITBOSS_ALLOW_PRIVATE_TARGETS=true allows it)"
            )


def of(request: Request) -> Context:
    """The context of the app that serves a request."""
    found: Context = request.app.state.ctx
    return found


def of_socket(socket: WebSocket) -> Context:
    """The context of the app that serves a socket."""
    found: Context = socket.app.state.ctx
    return found
