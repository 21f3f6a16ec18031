"""What callers hold: a directory that reaches the owner of any tournament, wherever it lives."""

from typing import Protocol

from actors.replies import Frames, Reply, RoomNews, Unavailable
from actors.requests import CommandRequest, Deliver, Message, Poll, RoomPoll


class Directory(Protocol):
    """Every tournament is always addressable; whether its owner runs is the directory's affair."""

    async def create(self, request: CommandRequest[object]) -> Reply:
        """Bring a tournament into being (`commands.Create`). Answer: `TournamentAnswer`."""

    async def ask(self, tournament_id: str, message: Message) -> Reply:
        """One message to the owner, retried until the deadline while it is `Unavailable`. Safe to
        repeat: orders carry a command id, facts their event ids, reads change nothing."""

    async def frames(self, tournament_id: str, poll: Poll) -> Frames | Unavailable:
        """Wait for frames behind the poll's position, at most `LONG_POLL_S`. One try."""

    async def room_news(self, tournament_id: str, poll: RoomPoll) -> RoomNews | Unavailable:
        """Wait for what is new in the room, at most `LONG_POLL_S`. One try."""

    async def room_time(self, tournament_id: str) -> int | Unavailable:
        """Room time in microseconds. One try, answered at once."""

    async def deliver(self, tournament_id: str, message: Deliver) -> Reply:
        """Hand in what players did; one try, because the caller repeats until it is known."""

    async def keep_up(self) -> None:
        """See to it that what must run unasked does: a shared owner whose process was started again takes up
        what is in play there. Called now and then by one worker or several."""

    async def rescue(self) -> int:
        """See to it that what a lost node or process owned comes back elsewhere; how many went there.
        Called every second by one worker or several."""

    async def close(self) -> None:
        """Let go; owners that live elsewhere live on."""
