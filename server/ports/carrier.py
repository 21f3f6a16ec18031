"""What brings an owner's frames to all front ends at once. Optional: without one they ask the owner."""

from collections.abc import Callable
from typing import Protocol


class Publisher(Protocol):
    """The owner's side."""

    async def publish(self, tournament_id: str, data: bytes) -> bool:
        """Send to all who listen. False when the carrier cannot be reached; never raises or waits long."""


class Subscriber(Protocol):
    """A front end's side. What was sent while it did not listen, or on a broken connection, is lost:
    the listener notices the gap and asks the owner."""

    def listen(self, tournament_id: str, hear: Callable[[bytes | None], None]) -> None:
        """Call `hear` with everything that is published about a tournament from soon on; with None when
        something may have been missed."""

    def leave(self, tournament_id: str) -> None:
        """Hear no more of it."""

    def carries(self, tournament_id: str) -> bool:
        """Whether it is being listened to right now."""
