"""How often a caller may ask."""

from asyncio import Future
from collections.abc import Sequence
from typing import NamedTuple, Protocol


class Window(NamedTuple):
    """At most `limit` in `window_ms`, counted from the first request in it under `name`."""

    name: str
    limit: int
    window_ms: int


class Verdict(NamedTuple):
    """Of the window that leaves the least: its limit, what remains, and when it begins anew. A refused
    request was not counted, and succeeds after `reset_ms`."""

    allowed: bool
    limit: int
    remaining: int
    reset_ms: int


class Limiter(Protocol):
    """Counts requests of a caller in windows; all of them must have room."""

    def hit(self, windows: Sequence[Window], cost: int = 1) -> Future[Verdict]:
        """Count one request that costs `cost`, or refuse it. Never fails; done at once where it can be."""


def verdict_of(
    windows: Sequence[Window], used: Sequence[int], left_ms: Sequence[int], *, allowed: bool, cost: int
) -> Verdict:
    """What the counters say. A refused caller waits for the longest of the windows that are full."""
    rooms = [max(window.limit - count, 0) for window, count in zip(windows, used, strict=True)]
    if allowed:
        _, _, tightest = min((room, -left_ms[i], i) for i, room in enumerate(rooms))
    else:
        full = [i for i, room in enumerate(rooms) if room < cost]
        tightest = max(full, key=lambda i: left_ms[i])
    return Verdict(allowed, windows[tightest].limit, rooms[tightest], left_ms[tightest])
