"""When an event is tried again."""

from collections.abc import Callable
from typing import Final

from config.limits import DELIVERY_PAUSES_S, RETRY_AFTER_MAX_S

TRIES_MAX: Final = len(DELIVERY_PAUSES_S) + 1


def pause_ms(tries: int, retry_after_s: float | None, jitter: Callable[[float], float]) -> int | None:
    """Milliseconds to wait after so many tries; None when there were enough. A receiver may ask for more."""
    if tries >= TRIES_MAX:
        return None
    asked = min(retry_after_s or 0.0, RETRY_AFTER_MAX_S)
    return round(max(jitter(DELIVERY_PAUSES_S[tries - 1]), asked) * 1_000)
