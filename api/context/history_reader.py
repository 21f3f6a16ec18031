"""Journals read on behalf of callers: in threads, a few at a time, so that nothing else waits for them."""

import asyncio

from actors.player_history import trace_of, with_history
from actors.replies import TraceBasis
from config.limits import JOURNALS_READ_AT_ONCE
from server.domain.ids import TournamentId
from server.domain.tournament import commands
from server.domain.tournament.play.trace import TraceLine
from server.domain.tournament.state import Tournament
from server.journal.replay import Log, read_state


class HistoryReader:
    """Reads of one front end take turns."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._turns = asyncio.Semaphore(JOURNALS_READ_AT_ONCE)

    async def trace(self, tournament_id: TournamentId, basis: TraceBasis) -> list[TraceLine]:
        """Why a player has its score, line by line."""
        async with self._turns:
            return await trace_of(self._log, tournament_id, basis)

    async def state(self, tournament_id: TournamentId) -> tuple[Tournament, bytes]:
        """A whole tournament as stored now, and the head of its chain."""
        async with self._turns:
            state, chain, _ = await read_state(self._log, tournament_id, in_threads=True)
            return state, chain

    async def with_history(
        self, tournament_id: TournamentId, command: commands.Correct, player_no: int | None
    ) -> commands.Correct:
        """A void with the facts of its player."""
        async with self._turns:
            return await with_history(self._log, tournament_id, command, player_no)
