"""The fast lane and the long way: the same status, headers and bytes, and the same journal behind them."""

import asyncio
import json
import random
import re
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Annotated, Any

import httpx2
import pytest
import structlog
from fastapi import BackgroundTasks, Depends, FastAPI, Request, Response
from fastapi.security import SecurityScopes

from actors.replies import Unavailable
from api.fast.hot_routes import hot_routes
from api.fast.lane import HOT, FastLane
from api.fast.uvicorn_protocol import QuickProtocol, _Turn
from config.limits import TICK_MS
from server.access import keys
from server.domain.ids import OperatorId, Tenant
from server.ports import StoreUnavailable
from tests.api.scenario import Recorder, fixed, play
from tests.support.app import House
from tests.support.clock import ManualClock
from tests.support.served import a_served_house

SEEDS, REQUESTS = 4, 300
_MADE = re.compile(rb"req_[0-9a-f]{32}")
Seen = list[tuple[Any, ...]]


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How many answers the lane gave, by route and status."""
    counts: Counter[str] = Counter()
    answer = FastLane.answer

    async def counted(self: FastLane, entered: Any, body: bytes) -> Any:
        response = await answer(self, entered, body)
        counts[f"{entered.hot.route.name} {response.status_code}"] += 1
        return response

    monkeypatch.setattr(FastLane, "answer", counted)
    return counts


@asynccontextmanager
async def a_house_at(*, fast_lane: bool) -> AsyncIterator[House]:
    """The same one every time; its client speaks HTTP."""
    async with a_served_house(ManualClock(), fast_lane=fast_lane, **fixed()) as served:
        url = f"http://127.0.0.1:{served.port}"
        async with httpx2.AsyncClient(base_url=url, timeout=60) as client:
            served.house.client = client
            yield served.house


class Witness(Recorder):
    """Keeps what came over the wire."""

    def __init__(self, house: House) -> None:
        super().__init__(house)
        self.seen: Seen = []
        ask = house.client.request

        async def request(method: str, url: str, **more: Any) -> Any:
            answer = await ask(method, url, **more)
            self.seen.append(told(answer))
            return answer

        house.client.request = request  # type: ignore[method-assign, assignment]


def told(answer: httpx2.Response) -> tuple[Any, ...]:
    """All of an answer but for the date, ids of requests that brought none, and the order of its headers."""
    headers = [(name, _MADE.sub(b"", value)) for name, value in answer.headers.raw if name.lower() != b"date"]
    return answer.status_code, sorted(headers), _MADE.sub(b"", answer.content)


async def test_the_recorded_evening_is_the_same_both_ways(taken: Counter[str]) -> None:
    async def evening(*, fast_lane: bool) -> Seen:
        async with a_house_at(fast_lane=fast_lane) as house:
            witness = Witness(house)
            await play(witness)
            return witness.seen

    slow = await evening(fast_lane=False)
    assert not taken, "the setting closes the lane"
    fast = await evening(fast_lane=True)
    assert len(fast) == len(slow) > 80
    for one, other in zip(fast, slow, strict=True):
        assert one == other
    assert {name.partition(" ")[0] for name in taken} == HOT


class Fuzz:
    """Requests of hot routes as callers send them, and as none should. The same seed asks the same."""

    def __init__(self, house: House, seed: int) -> None:
        self.house, self.chance = house, random.Random(seed)
        self.tournaments: list[str] = []
        self.callers: dict[str, dict[str, str]] = {}

    async def prepare(self) -> None:
        house = self.house
        started = await house.tournament("ann", "ben", "cid", started=True, rebuyEnabled=True, maxPlayers=9)
        open_one = await house.tournament("ann", maxPlayers=40)
        self.tournaments = [started, open_one, "0" * 32, "no%2Fsuch", "x"]
        self.callers = {
            "full": house.auth,
            "platform": house.platform,
            "other": house.other,
            "sandbox": await house.key("full_access", live=False),
            "reader": await house.key("read_only"),
            "elsewhere": await self._key_of_address("10.0.0.9"),
            "none": {},
            "wrong": {"Authorization": "Bearer pk_live_x:sk_live_y"},
            "header": {"X-API-Key": house.auth["Authorization"].removeprefix("Bearer ")},
        }

    async def _key_of_address(self, address: str) -> dict[str, str]:
        issued = keys.issue(self.house.ctx.ids, Tenant(OperatorId("op_123"), live=True), "ip", "full_access")
        await self.house.store.add_key(replace(issued.stored, allowed_ips=(address,)))
        return {"Authorization": f"Bearer {issued.text}"}

    def one(self, n: int) -> tuple[str, str, dict[str, str], bytes]:
        """Method, path, headers and body."""
        chance, choose = self.chance, self.chance.choice
        tournament = choose(self.tournaments[:2] * 6 + self.tournaments)
        likely = chance.random() < 0.75
        player = choose(["ann", "ben", "cid", f"new{n}", "nobody", "plr_x", "a b", "%00"])
        paths: list[tuple[str, str, str, Callable[[], Any]]] = [
            ("POST", f"/api/internal/tournaments/{tournament}/events", "platform", self.facts),
            ("POST", f"/internal/tournaments/{tournament}/events", "platform", self.facts),
            ("POST", f"/api/tournaments/{tournament}/players", "full", lambda: self.entry(n)),
            ("POST", f"/api/tournaments/{tournament}/players/{player}/rebuy", "full", self.rebuy),
            ("POST", f"/api/tournaments/{tournament}/players/{player}/token", "full", self.token),
            ("GET", f"/api/tournaments/{tournament}/leaderboard{self.query()}", "full", lambda: None),
            ("GET", f"/api/tournaments/{tournament}/status", "full", lambda: None),
            ("GET", f"/api/internal/tournaments/{tournament}/status", "platform", lambda: None),
        ]
        method, path, caller, body = choose(paths)
        headers = self.callers[caller if likely else choose(list(self.callers))] | self.more(n)
        content = body()
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        if method == "GET":
            return choose(["GET"] * 8 + ["HEAD", "OPTIONS"]), path, headers, b""
        return choose([method] * 9 + ["PUT"]), path, headers, data

    def more(self, n: int) -> dict[str, str]:
        """Headers that come along now and then."""
        chance, headers = self.chance, {"X-Request-Id": f"req-{n}"}
        if chance.random() < 0.3:
            headers["Idempotency-Key"] = chance.choice([f"key-{n}", "again", "again-too", "", "k" * 300])
        if chance.random() < 0.1:
            headers |= chance.choice([{"Origin": "https://casino.example"}, {"If-None-Match": 'W/"1-1-"'}])
        if chance.random() < 0.1:
            headers["X-Forwarded-For"] = "10.0.0.9"
        return headers

    def query(self) -> str:
        """Of a board."""
        some = [
            "",
            "?limit=2",
            "?around=ann",
            "?around=ann&above=1&below=0",
            "?around=ben&below=99",
            "?around=",
        ]
        some += [
            "?limit=0",
            "?limt=3",
            "?offset=1&offset=2",
            "?consistency=strong",
            "?includeEliminated=false",
        ]
        return self.chance.choice(
            [*some, "?around=nobody", "?around=plr_x&above=2", "?limit=2&x=%00", "?%zz", "?limit=2#x"]
        )

    def facts(self) -> Any:
        chance = self.chance
        fact: dict[str, Any] = {"event_id": f"e{chance.randrange(60)}", "player": "ann", "points": 3}
        fact |= chance.choice(
            [{}, {}, {"points": 1.25}, {"player": "ben"}, {"player": "nobody"}, {"points": "x"}, {"bet": 1e30}]
        )
        fact |= chance.choice([{}, {}, {"kind": "elimination"}, {"occurred_at": "yesterday"}, {"unknown": 1}])
        facts = [fact, *({"eventId": f"m{chance.randrange(900)}", "userId": "cid", "points": 1} for _ in "12")]
        return chance.choice([{"events": [fact]}, {"facts": facts}, {"events": []}, [], b"{", b"", b"\xff"])

    def entry(self, n: int) -> Any:
        base: dict[str, Any] = {"userId": f"new{n}", "buyInAmount": 10, "displayName": "N"}
        change: list[dict[str, Any]] = [
            {},
            {},
            {},
            {"userId": "ann"},
            {"buyInAmount": 9},
            {"buyInAmount": "10"},
            {"userID": "x"},
        ]
        change += [{"paymentId": "pay-1"}, {"tender": "ticket"}, {"entryPaymentDetails": {"amount": 10}}]
        return self.chance.choice(
            [base | self.chance.choice(change)] * 9 + [b'{"a":1,"a":2}', b"x" * 1_100_000]
        )

    def rebuy(self) -> Any:
        some = [{"buyInAmount": 10}, {"additionalEntries": 2, "rebuyAmount": 20}, {"entries": 0}, {}, {"x": 1}]
        return self.chance.choice(some)

    def token(self) -> Any:
        return self.chance.choice([{}, b"", {"revokeOthers": True}, {"revokeOthers": 1}])


async def fuzzed(seed: int, *, fast_lane: bool) -> tuple[Seen, Any]:
    """All answers of a seed, and what they left: journals, and what was counted."""
    async with a_house_at(fast_lane=fast_lane) as house:
        fuzz, seen = Fuzz(house, seed), Seen()
        await fuzz.prepare()
        ask, find = house.directory.ask, house.store.find
        for n in range(REQUESTS):
            trouble = fuzz.chance.choice(["owner", "store", "bug", *["none"] * 17])
            house.directory.ask = _broken(trouble, "owner", ask)  # type: ignore[method-assign]
            house.store.find = _broken(trouble, "store", find)  # type: ignore[method-assign]
            method, path, headers, body = fuzz.one(n)
            answer = await house.client.request(method, path, headers=headers, content=body)
            seen.append((method, path, trouble, *told(answer)))
            # A page of the same tick is shown again on the short way: that is tests/api/test_quick_boards.py.
            house.clock.jump(TICK_MS + fuzz.chance.choice([0, 0, 50, 300, 1_200]))
        journals = [[row async for row in house.store.tail(t, 0)] for t in fuzz.tournaments[:2]]  # type: ignore[arg-type]
        return seen, (journals, house.ctx.metrics.requests)


def _broken(trouble: str, part: str, works: Any) -> Any:
    """An owner that cannot be reached, a store that is away, a mistake of ours."""

    async def asked(*_: Any, **__: Any) -> Any:
        if trouble == "store":
            raise StoreUnavailable("planted")
        if trouble == "bug":
            raise RuntimeError("planted")
        return Unavailable("planted")

    breaks = trouble in (part, "bug")
    return asked if breaks else works


@pytest.mark.unforeseen
async def test_whatever_is_asked_is_answered_alike(taken: Counter[str]) -> None:
    statuses: Counter[int] = Counter()
    for seed in range(SEEDS):
        before = taken.total()
        slow, left_slow = await fuzzed(seed, fast_lane=False)
        assert taken.total() == before, "the setting closes the lane"
        fast, left_fast = await fuzzed(seed, fast_lane=True)
        for one, other in zip(fast, slow, strict=True):
            assert one == other
        assert left_fast == left_slow
        statuses.update(one[3] for one in fast)
    assert set(statuses) >= {200, 201, 400, 401, 403, 404, 405, 409, 413, 500, 503}, statuses
    assert taken.total() > SEEDS * REQUESTS / 3, taken
    assert {int(name.partition(" ")[2]) for name in taken} >= {200, 201, 400, 403, 404, 409, 500, 503}


async def test_limits_are_the_same_both_ways(taken: Counter[str]) -> None:
    async def until_refused(*, fast_lane: bool) -> Seen:
        async with a_house_at(fast_lane=fast_lane) as house:
            path, seen = f"/api/tournaments/{await house.tournament('ann')}/status", Seen()
            for n in range(104):
                headers = house.auth | {"X-Request-Id": f"req-{n}"}
                seen.append(told(await house.client.get(path, headers=headers)))
            return seen

    slow, fast = [await until_refused(fast_lane=on) for on in (False, True)]
    assert fast == slow
    assert Counter(one[0] for one in fast) == {200: 100, 429: 4}
    assert taken["get_tournament_status 429"] == 4


async def test_log_lines_are_the_same_both_ways() -> None:
    async def lines(*, fast_lane: bool) -> list[dict[str, Any]]:
        async with a_house_at(fast_lane=fast_lane) as house:
            with structlog.testing.capture_logs() as written:
                tournament = await house.tournament("ann", "ben", started=True)
                for path in (f"/api/tournaments/{tournament}/status", "/api/tournaments/none/status"):
                    await house.client.get(path, headers=house.auth | {"X-Request-Id": "mine"})
        return [{name: line[name] for name in line if name not in ("ms", "request_id")} for line in written]

    assert await lines(fast_lane=True) == await lines(fast_lane=False)


async def test_a_repeated_key_is_answered_once_in_the_lane(taken: Counter[str]) -> None:
    async with a_house_at(fast_lane=True) as house:
        path = f"/api/tournaments/{await house.tournament()}/players"
        headers = house.auth | {"Idempotency-Key": "one"}
        first, again = [
            await house.client.post(path, headers=headers, json={"userId": "eve", "buyInAmount": 10})
            for _ in range(2)
        ]
        assert first.status_code == again.status_code == 201
        assert again.headers["idempotent-replayed"] == "true" and first.json() == again.json()
        assert taken["register_player 201"] == 2


async def raw(house: House, *parts: bytes, answers: int = 1) -> bytes:
    """What comes back on one connection that stays open."""
    reader, writer = await asyncio.open_connection("127.0.0.1", house.client.base_url.port)
    writer.write(b"".join(parts))
    told = b""
    async with asyncio.timeout(20):
        while told.count(b"HTTP/1.1 ") < answers:
            told += await reader.read(65_536)
    writer.close()
    return told


def head(house: House, method: str, path: str, *lines: str) -> bytes:
    auth = f"authorization: {house.auth['Authorization']}"
    return "\r\n".join((f"{method} {path} HTTP/1.1", "host: x", auth, *lines, "", "")).encode()


@pytest.mark.parametrize("fast_lane", [True, False])
async def test_what_will_not_be_read_is_not_waited_for(taken: Counter[str], *, fast_lane: bool) -> None:
    """A body that is large, of unknown length, or stands where none belongs is the long way's affair."""
    async with a_house_at(fast_lane=fast_lane) as house:
        tournament = await house.tournament("ann")
        status, players = f"/api/tournaments/{tournament}/status", f"/api/tournaments/{tournament}/players"
        reader = await house.key("read_only")
        await house.client.get(status, headers=reader)
        taken.clear()
        assert b" 200 OK" in await raw(house, head(house, "GET", status, "content-length: 10"))
        house.auth = reader
        large = head(house, "POST", players, "content-length: 1000000")
        assert b" 403 Forbidden" in await raw(house, large, b"{")
        chunked = head(house, "POST", players, "transfer-encoding: chunked")
        assert b" 403 Forbidden" in await raw(house, chunked, b"1\r\n{\r\n0\r\n\r\n")
        assert not taken


