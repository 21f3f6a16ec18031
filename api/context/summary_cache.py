"""Tournaments seen a moment ago: so that the hot routes need not ask the database whose one is.

Safe where it is used: a tournament never changes its tenant, one that was completed stays so, and who may
watch may be a second late. What must be true now (counts, rules, status pages) is read from the store each
time.
"""

from collections.abc import Awaitable, Callable

from server.domain.ids import Tenant
from server.domain.tournament.summary import Summary
from server.ports import Clock, Listings, StoreUnavailable

_FRESH_MS = 1_000
_KEPT_MAX = 10_000


class SummaryCache:
    """Summaries that may be up to a second old; misses are never remembered."""

    def __init__(self, listings: Listings, clock: Clock) -> None:
        self._listings = listings
        self._clock = clock
        self._seen: dict[tuple[Tenant | None, str], tuple[int, Summary]] = {}

    async def find(self, tenant: Tenant, tournament_id: str) -> Summary | None:
        """As `Listings.find`, at most a second old; older only while the database is away."""
        return await self._cached((tenant, tournament_id), lambda: self._listings.find(tenant, tournament_id))

    async def find_public(self, tournament_id: str) -> Summary | None:
        """As `Listings.find_public`, as old as with `find`: thousands may come to one tournament at once."""
        return await self._cached((None, tournament_id), lambda: self._listings.find_public(tournament_id))

    async def _cached(
        self, key: tuple[Tenant | None, str], look: Callable[[], Awaitable[Summary | None]]
    ) -> Summary | None:
        now_ms = self._clock.monotonic_ms()
        seen = self._seen.get(key)
        if seen is not None and now_ms - seen[0] < _FRESH_MS:
            return seen[1]
        try:
            summary = await look()
        except StoreUnavailable:
            if seen is None:
                raise
            return seen[1]  # while the database is away: whose it is has not changed
        if summary is None:
            self._seen.pop(key, None)
            return None
        if len(self._seen) >= _KEPT_MAX:
            self._seen.clear()
        self._seen[key] = now_ms, summary
        return summary
