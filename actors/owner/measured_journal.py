"""The journal as owners use it, counted and timed."""

import time

import asyncpg

from server.domain.ids import TournamentId
from server.ports import Commit, Fenced, Raced, StoreUnavailable
from server.runtime.counters import Counters
from server.storage.postgres.journal import PostgresJournal


class MeasuredJournal(PostgresJournal):
    """Counts commits by result, their rows and how long they took, and take-overs."""

    def __init__(self, pool: asyncpg.Pool, counters: Counters) -> None:
        super().__init__(pool)
        self._counters = counters

    async def commit(self, commit: Commit) -> None:
        began, result = time.perf_counter(), "away"
        try:
            await super().commit(commit)
            result = "stored"
        except (Fenced, Raced) as error:
            result = type(error).__name__.lower()
            raise
        finally:
            self._counters.add(f"commits:{result}")
            self._counters.add("commit_rows", len(commit.events) + len(commit.blocks) + len(commit.answers))
            self._counters.observe("commit_seconds", time.perf_counter() - began)

    async def take_over(
        self, tournament_id: TournamentId, holder: str, placement: str | None = None
    ) -> int | None:
        try:
            epoch = await super().take_over(tournament_id, holder, placement)
        except StoreUnavailable:
            self._counters.add("takeovers:away")
            raise
        self._counters.add("takeovers:none" if epoch is None else "takeovers:owner")
        return epoch
