"""A front end's side of the carrier: one connection for all the boards it watches."""

import asyncio
import logging
from collections.abc import Callable

from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.exceptions import RedisError

from server.broadcast.redis_publisher import CHANNEL, PATIENCE_S
from server.broadcast.redis_seal import opened

log = logging.getLogger(__name__)

_PAUSE_S = 1.0
# Keeps the connection subscribed to something while no board is watched.
_NOTHING = f"{CHANNEL}-"

Hear = Callable[[bytes | None], None]


class RedisSubscriber:
    """`Subscriber` over Redis. While Redis is away nothing is carried, and front ends poll."""

    def __init__(self, url: str, secret: bytes) -> None:
        self._secret = secret
        self._warned = False
        self._redis = Redis.from_url(
            url, socket_connect_timeout=PATIENCE_S, health_check_interval=5, retry=None
        )
        self._hearers: dict[str, Hear] = {}
        self._carried: set[str] = set()
        self._wanted = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def listen(self, tournament_id: str, hear: Hear) -> None:
        self._hearers[CHANNEL + tournament_id] = hear
        self._wanted.set()
        if self._task is None:
            self._task = asyncio.create_task(self._run())

    def leave(self, tournament_id: str) -> None:
        self._hearers.pop(CHANNEL + tournament_id, None)
        self._wanted.set()

    def carries(self, tournament_id: str) -> bool:
        return CHANNEL + tournament_id in self._carried

    async def close(self) -> None:
        """Let go of the connection."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._redis.aclose()

    async def _run(self) -> None:
        while True:
            try:
                async with self._redis.pubsub() as line:
                    await line.subscribe(_NOTHING)
                    async with asyncio.TaskGroup() as parts:
                        parts.create_task(self._subscribe(line))
                        parts.create_task(self._read(line))
            except* (RedisError, OSError) as errors:
                reason = type(errors.exceptions[0]).__name__
                log.warning("redis_away", extra={"frames": "by_poll", "reason": reason})
            except* Exception:  # a frame that cannot be read, say: the polls will tell
                log.exception("carrier_failed", extra={"frames": "by_poll"})
            self._carried.clear()
            for hear in list(self._hearers.values()):
                hear(None)
            self._wanted.set()
            await asyncio.sleep(_PAUSE_S)

    async def _subscribe(self, line: PubSub) -> None:
        """Keep what is subscribed to what is wanted; confirmed ones count as carried (`_read`)."""
        asked: set[str] = set()
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            wanted = set(self._hearers)
            if gone := asked - wanted:
                self._carried -= gone
                await line.unsubscribe(*gone)
            if new := wanted - asked:
                await line.subscribe(*new)
            asked = wanted

    async def _read(self, line: PubSub) -> None:
        while True:
            message = await line.get_message(timeout=None)
            if message is None:
                continue
            name = message["channel"].decode()
            if message["type"] == "subscribe" and name in self._hearers:
                self._carried.add(name)
                self._hearers[name](None)
            elif message["type"] == "message" and name in self._hearers:
                self._hear(name, message["data"])

    def _hear(self, name: str, data: bytes) -> None:
        inner = opened(self._secret, name.removeprefix(CHANNEL), data)
        if inner is None:
            if not self._warned:
                log.warning("carrier_forged", extra={"channel": name})
            self._warned = True
            return
        self._hearers[name](inner)
