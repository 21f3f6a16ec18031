"""How many connections one address has open to this front end."""

from collections import Counter

from api.http.client_address import neighbourhood


class ConnectionLimits:
    """Counts by address; 0 at most means any number."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._open: Counter[str] = Counter()

    def enter(self, address: str | None) -> bool:
        """One more; False, counting nothing, when there are too many."""
        if not self._most:
            return True
        place = neighbourhood(address)
        if self._open[place] >= self._most:
            return False
        self._open[place] += 1
        return True

    def leave(self, address: str | None) -> None:
        """One less."""
        if self._most:
            place = neighbourhood(address)
            self._open[place] -= 1
            if self._open[place] <= 0:
                del self._open[place]
