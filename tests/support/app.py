"""A whole front end over the memory store and the local directory, on manual time."""

import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from actors.fact_batcher import FactBatcher
from actors.local_directory import LocalDirectory
from actors.owner.room.opening import Rooms
from api.app import create_app
from api.context.answer_cache import AnswerCache
from api.context.boards.boards import Boards
from api.context.clock_watch import ClockWatch
from api.context.connection_limits import ConnectionLimits
from api.context.context import Context
from api.context.history_reader import HistoryReader
from api.context.key_cache import KeyCache
from api.context.player_tokens import Tokens
from api.context.readiness import Readiness
from api.context.stranger_limits import StrangerLimits
from api.context.summary_cache import SummaryCache
from api.http.client_address import ClientAddresses
from api.ws.hub import Hub
from server.access import keys
from server.domain.ids import OperatorId, Tenant
from server.encoding.wire import instant
from server.ports import Operator
from server.rate_limits.memory import MemoryLimiter
from server.runtime.games import DEFAULT, games_of, installed
from server.runtime.randomness import SystemIds, fresh_seed
from server.runtime.seals import Seals
from server.storage.memory.store import MemoryStore
from tests.support.clock import ManualClock

GAMES = {"crash-classic": "https://games.example/crash#token={jwt}"}


@dataclass(slots=True)
class House:
    """A running front end and what a test wants to reach behind it."""

    clock: Any
    store: MemoryStore
    directory: LocalDirectory
    ctx: Context
    client: httpx2.AsyncClient
    auth: dict[str, str]
    platform: dict[str, str]
    other: dict[str, str]
    app: Any

    def at(self, minutes: float) -> str:
        """An instant so many minutes from now."""
        return instant(self.clock.now_ms() + round(minutes * 60_000))

    async def key(self, role: str, operator: str = "op_123", *, live: bool = True) -> dict[str, str]:
        """Headers of a fresh key."""
        issued = keys.issue(self.ctx.ids, Tenant(OperatorId(operator), live), role, role)
        await self.store.add_key(issued.stored)
        return {"Authorization": f"Bearer {issued.text}"}

    async def tournament(self, *users: str, started: bool = False, **body: Any) -> str:
        """A created tournament with registered players; returns its id."""
        base = {
            "name": "Cup",
            "gameSlug": "crash-classic",
            "startTime": self.at(60),
            "entryFee": 10,
        }
        answer = await self.client.post("/api/tournaments", headers=self.auth, json=base | body)
        assert answer.status_code == 201, answer.text
        tournament_id: str = answer.json()["tournamentId"]
        fee = (base | body)["entryFee"]
        for user in users:
            entry = {"userId": user, "displayName": user.title(), "buyInAmount": fee}
            path = f"/api/tournaments/{tournament_id}/players"
            answer = await self.client.post(path, headers=self.auth, json=entry)
            assert answer.status_code == 201, answer.text
        if started:
            path = f"/api/tournaments/{tournament_id}/start"
            answer = await self.client.post(path, headers=self.auth)
            assert answer.status_code == 200, answer.text
        return tournament_id


def _key() -> Path:
    """A seal key of this run of the tests."""
    return Path(tempfile.mkdtemp(prefix="pitboss-tests-")) / "seal-key"


@asynccontextmanager
async def a_house(
    clock: Any = None,
    ids: Any = None,
    signing_key: Any = None,
    carrier: Any = None,
    games: str = DEFAULT,
    draw: Callable[[], bytes] = fresh_seed,
    *,
    beacons: bool = False,
    demo: bool = False,
) -> AsyncIterator[House]:
    """Opened, with two operators, one full key, one game platform key, one foreign key; the keys of a `demo`
    are test keys."""
    clock = clock or ManualClock()
    store = MemoryStore(clock)
    key = _key()
    directory = LocalDirectory(store, clock, rooms=Rooms(games_of(games), key, draw))
    key_cache = KeyCache(store, clock)
    hub = Hub(directory, clock, "fe-test", carrier, key_cache.may_watch, store)
    ctx = Context(
        directory=directory,
        fact_batcher=FactBatcher(directory),
        listings=store,
        summary_cache=SummaryCache(store, clock),
        operators=store,
        token_generations=store,
        overview=store,
        requests=store,
        templates=store,
        payouts=store,
        feed=store,
        endpoints=store,
        deliveries=store,
        audit=store,
        books=store,
        limiter=MemoryLimiter(clock),
        boards=Boards(directory, clock),
        key_cache=key_cache,
        tokens=Tokens(signing_key or Ed25519PrivateKey.generate(), "pitboss"),
        hub=hub,
        clock=clock,
        ids=ids or SystemIds(),
        history=HistoryReader(store),
        client_addresses=ClientAddresses(),
        stranger_limits=StrangerLimits(clock, 0),
        answer_cache=AnswerCache(clock),
        readiness=Readiness(store, clock, ClockWatch(clock, hub.uncertainty_us)),
        connection_limits=ConnectionLimits(0),
        socket_limits=ConnectionLimits(0),
        public_operator="op_123:test" if demo else "op_123",
        installed=installed(games),
        has_beacons=beacons,
        is_demo=demo,
        seals=Seals(key),
    )
    theirs = {name: f"https://games.example/{name}#token={{jwt}}" for name in games.split(",")} | GAMES
    await store.add(Operator(OperatorId("op_123"), "Lucky", theirs))
    await store.add(Operator(OperatorId("op_456"), "Other", GAMES))
    app = create_app(ctx)
    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://pitboss.test") as client:
        house = House(clock, store, directory, ctx, client, {}, {}, {}, app)
        house.auth = await house.key("full_access", live=not demo)
        house.platform = await house.key("game_platform", live=not demo)
        house.other = await house.key("full_access", "op_456")
        yield house
        await directory.close()
