"""Limits in a Redis: front ends that share it share every limit exactly.

Requests that arrive together are counted in one round trip. When Redis is away each process counts for
itself, says so once, and tries again after a pause: never an outage.
"""

import asyncio
import logging
from collections.abc import Sequence
from functools import lru_cache

from redis.asyncio import Redis

from config.door_limits import LIMITER_PATIENCE_S, LIMITER_PAUSE_MS, WINDOWS_KEPT_MAX
from config.origin import NOWHERE, within
from server.ports import Clock, Verdict, Window
from server.ports.limits import verdict_of
from server.rate_limits.memory import MemoryLimiter

log = logging.getLogger(__name__)
_PREFIX = "pitboss:limit:"
# For each request: how many windows, its cost, and each window's limit and length, as one text of numbers,
# because redis-py takes longer over each argument than Redis over the whole. Nothing is counted unless
# every window has room; a window begins with its first request.
_SCRIPT = """
local numbers, out, key, arg = {}, {}, 1, 1
for number in string.gmatch(ARGV[1], '%d+') do numbers[#numbers + 1] = tonumber(number) end
while key <= #KEYS do
  local windows, cost = numbers[arg], numbers[arg + 1]
  local allowed, used = 1, {}
  for i = 0, windows - 1 do
    used[i] = tonumber(redis.call('GET', KEYS[key + i]) or '0')
    if used[i] + cost > numbers[arg + 2 + 2 * i] then allowed = 0 end
  end
  out[#out + 1] = allowed
  for i = 0, windows - 1 do
    local length = numbers[arg + 3 + 2 * i]
    if allowed == 1 then
      used[i] = redis.call('INCRBY', KEYS[key + i], cost)
      if used[i] == cost then redis.call('PEXPIRE', KEYS[key + i], length) end
    end
    local left = redis.call('PTTL', KEYS[key + i])
    out[#out + 1] = used[i]
    out[#out + 1] = left >= 0 and left or length
  end
  key, arg = key + windows, arg + 2 + 2 * windows
end
return out
"""

_Waiting = tuple[Sequence[Window], int, asyncio.Future[Verdict]]


class RedisLimiter:
    """`Limiter` over a shared Redis."""

    def __init__(self, url: str, clock: Clock) -> None:
        self._redis = Redis.from_url(
            url, socket_timeout=LIMITER_PATIENCE_S, socket_connect_timeout=LIMITER_PATIENCE_S
        )
        self._script = self._redis.register_script(_SCRIPT)
        self._clock = clock
        self._alone = MemoryLimiter(clock)
        self._away_until_ms = 0
        self._waiting: list[_Waiting] = []
        self._round: asyncio.Task[None] | None = None

    def hit(self, windows: Sequence[Window], cost: int = 1) -> asyncio.Future[Verdict]:
        if self._clock.monotonic_ms() < self._away_until_ms:
            return self._alone.hit(windows, cost)
        answer: asyncio.Future[Verdict] = asyncio.get_running_loop().create_future()
        self._waiting.append((windows, cost, answer))
        if self._round is None:
            with within(NOWHERE):  # it goes on for others
                self._round = asyncio.create_task(self._count())
        return answer

    async def close(self) -> None:
        """Let go of the connections."""
        await self._redis.aclose()

    async def _count(self) -> None:
        """Count all that wait, in rounds, until none waits."""
        try:
            while self._waiting:
                batch, self._waiting = self._waiting, []
                await self._one_round(batch)
        finally:
            self._round = None

    async def _one_round(self, batch: list[_Waiting]) -> None:
        keys = [_PREFIX + window.name for windows, _, _ in batch for window in windows]
        arguments = " ".join(f"{len(windows)} {cost} {_numbers(tuple(windows))}" for windows, cost, _ in batch)
        try:
            numbers = await self._script(keys=keys, args=[arguments])
        except Exception as error:  # all that wait must be answered, whatever it is
            await self._count_alone(batch, error)
            return
        at = 0
        for windows, cost, answer in batch:
            rows = numbers[at + 1 : at + 1 + 2 * len(windows)]
            found = verdict_of(windows, rows[::2], rows[1::2], allowed=bool(numbers[at]), cost=cost)
            _tell(answer, found)
            at += 1 + 2 * len(windows)

    async def _count_alone(self, batch: list[_Waiting], error: Exception) -> None:
        self._away_until_ms = self._clock.monotonic_ms() + LIMITER_PAUSE_MS
        log.warning("redis_away", extra={"limits": "in_process", "reason": type(error).__name__})
        for windows, cost, answer in batch:
            _tell(answer, self._alone.count(windows, cost))


@lru_cache(WINDOWS_KEPT_MAX)
def _numbers(windows: tuple[Window, ...]) -> str:
    return " ".join(f"{window.limit} {window.window_ms}" for window in windows)


def _tell(answer: asyncio.Future[Verdict], verdict: Verdict) -> None:
    if not answer.done():
        answer.set_result(verdict)
