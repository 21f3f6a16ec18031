"""Tournaments seen a moment ago: so that the hot routes need not ask the database whose one is.

Safe where it is used: a tournament never changes its tenant, and one that was completed stays so. What must
be true now (counts, rules, status pages) is read from the store each time.
"""

from config.door_limits import SUMMARIES_MAX, SUMMARY_FRESH_MS
from server.domain.ids import Tenant
from server.domain.tournament.summary import Summary
from server.ports import Clock, Listings, StoreUnavailable


class SummaryCache:
    """Summaries that may be up to a second old; misses are never remembered."""

    def __init__(self, listings: Listings, clock: Clock) -> None:
        self._listings = listings
        self._clock = clock
        self._seen: dict[tuple[Tenant, str], tuple[int, Summary]] = {}

    async def find(self, tenant: Tenant, tournament_id: str) -> Summary | None:
        """As `Listings.find`, at most a second old; older only while the database is away."""
        now_ms = self._clock.monotonic_ms()
        key = tenant, tournament_id
        seen = self._seen.get(key)
        if seen is not None and now_ms - seen[0] < SUMMARY_FRESH_MS:
            return seen[1]
        try:
            summary = await self._listings.find(tenant, tournament_id)
        except StoreUnavailable:
            if seen is None:
                raise
            return seen[1]  # while the database is away: whose it is has not changed
        if len(self._seen) >= SUMMARIES_MAX:
            self._seen.clear()
        if summary is not None:
            self._seen[key] = now_ms, summary
        return summary
