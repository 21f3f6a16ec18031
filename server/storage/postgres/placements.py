"""Who may own what, on Postgres, over asyncpg alone."""

from abc import abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from config.owner_limits import SHARED_ENTRIES_MAX, SILENT_AFTER_S
from server.domain.ids import TournamentId
from server.ports import Held, OwnerProcess, Placed, SilentOwner
from server.storage.postgres.grouped.statement import head_of

T = TypeVar("T")
_PLACED = "SELECT placed FROM leases WHERE tournament_id = $1"
_PLACE = (
    "UPDATE leases SET placed = $2, beat_at = NULL WHERE tournament_id = $1 AND placed IS NOT DISTINCT FROM $3"
)
_ISOLATE = (
    "UPDATE leases SET placed = 'own', alone = true, beat_at = NULL WHERE tournament_id = $1 AND placed = $2"
)
_HAND_OVER = (
    "UPDATE leases SET beat_at = NULL,"
    " placed = ($2::text[])[1 + (hashtext(tournament_id) & 1048575) % cardinality($2::text[])]"
    " WHERE placed = $1"
)
# As with epochs: never used twice, not even when the database is set back.
_ENTER = (
    "INSERT INTO owner_processes AS p (placement, holder, incarnation, tournaments, lag_us, beat_at)"
    " VALUES ($1, $2, (extract(epoch FROM clock_timestamp()) * 1000)::bigint, 0, 0, now())"
    " ON CONFLICT (placement) DO UPDATE SET holder = excluded.holder, tournaments = 0, lag_us = 0,"
    " incarnation = greatest(p.incarnation + 1, excluded.incarnation), beat_at = now() RETURNING incarnation"
)
_BEAT = (
    "UPDATE owner_processes SET tournaments = $3, lag_us = $4, beat_at = now()"
    " WHERE placement = $1 AND incarnation = $2 RETURNING 1"
)
_LOST = (
    "SELECT mine.id FROM unnest($1::text[], $2::bigint[], $3::bytea[]) AS mine (id, epoch, head)"
    " WHERE NOT EXISTS (SELECT 1 FROM leases WHERE tournament_id = mine.id AND leases.epoch = mine.epoch)"
    f" OR (mine.head IS NOT NULL AND mine.head IS DISTINCT FROM ({head_of('mine.id')}))"
)
_PROCESSES = (
    "SELECT placement, holder, incarnation, tournaments, lag_us,"
    " extract(epoch FROM clock_timestamp() - beat_at)::float8 FROM owner_processes ORDER BY placement"
)
_IN_PLAY = (
    "SELECT id FROM tournaments JOIN leases ON tournament_id = id"
    " WHERE status = 'in_progress' AND placed = $1 ORDER BY id"
)
_SILENT = (
    "SELECT id, game_slug, alone OR (SELECT count(*) > $2 FROM"
    " (SELECT 1 FROM entries WHERE tournament_id = id LIMIT $2 + 1) AS counted)"
    " FROM tournaments JOIN leases ON tournament_id = id WHERE status = 'in_progress' AND placed = 'own'"
    " AND beat_at < clock_timestamp() - make_interval(secs => $1) ORDER BY id"
)
_OWN_ON = (
    "SELECT tournament_id FROM leases WHERE placed = 'own' AND starts_with(holder, $1 || '/')"
    " AND beat_at > clock_timestamp() - make_interval(secs => $2) ORDER BY tournament_id"
)
_DRAIN = "INSERT INTO draining_nodes (node, since) VALUES ($1, now()) ON CONFLICT DO NOTHING"


class PostgresPlacements:
    """`Placements`; the class that mixes it in says where connections come from."""

    @abstractmethod
    async def run(self, work: Callable[[Any], Awaitable[T]]) -> T: ...

    async def placed(self, tournament_id: TournamentId) -> Placed | None:
        row = await self.run(lambda db: db.fetchrow(_PLACED, tournament_id))
        return None if row is None else Placed(row[0])

    async def place(
        self, tournament_id: TournamentId, placement: str | None, expected: str | None
    ) -> Placed | None:
        await self.run(lambda db: db.execute(_PLACE, tournament_id, placement, expected))
        return await self.placed(tournament_id)

    async def isolate(self, tournament_id: TournamentId, expected: str) -> None:
        await self.run(lambda db: db.execute(_ISOLATE, tournament_id, expected))

    async def enter(self, placement: str, holder: str) -> int:
        incarnation: int = await self.run(lambda db: db.fetchval(_ENTER, placement, holder))
        return incarnation

    async def beat(self, process: OwnerProcess, held: Sequence[Held]) -> list[TournamentId] | None:
        row = (process.placement, process.incarnation, process.tournaments, process.lag_us)
        if await self.run(lambda db: db.fetchval(_BEAT, *row)) is None:
            return None
        columns = [[getattr(one, name) for one in held] for name in ("tournament_id", "epoch", "head")]
        return [lost[0] for lost in await self.run(lambda db: db.fetch(_LOST, *columns))] if held else []

    async def processes(self) -> list[OwnerProcess]:
        return [OwnerProcess(*row) for row in await self.run(lambda db: db.fetch(_PROCESSES))]

    async def in_play(self, placement: str) -> list[TournamentId]:
        return [row[0] for row in await self.run(lambda db: db.fetch(_IN_PLAY, placement))]

    async def hand_over(self, placement: str, to: Sequence[str]) -> int:
        done: str = await self.run(lambda db: db.execute(_HAND_OVER, placement, list(to)))
        return int(done.removeprefix("UPDATE "))

    async def silent(self, after_s: float) -> list[SilentOwner]:
        rows = await self.run(lambda db: db.fetch(_SILENT, after_s, SHARED_ENTRIES_MAX))
        return [SilentOwner(*row) for row in rows]

    async def own_on(self, node: str) -> list[TournamentId]:
        rows = await self.run(lambda db: db.fetch(_OWN_ON, node, SILENT_AFTER_S))
        return [row[0] for row in rows]

    async def drain(self, node: str, *, drains: bool) -> None:
        sql = _DRAIN if drains else "DELETE FROM draining_nodes WHERE node = $1"
        await self.run(lambda db: db.execute(sql, node))

    async def draining(self) -> frozenset[str]:
        rows = await self.run(lambda db: db.fetch("SELECT node FROM draining_nodes"))
        return frozenset(row[0] for row in rows)
