"""From settings to a directory: the one place that knows which engine runs."""

import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

from actors.directory import Directory
from actors.local_directory import LocalDirectory
from actors.owner.room.opening import Rooms
from actors.shared.policy import Policy
from config.connections import DIRECTORY_MAX
from config.settings import Settings
from server.ports import StoreUnavailable
from server.runtime.clock import SystemClock
from server.runtime.games import games_of, packages_of
from server.storage.postgres.journal import PostgresJournal, SchemaTooOld, open_pool

if TYPE_CHECKING:
    from actors.on_ray.drain import Drained
    from actors.on_ray.ray_directory import RayDirectory


log = logging.getLogger(__name__)


def join_engine(settings: Settings) -> None:
    """Join Ray, when that is the engine. On the main thread and before any event loop: Ray's handlers
    for signals are taken back there."""
    if settings.engine == "local":
        return
    from actors.on_ray.cluster import prepare

    if settings.ray_address is None:
        raise RuntimeError("PITBOSS_RAY_ADDRESS is needed to join a cluster; `pitboss up` starts one")
    prepare(settings.home)
    from actors.on_ray.driver import join

    join(settings.ray_address)


@asynccontextmanager
async def open_directory(settings: Settings, database_url: str) -> AsyncIterator[Directory]:
    """The directory of this process; `join_engine` came before. Raises `SchemaTooOld`."""
    async with AsyncExitStack() as stack:
        pool = await open_pool(database_url, DIRECTORY_MAX)
        stack.push_async_callback(pool.close)
        journal = PostgresJournal(pool)
        await _check_schema(journal)
        directory = await _directory(settings, journal)
        stack.push_async_callback(directory.close)
        yield directory


async def _check_schema(journal: PostgresJournal) -> None:
    """A process must not wait for its first caller to say so. A database that is away is waited for."""
    try:
        await journal.now_us()
    except SchemaTooOld:
        raise
    except StoreUnavailable:
        log.warning("database_away_at_start")


async def drain_node(settings: Settings, database_url: str, node: str, within_s: float) -> "Drained":
    """Give what a node owns to others; `join_engine` came before. Raises `LookupError` where there is no such
    node."""
    from actors.on_ray.drain import Drain

    async with AsyncExitStack() as stack:
        pool = await open_pool(database_url, DIRECTORY_MAX)
        stack.push_async_callback(pool.close)
        journal = PostgresJournal(pool)
        directory = _on_ray(settings, journal)
        stack.push_async_callback(directory.close)
        return await Drain(journal, directory, SystemClock(), node).run(within_s)


async def _directory(settings: Settings, journal: PostgresJournal) -> Directory:
    if settings.engine == "local":
        return LocalDirectory(journal, SystemClock(), rooms=_rooms(settings))
    directory = _on_ray(settings, journal)
    await directory.start_shared()
    return directory


def _on_ray(settings: Settings, journal: PostgresJournal) -> "RayDirectory":
    from actors.on_ray.ray_directory import RayDirectory

    policy = Policy(settings.owners, settings.shared_players_max, packages_of(settings.games))
    return RayDirectory(journal, SystemClock(), _rooms(settings), policy, settings.shared_owners)


def _rooms(settings: Settings) -> Rooms:
    return Rooms(games_of(settings.games), settings.seal_key_path())
