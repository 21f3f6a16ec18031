"""Asking again while an owner cannot answer, until the deadline. Safe because everything is repeatable."""

from collections.abc import Awaitable, Callable

from actors.replies import Reply, Unavailable
from config.limits import CALL_DEADLINE_S, STORE_AWAY_DEADLINE_S
from server.ports import Clock
from server.runtime.randomness import jittered

_PAUSE_FIRST_S = 0.05
# A restarted owner answers after a second or two: a longer pause would be most of what callers wait.
_PAUSE_MAX_S = 0.2


async def until_available(
    clock: Clock, once: Callable[[], Awaitable[Reply]], jitter: Callable[[float], float] = jittered
) -> Reply:
    """The first reply that is not `Unavailable`, or the last one at the deadline, which is nearer while the
    store is away. Pauses double, with jitter, so that callers of one fallen owner do not all come back
    together."""
    begun_ms, pause_s = clock.monotonic_ms(), _PAUSE_FIRST_S
    while True:
        reply = await once()
        if not isinstance(reply, Unavailable):
            return reply
        patience_s = STORE_AWAY_DEADLINE_S if reply.store_away else CALL_DEADLINE_S
        if clock.monotonic_ms() - begun_ms >= patience_s * 1_000:
            return reply
        await clock.sleep(jitter(pause_s))
        pause_s = min(pause_s * 2, _PAUSE_MAX_S)
