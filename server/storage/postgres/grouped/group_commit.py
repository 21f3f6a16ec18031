"""Commits of many tournaments of one process in one statement: a fact each, as most are at peak.

One statement costs Postgres a tenth of what its commits would cost one by one, and one write to disk. Each is
fenced by its own lease. A lease that is locked just now, by a take-over, is skipped: nothing waits for it.
What was skipped, or is not owned, is committed alone, which says which of the two it was.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from config.owner_limits import COMMIT_GROUP_MAX
from server.ports import Commit
from server.storage.postgres.grouped.statement import head_of
from server.storage.postgres.grouped.together import Together

# One row each: a commit of several blocks, or of anything else, goes alone.
_STORE_MANY = (
    "WITH mine AS MATERIALIZED (SELECT * FROM unnest($1::text[], $2::bigint[], $3::bytea[], $4::bigint[],"
    " $5::bigint[], $6::bigint[], $7::bytea[], $8::bytea[], $9::text[]) AS mine"
    " (id, epoch, after, first_seq, last_seq, at_ms, payload, hash, kind)),"
    " own AS MATERIALIZED (SELECT id, mine.epoch FROM mine JOIN leases ON tournament_id = id"
    f" AND leases.epoch = mine.epoch WHERE ({head_of('mine.id')}) = after FOR SHARE OF leases SKIP LOCKED),"
    " blocks AS (INSERT INTO fact_blocks"
    " (tournament_id, first_seq, last_seq, at_ms, payload, hash, kind)"
    " SELECT id, first_seq, last_seq, at_ms, payload, hash, kind FROM mine JOIN own USING (id, epoch))"
    " SELECT id, epoch FROM own"
)


class GroupCommit:
    """`run` executes work on a connection."""

    def __init__(self, run: Callable[[Callable[[Any], Awaitable[Any]]], Awaitable[Any]]) -> None:
        self._run = run
        self._together = Together(self._store, COMMIT_GROUP_MAX)

    async def stored(self, commit: Commit) -> bool:
        """Whether it is stored; False when it must be tried alone. Raises what the database says of it."""
        return _is_one_block(commit) and await self._together.do(commit)

    async def _store(self, commits: list[Commit]) -> list[bool]:
        columns = [list(column) for column in zip(*map(_row, commits), strict=True)]
        rows = await self._run(lambda db: db.fetch(_STORE_MANY, *columns))
        stored = {tuple(row) for row in rows}
        return [(one.tournament_id, one.epoch) in stored for one in commits]


def _is_one_block(commit: Commit) -> bool:
    others = (commit.events, commit.postings, commit.announcements, commit.answers, commit.entries)
    rare = (commit.results, commit.payments, commit.payouts, commit.summary)
    return len(commit.blocks) == 1 and commit.after is not None and not any(others) and not any(rare)


def _row(commit: Commit) -> tuple[Any, ...]:
    (block,) = commit.blocks
    head = (commit.tournament_id, commit.epoch, commit.after)
    return *head, block.first_seq, block.last_seq, block.at_ms, block.payload, block.hash, block.kind
