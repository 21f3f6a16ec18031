"""Requests without a credential that opens something: so many a minute from one address.

Counted before anything is looked up, in this process alone; what turns out to have a credential is taken back.
A key that was good lately is not held up because a neighbour guesses.
"""

from api.address import neighbourhood
from api.verdicts import over_limit
from server.limits.memory import MemoryLimiter
from server.ports import Clock, Verdict, Window

_MINUTE_MS = 60_000


class Strangers:
    """Counts by address; 0 a minute means any number."""

    def __init__(self, clock: Clock, per_minute: int) -> None:
        self._limiter = MemoryLimiter(clock)
        self._per_minute = per_minute

    def knock(self, address: str | None) -> Verdict | None:
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