async def test_a_connection_that_rests_keeps_no_body(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[QuickProtocol] = []
    answer = QuickProtocol._answer

    async def noted(self: QuickProtocol, lane: FastLane, turn: Any, entered: Any) -> None:
        seen.append(self)
        await answer(self, lane, turn, entered)

    monkeypatch.setattr(QuickProtocol, "_answer", noted)
    async with a_house_at(fast_lane=True) as house:
        path = f"/api/tournaments/{await house.tournament()}/players"
        body = json.dumps({"userId": "eve", "buyInAmount": 10, "displayName": " " * 50_000}).encode()
        await house.client.post(path, headers=house.auth, content=body)
        (protocol,) = [one for one in seen if one.url.endswith(b"/players")]
        assert isinstance(protocol.cycle, _Turn)
        assert not protocol.cycle.body and protocol.cycle.entered is None


@pytest.mark.unforeseen
async def test_what_cannot_be_answered_ends_its_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    async with a_house_at(fast_lane=True) as house:
        path = f"/api/tournaments/{await house.tournament()}/status"
        await house.client.get(path, headers=house.auth)

        def broken(*_: Any) -> None:
            raise RuntimeError("planted")

        monkeypatch.setattr("api.fast.lane.write_request", broken)
        with pytest.raises(httpx2.RemoteProtocolError):
            await house.client.get(path, headers=house.auth)


def test_a_route_that_the_lane_cannot_serve_stops_the_start() -> None:
    async def with_query(limit: int) -> None: ...
    async def with_response(response: Response) -> None: ...
    async def with_tasks(tasks: BackgroundTasks) -> None: ...
    async def with_scopes(scopes: SecurityScopes) -> None: ...
    async def with_nested(found: Annotated[None, Depends(with_request_of)]) -> None: ...
    async def with_request(request: Request) -> None: ...

    app = FastAPI()
    for one in (with_query, with_response, with_tasks, with_scopes, with_nested, with_request):
        app.get(f"/{one.__name__}")(one)
    assert [one.path for one in hot_routes(app, frozenset({"with_request"}))] == ["/with_request"]
    for name in ("with_query", "with_response", "with_tasks", "with_scopes", "with_nested"):
        with pytest.raises(TypeError, match="takes what a hot route does not give"):
            hot_routes(app, frozenset({name}))
    with pytest.raises(LookupError, match="none_such"):
        hot_routes(app, frozenset({"none_such"}))


async def _inner(request: Request) -> None: ...


async def with_request_of(inner: Annotated[None, Depends(_inner)]) -> None: ...
