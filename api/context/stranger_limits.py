"""Requests without a credential that opens something: so many a minute from one address.

Counted before anything is looked up, in this process alone; what turns out to have a credential is taken back.
A key that was good lately is not held up because a neighbour guesses.

Strangers also take turns, a few at a time: however many they are, a known caller waits behind few of them.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from api.http.client_address import neighbourhood
from api.http.limit_headers import over_limit
from config.limits import STRANGER_TURN_S, STRANGER_WAITS_S, STRANGERS_AT_ONCE
from server.ports import Clock, Verdict, Window
from server.rate_limits.memory import MemoryLimiter

_MINUTE_MS = 60_000


class StrangerLimits:
    """Counts by address; 0 a minute means any number."""

    def __init__(self, clock: Clock, per_minute: int) -> None:
        self._limiter = MemoryLimiter(clock)
        self._per_minute = per_minute
        self._turns = asyncio.Semaphore(STRANGERS_AT_ONCE)

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """One stranger's turn. It ends after a moment, and so does the wait for it: a stranger that sends or
        reads slowly holds up no others."""
        end = await self._begin()
        try:
            yield
        finally:
            end()

    async def _begin(self) -> Callable[[], None]:
        try:
            async with asyncio.timeout(STRANGER_WAITS_S):
                await self._turns.acquire()
        except TimeoutError:
            return lambda: None

        ended = False

        def end() -> None:
            nonlocal ended
            if not ended:
                ended = True
                timer.cancel()
                self._turns.release()

        timer = asyncio.get_running_loop().call_later(STRANGER_TURN_S, end)
        return end

    def count(self, address: str | None) -> Verdict | None:
        """Count one request. Raises `rate_limit_exceeded`."""
        if not self._per_minute:
            return None
        verdict = self._limiter.count((self._window(address),))
        if not verdict.allowed:
            raise over_limit(verdict)
        return verdict

    def welcome(self, address: str | None) -> None:
        """It was no stranger: take the count back."""
        if self._per_minute:
            self._limiter.count((self._window(address),), -1)

    def _window(self, address: str | None) -> Window:
        return Window(f"address:{neighbourhood(address)}", self._per_minute, _MINUTE_MS)
