"""Rate limits: in memory and on a real Redis, which two front ends share exactly; Redis away is no outage."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import redis

from server.ports import Limiter, Verdict, Window
from server.rate_limits.memory import MemoryLimiter
from server.rate_limits.redis import RedisLimiter
from server.runtime.clock import SystemClock
from tests.support.clock import ManualClock
from tests.support.servers import a_redis, url_of

LENGTH_MS = 400


class LimiterContract:
    """`later(ms)` lets time pass."""

    @pytest.fixture
    def name(self, request: pytest.FixtureRequest) -> str:
        return str(request.node.nodeid)

    async def test_the_limit_is_exact_and_a_refusal_costs_nothing(
        self, limiter: Limiter, later: Any, name: str
    ) -> None:
        windows = (Window(name, 3, LENGTH_MS),)
        told = [await limiter.hit(windows) for _ in range(5)]
        assert [verdict.allowed for verdict in told] == [True, True, True, False, False]
        assert [verdict.remaining for verdict in told] == [2, 1, 0, 0, 0]
        assert all(verdict.limit == 3 and 0 < verdict.reset_ms <= LENGTH_MS for verdict in told)
        await later(told[-1].reset_ms)
        assert await limiter.hit(windows) == Verdict(True, 3, 2, pytest.approx(LENGTH_MS, abs=LENGTH_MS))  # type: ignore[arg-type]

    async def test_a_cost_counts_whole_or_not_at_all(self, limiter: Limiter, name: str) -> None:
        windows = (Window(name, 10, 60_000),)
        assert (await limiter.hit(windows, 8)).remaining == 2
        assert not (await limiter.hit(windows, 3)).allowed
        assert (await limiter.hit(windows, 2)).remaining == 0

    async def test_all_windows_must_have_room_and_the_tightest_is_told(
        self, limiter: Limiter, later: Any, name: str
    ) -> None:
        windows = Window(f"{name}:long", 5, 60_000), Window(f"{name}:short", 2, LENGTH_MS)
        told = [await limiter.hit(windows) for _ in range(3)]
        assert [(v.allowed, v.limit, v.remaining) for v in told] == [(True, 2, 1), (True, 2, 0), (False, 2, 0)]
        for _ in range(2):
            await later(LENGTH_MS)
            last = [await limiter.hit(windows) for _ in range(2)]
        assert [v.allowed for v in last] == [True, False]
        assert last[1].limit == 5 and last[1].reset_ms > LENGTH_MS


class TestMemory(LimiterContract):
    @pytest.fixture
    def clock(self) -> ManualClock:
        return ManualClock()

    @pytest.fixture
    def limiter(self, clock: ManualClock) -> MemoryLimiter:
        return MemoryLimiter(clock)

    @pytest.fixture
    def later(self, clock: ManualClock) -> Any:
        async def jump(ms: int) -> None:
            clock.jump(ms)

        return jump


@pytest.fixture(scope="module")
def redis_url() -> Iterator[str]:
    with a_redis() as client:
        yield url_of(client)


class TestRedis(LimiterContract):
    @pytest.fixture
    async def limiter(self, redis_url: str) -> AsyncIterator[RedisLimiter]:
        found = RedisLimiter(redis_url, SystemClock())
        yield found
        await found.close()

    @pytest.fixture
    def later(self) -> Any:
        async def sleep(ms: int) -> None:
            await asyncio.sleep((ms + 5) / 1_000)

        return sleep

    async def test_two_front_ends_share_one_limit_exactly(self, redis_url: str) -> None:
        both = [RedisLimiter(redis_url, SystemClock()) for _ in range(2)]
        windows = (Window("shared", 100, 60_000),)
        hits = [both[n % 2].hit(windows) for n in range(250)]
        told = await asyncio.gather(*hits)
        assert sum(verdict.allowed for verdict in told) == 100
        assert sorted(v.remaining for v in told if v.allowed) == list(range(100))
        for one in both:
            await one.close()


async def test_when_redis_is_killed_requests_go_on_and_when_it_is_back_it_counts_again() -> None:
    clock = ManualClock()
    windows = (Window("k", 3, 60_000),)
    with a_redis() as client:
        limiter = RedisLimiter(url_of(client), clock)
        assert (await limiter.hit(windows)).remaining == 2
        client.config_set("save", "")
        with pytest.raises(redis.ConnectionError):
            client.execute_command("SHUTDOWN", "NOSAVE")  # type: ignore[no-untyped-call]
            client.ping()
    told = await asyncio.gather(*(limiter.hit(windows) for _ in range(5)))
    assert [verdict.allowed for verdict in told] == [True] * 3 + [False] * 2, "counted in the process"
    await limiter.close()


async def test_whatever_is_wrong_with_redis_who_waits_is_answered(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    limiter = RedisLimiter(redis_url, ManualClock())

    async def broken(**_: Any) -> Any:
        raise ValueError("planted")

    monkeypatch.setattr(limiter, "_script", broken)
    async with asyncio.timeout(5):
        told = await asyncio.gather(*(limiter.hit((Window("k", 2, 60_000),)) for _ in range(3)))
    assert [verdict.allowed for verdict in told] == [True, True, False]
    await limiter.close()
