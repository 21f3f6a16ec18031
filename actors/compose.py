"""From settings to a directory: the one place that knows which engine runs."""

from dataclasses import dataclass

import asyncpg

from actors.directory import Directory
from actors.local_directory import LocalDirectory
from config.settings import Settings
from server.runtime.clock import SystemClock
from server.storage.postgres.journal import PostgresJournal, open_pool

_CONNECTIONS_MAX = 16


@dataclass(slots=True)
class Owners:
    """An open directory and what it stands on."""

    directory: Directory
    journal: PostgresJournal
    pool: asyncpg.Pool

    async def close(self) -> None:
        """Close in the reverse order of opening."""
        await self.directory.close()
        await self.pool.close()


def join_engine(settings: Settings) -> None:
    """Join Ray, when that is the engine. On the main thread and before any event loop: Ray's handlers
    for signals are taken back there."""
    if settings.engine == "local":
        return
    from actors.on_ray.cluster import prepare

    if settings.ray_address is None:
        raise RuntimeError("PITBOSS_RAY_ADDRESS is needed to join a cluster; `pitboss up` starts one")
    prepare(settings.home)
    from actors.on_ray.ray_directory import join

    join(settings.ray_address)


async def open_owners(settings: Settings, database_url: str) -> Owners:
    """The directory of this process; `join_engine` came before."""
    pool = await open_pool(database_url, _CONNECTIONS_MAX)
    journal, clock = PostgresJournal(pool), SystemClock()
    if settings.engine == "local":
        return Owners(LocalDirectory(journal, clock), journal, pool)
    from actors.on_ray.ray_directory import RayDirectory

    return Owners(RayDirectory(journal, clock), journal, pool)
