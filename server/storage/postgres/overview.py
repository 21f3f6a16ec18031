"""How a whole house is doing, on Postgres."""

from typing import Any, get_args

import sqlalchemy as sa

from config.limits import OVERDUE_AFTER_MS
from server.domain.tournament.lifecycle import Status, is_over
from server.ports import HouseView, OwnerProcess, Where
from server.storage.postgres import tables
from server.storage.postgres.reader import HOUSE, Reader
from server.storage.postgres.tables.columns import NOT_OVER, WAITS

_DATABASE = sa.text(
    "SELECT xact_commit::bigint, numbackends, current_setting('max_connections')::int"
    " FROM pg_stat_database WHERE datname = current_database()"
)


class PostgresOverview(Reader):
    """`Overview` on SQLAlchemy Core."""

    async def house_view(self, now_ms: int) -> HouseView:
        t, o = tables.tournaments.c, tables.owner_processes.c
        where = sa.func.coalesce(sa.func.split_part(tables.leases.c.placed, ":", 1), "none").label("lives")
        counted = (
            sa.select(t.status, where, sa.func.count())
            .join_from(tables.tournaments, tables.leases, tables.leases.c.tournament_id == t.id, isouter=True)
            .where(NOT_OVER)
            .group_by(t.status, where)
        )
        overdue = sa.select(sa.func.count()).where(t.next_due_ms < now_ms - OVERDUE_AFTER_MS)
        silent_s = sa.cast(sa.func.extract("epoch", sa.func.clock_timestamp() - o.beat_at), sa.Double)
        owners = sa.select(
            o.placement, o.holder, o.incarnation, o.tournaments, o.lag_us, silent_s
        ).order_by(o.placement)  # fmt: skip
        p, c = tables.payouts.c, tables.process_counts.c
        payouts = sa.select(p.state, sa.func.count(), sa.func.min(p.made_ms)).where(WAITS).group_by(p.state)
        counts = sa.select(c.kind, c.name, sa.func.sum(c.value)).group_by(c.kind, c.name)
        found = await self._all_of(HOUSE, counted, overdue, owners, _DATABASE, payouts, counts)
        commits, connections, connections_max = found[3][0]
        return HouseView(
            _by_place(found[0]),
            found[1][0][0],
            [OwnerProcess(*row) for row in found[2]],
            commits,
            connections,
            connections_max,
            {state: (count, oldest_ms) for state, count, oldest_ms in found[4]},
            {(kind, name): int(value) for kind, name, value in found[5]},
        )


def _by_place(rows: Any) -> dict[tuple[str, Where], int]:
    counts: dict[tuple[str, Where], int] = {
        (status.value, where): 0 for status in Status if not is_over(status) for where in get_args(Where)
    }
    for status, where, count in rows:
        counts[status, where] += count
    return counts
