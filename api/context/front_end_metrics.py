"""What this front end counts."""

from collections import Counter

from server.runtime.counters import Counters


class FrontEndMetrics:
    """Kept for the life of the process; a scrape reads them as they are."""

    def __init__(self) -> None:
        self.requests: Counter[tuple[str, str, int]] = Counter()
        self.slow_readers = 0
        # Durations by route, as `Counters` has them.
        self.seconds = Counters()

    def request(self, method: str, route: str, status: int, seconds: float | None = None) -> None:
        """A request was answered. `route` is its template, so that no id becomes a label."""
        self.requests[method, route, status] += 1
        if seconds is not None:
            self.seconds.observe(route, seconds)
