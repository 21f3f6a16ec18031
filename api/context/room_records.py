"""What is known of rooms whose tournaments are over: it changes no more, and reading it takes a journal."""

from collections.abc import Awaitable, Callable

from config.limits import ROOM_RECORDS_MAX
from server.domain.tournament.state import RoomRecord


class RoomRecords:
    """The newest few that were asked for."""

    def __init__(self) -> None:
        self._known: dict[str, RoomRecord] = {}

    async def find(self, tournament_id: str, read: Callable[[], Awaitable[RoomRecord]]) -> RoomRecord:
        """The record, read when it is not known."""
        known = self._known.get(tournament_id)
        if known is None:
            known = self._known[tournament_id] = await read()
            while len(self._known) > ROOM_RECORDS_MAX:
                del self._known[next(iter(self._known))]
        return known
