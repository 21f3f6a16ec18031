"""What callers hold: a directory that reaches the owner of any tournament, wherever it lives."""

from typing import Protocol

from actors.replies import Frames, Reply, Unavailable
from actors.requests import CommandRequest, Message, Poll


class Directory(Protocol):
    """Every tournament is always addressable; whether its owner runs is the directory's affair."""

    async def create(self, request: CommandRequest[object]) -> Reply:
        """Bring a tournament into being (`commands.Create`). Answer: `TournamentAnswer`."""

    async def ask(self, tournament_id: str, message: Message) -> Reply:
        """One message to the owner, retried until the deadline while it is `Unavailable`. Safe to
        repeat: orders carry a command id, facts their event ids, reads change nothing."""

    async def frames(self, tournament_id: str, poll: Poll) -> Frames | Unavailable:
        """Wait for frames behind the poll's position, at most `LONG_POLL_S`. One try."""

    async def close(self) -> None:
        """Let go; owners that live elsewhere live on."""
