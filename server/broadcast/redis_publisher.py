"""The owner's side of the carrier. Light: this runs in every owner's process."""

import logging

from redis.asyncio import Redis
from redis.exceptions import RedisError

from server.broadcast.redis_seal import sealed

log = logging.getLogger(__name__)

CHANNEL = "pitboss:board:"
PATIENCE_S = 0.5


class RedisPublisher:
    """`Publisher` over a Redis that the front ends share."""

    def __init__(self, url: str, secret: bytes) -> None:
        self._secret = secret
        self._redis = Redis.from_url(url, socket_timeout=PATIENCE_S, socket_connect_timeout=PATIENCE_S)
        self._away = False

    async def publish(self, tournament_id: str, data: bytes) -> bool:
        try:
            await self._redis.publish(CHANNEL + tournament_id, sealed(self._secret, tournament_id, data))
        except (RedisError, OSError) as error:
            if not self._away:
                log.warning("redis_away", extra={"frames": "by_poll", "reason": type(error).__name__})
            self._away = True
            return False
        self._away = False
        return True

    async def close(self) -> None:
        """Let go of the connection."""
        await self._redis.aclose()
