"""The journal on Postgres, over asyncpg alone: this is all of storage that an owner process loads."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import asyncpg

from config.limits import CHECKPOINTS_KEPT, COMMIT_TIMEOUT_S
from server.domain.ids import Tenant, TournamentId
from server.domain.tournament.commands import PaymentUse
from server.ports import (
    AnswerRow,
    BlockRow,
    Checkpoint,
    Commit,
    EventRow,
    Fenced,
    Misplaced,
    Raced,
    SealedSeed,
    StoreUnavailable,
)
from server.storage.postgres.counts import PostgresCounts
from server.storage.postgres.grouped.group_commit import GroupCommit
from server.storage.postgres.grouped.statement import HEAD, statement_of
from server.storage.postgres.placements import PostgresPlacements

T = TypeVar("T")
NEEDED_REVISION = "0018"
"""The newest migration, which this version needs."""

_TAIL_EVENTS = (
    "SELECT seq, kind, at_ms, actor, payload, hash FROM events"
    " WHERE tournament_id = $1 AND seq > $2 ORDER BY seq"
)
_TAIL_BLOCKS = (
    "SELECT first_seq, last_seq, at_ms, payload, hash, kind FROM fact_blocks"
    " WHERE tournament_id = $1 AND first_seq > $2 ORDER BY first_seq"
)
# An epoch is never used twice, not even when the database is set back to an earlier moment: it is at least the
# time in milliseconds.
_TAKE_OVER = (
    "UPDATE leases SET epoch = greatest(epoch + 1, (extract(epoch FROM clock_timestamp()) * 1000)::bigint),"
    " holder = $2, beat_at = now() WHERE tournament_id = $1 AND ($3::text IS NULL OR placed = $3)"
    " RETURNING epoch"
)
_SAVE_CHECKPOINT = (
    "WITH own AS MATERIALIZED"
    " (SELECT 1 FROM leases WHERE tournament_id = $1 AND epoch = $2 FOR SHARE),"
    " saved AS (INSERT INTO checkpoints (tournament_id, seq, digest, chain, payload)"
    "  SELECT $1, $3, $4, $5, $6 WHERE EXISTS (SELECT 1 FROM own) ON CONFLICT DO NOTHING),"
    " pruned AS (DELETE FROM checkpoints WHERE tournament_id = $1 AND EXISTS (SELECT 1 FROM own)"
    "  AND seq < $3 AND seq NOT IN (SELECT seq FROM checkpoints"
    "   WHERE tournament_id = $1 AND seq < $3 ORDER BY seq DESC LIMIT $7))"
    " SELECT count(*) FROM own"
)
_HOLDS = f"SELECT 1 FROM leases WHERE tournament_id = $1 AND epoch = $2 AND ({HEAD}) = $3"
_BEAT = (
    "UPDATE leases SET beat_at = now() WHERE tournament_id = $1 AND epoch = $2"
    f" AND ($3::bytea IS NULL OR ({HEAD}) = $3)"
)
_KEEP_SEED = "INSERT INTO room_seeds (tournament_id, key_id, nonce, sealed) VALUES ($1, $2, $3, $4)"
_PAYMENTS = (
    "SELECT payment_id, tournament_id, player_id, kind FROM payments"
    " WHERE operator_id = $1 AND live = $2 AND payment_id = ANY($3::text[])"
)
# Away, or out of room, memory or connections (class 53), or about to stop (57), or only to be read (25006).
# A connection that is cut in the middle of a statement is sometimes an internal error of the client.
_DOWN = (OSError, asyncpg.PostgresConnectionError, asyncpg.InterfaceError, asyncio.TimeoutError,
         asyncpg.InternalClientError,
         asyncpg.InsufficientResourcesError, asyncpg.OperatorInterventionError,
         asyncpg.ReadOnlySQLTransactionError)  # fmt: skip


class SchemaTooOld(StoreUnavailable):
    """The tables are those of an older version."""


async def open_pool(database_url: str, connections_max: int) -> asyncpg.Pool:
    """A pool whose every connection commits durably; refuses a server that was told otherwise, and raises
    `SchemaTooOld` for tables of an older version than this one."""

    async def check(connection: asyncpg.Connection) -> None:
        mode = await connection.fetchval("SHOW synchronous_commit")
        if mode != "on":
            raise RuntimeError(f"synchronous_commit is {mode!r}; acknowledged facts need 'on'")
        try:
            found = str(await connection.fetchval("SELECT version_num FROM alembic_version"))
        except asyncpg.UndefinedTableError:
            found = "none"
        # Those of a newer version are taken: it runs beside this one for as long as an upgrade takes.
        if found == "none" or found < NEEDED_REVISION:
            raise SchemaTooOld(
                f"the database has schema {found}, this version needs {NEEDED_REVISION}: run `pitboss migrate`"
            )

    return await asyncpg.create_pool(
        database_url, min_size=0, max_size=connections_max, init=check, command_timeout=COMMIT_TIMEOUT_S
    )


class PostgresJournal(PostgresPlacements, PostgresCounts):
    """`Journal`, `Placements` and `Counts` on one asyncpg pool."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._group = GroupCommit(self.run)

    async def begin(self, commit: Commit) -> bool:
        async def write(db: Any) -> bool:
            async with db.transaction():
                born = await db.execute(
                    "INSERT INTO leases (tournament_id, epoch, holder, placed) VALUES ($1, $2, '', $3)"
                    " ON CONFLICT DO NOTHING",
                    commit.tournament_id,
                    commit.epoch,
                    commit.placement,
                )
                if born == "INSERT 0 0":
                    return False
                sql, arguments = statement_of(commit)
                await db.fetchval(sql, *arguments)
                if (seed := commit.seed) is not None:
                    row = (commit.tournament_id, seed.key_id, seed.nonce, seed.sealed)
                    await db.execute(_KEEP_SEED, *row)
                return True

        return await self.run(write)

    async def take_over(
        self, tournament_id: TournamentId, holder: str, placement: str | None = None
    ) -> int | None:
        epoch: int | None = await self.run(
            lambda db: db.fetchval(_TAKE_OVER, tournament_id, holder, placement)
        )
        if epoch is None and placement is not None and await self.placed(tournament_id) is not None:
            raise Misplaced(tournament_id)
        return epoch

    async def commit(self, commit: Commit) -> None:
        if not await self._group.stored(commit):
            await self._commit_alone(commit)

    async def _commit_alone(self, commit: Commit) -> None:
        sql, arguments = statement_of(commit)
        try:
            owned = await self.run(lambda db: db.fetchval(sql, *arguments))
        except asyncpg.UniqueViolationError as error:
            if error.constraint_name != "payments_pkey":
                raise
            raise Raced(commit.tournament_id) from error
        if not owned:
            raise Fenced(commit.tournament_id)

    async def holds(self, tournament_id: TournamentId, epoch: int, head: bytes) -> bool:
        return bool(await self.run(lambda db: db.fetchval(_HOLDS, tournament_id, epoch, head)))

    async def payments(self, tenant: Tenant, payment_ids: Sequence[str]) -> dict[str, PaymentUse]:
        of = (tenant.operator_id, tenant.live, list(payment_ids))
        rows = await self.run(lambda db: db.fetch(_PAYMENTS, *of))
        return {row[0]: PaymentUse(*row[1:]) for row in rows}

    async def tail(self, tournament_id: TournamentId, after_seq: int) -> AsyncIterator[EventRow | BlockRow]:
        """Both are streamed and merged: held at once, the events of many players were a third of an owner's
        memory. One snapshot, so that a reader beside a writer sees no block without the event before it."""
        async with self._connection() as db, db.transaction(isolation="repeatable_read", readonly=True):
            events = aiter(db.cursor(_TAIL_EVENTS, tournament_id, after_seq, prefetch=500))
            event = await anext(events, None)
            async for row in db.cursor(_TAIL_BLOCKS, tournament_id, after_seq, prefetch=64):
                while event is not None and event["seq"] < row["first_seq"]:
                    yield EventRow(*event)
                    event = await anext(events, None)
                yield BlockRow(*row)
            while event is not None:
                yield EventRow(*event)
                event = await anext(events, None)

    async def room_seed(self, tournament_id: TournamentId) -> SealedSeed | None:
        sql = "SELECT key_id, nonce, sealed FROM room_seeds WHERE tournament_id = $1"
        row = await self.run(lambda db: db.fetchrow(sql, tournament_id))
        return None if row is None else SealedSeed(*row)

    async def now_us(self) -> int:
        sql = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
        moment: int = await self.run(lambda db: db.fetchval(sql))
        return moment

    async def command_ids(self, tournament_id: TournamentId) -> list[str]:
        sql = "SELECT command_id FROM answers WHERE tournament_id = $1"
        rows = await self.run(lambda db: db.fetch(sql, tournament_id))
        return [row[0] for row in rows]

    async def answer(self, tournament_id: TournamentId, command_id: str) -> AnswerRow | None:
        sql = "SELECT command_id, input_hash, answer FROM answers WHERE tournament_id = $1 AND command_id = $2"
        row = await self.run(lambda db: db.fetchrow(sql, tournament_id, command_id))
        return None if row is None else AnswerRow(*row)

    async def checkpoints(self, tournament_id: TournamentId) -> list[Checkpoint]:
        sql = "SELECT seq, digest, chain, payload FROM checkpoints WHERE tournament_id = $1 ORDER BY seq DESC"
        rows = await self.run(lambda db: db.fetch(sql, tournament_id))
        return [Checkpoint(*row) for row in rows]

    async def save_checkpoint(self, tournament_id: TournamentId, epoch: int, point: Checkpoint) -> None:
        arguments = (tournament_id, epoch, point.seq, point.digest, point.chain, point.payload)
        # Beside the new one.
        keep = CHECKPOINTS_KEPT - 1
        if not await self.run(lambda db: db.fetchval(_SAVE_CHECKPOINT, *arguments, keep)):
            raise Fenced(tournament_id)

    async def heartbeat(self, tournament_id: TournamentId, epoch: int, head: bytes | None = None) -> bool:
        done: str = await self.run(lambda db: db.execute(_BEAT, tournament_id, epoch, head))
        return done == "UPDATE 1"

    async def silent_for_s(self, tournament_id: TournamentId) -> float | None:
        sql = (
            "SELECT extract(epoch FROM clock_timestamp() - beat_at)::float8 FROM leases"
            " WHERE tournament_id = $1"
        )
        silent: float | None = await self.run(lambda db: db.fetchval(sql, tournament_id))
        return silent

    async def secret(self, name: str) -> bytes:
        """A secret that all processes of the house share: made when it is first asked for."""
        fresh = os.urandom(32)
        made = "INSERT INTO house (name, value) VALUES ($1, $2) ON CONFLICT DO NOTHING"
        await self.run(lambda db: db.execute(made, name, fresh))
        value: bytes = await self.run(lambda db: db.fetchval("SELECT value FROM house WHERE name = $1", name))
        return value

    async def run(self, work: Callable[[Any], Awaitable[T]]) -> T:
        async with self._connection() as db:
            return await work(db)

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Any]:
        try:
            async with self._pool.acquire() as db:
                yield db
        except _DOWN as error:
            raise StoreUnavailable(str(error) or type(error).__name__) from error
