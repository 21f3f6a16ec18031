"""Many tournaments as one Ray actor: a thin shell round a `SharedOwner`."""

import asyncio
import logging
import os
import tempfile
from contextlib import AsyncExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import ray
from ray.exceptions import RayError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from actors.on_ray.actor import get_or_create
from actors.on_ray.owner_process import NAMESPACE, OPTIONS, OwnerProcess, process_on
from actors.replies import Frames, Reply, RoomNews, Unavailable
from actors.requests import Message, Poll, ReadSummary, RoomPoll
from actors.shared.policy import Policy
from actors.shared.shared_owner import SharedOwner, give_away_crashed
from actors.shared.watchdog import Watchdog
from config.connections import SHARED_OWNER_MAX
from config.limits import CALL_TRY_TIMEOUT_S
from config.owner_limits import SHARED_CALLS_MAX, WARM_WITHIN_S
from server.domain.ids import TournamentId
from server.runtime.turn_note import TurnNote
from server.storage.postgres.journal import PostgresJournal, open_pool

log = logging.getLogger(__name__)

# A resource of its own: nodes that are full of tournaments have room for those that share.
_OPTIONS = OPTIONS | {"resources": {"shared_owner": 1}, "max_concurrency": SHARED_CALLS_MAX}


class RayProcesses:
    """`OwnProcesses` as actors."""

    async def warm(self, tournament_id: str) -> bool:
        """Start one; an actor for which no node has room would wait for ever."""
        handle = await asyncio.to_thread(get_or_create, tournament_id)
        try:
            async with asyncio.timeout(WARM_WITHIN_S):
                await handle.ping.remote()
        except (TimeoutError, RayError):
            await asyncio.to_thread(ray.kill, handle, no_restart=True)
            return False
        return True

    async def wake(self, tournament_id: str) -> None:
        """It takes over with its first call."""
        handle = await asyncio.to_thread(get_or_create, tournament_id)
        await handle.ask.remote(tournament_id, ReadSummary())


def _end_hung(database_url: str, placement: str, tournament_id: str | None) -> None:
    """In the watchdog's thread: the loop does not come back. The tournament in turn gets a process of its own,
    so that it comes back alone; the others come back here, in a new process."""
    try:
        if tournament_id is not None:
            away = _give_away(database_url, placement, tournament_id)
            asyncio.run(asyncio.wait_for(away, CALL_TRY_TIMEOUT_S))
    finally:
        os._exit(1)


async def _give_away(database_url: str, placement: str, tournament_id: str) -> None:
    pool = await open_pool(database_url, 1)
    await PostgresJournal(pool).isolate(TournamentId(tournament_id), placement)
    await pool.close()


def _turn_note(database_url: str, placement: str) -> TurnNote | None:
    """Of this name on this machine, for one house of several."""
    try:
        return TurnNote(Path(tempfile.gettempdir()) / f"pitboss-turns-{os.getuid()}", database_url, placement)
    except OSError as error:  # it must not keep tournaments from their owner
        log.warning("turns_are_not_noted", extra={"reason": type(error).__name__})
        return None


class SharedActor(OwnerProcess[SharedOwner]):
    """What runs in the process of a shared owner."""

    def __init__(self, placement: str, policy: Policy) -> None:
        super().__init__()
        self._placement = placement
        self._policy = policy

    async def wake(self) -> None:
        """Take up what is in play here."""
        here = await self._opened()
        if isinstance(here, SharedOwner):
            await here.take_up()

    async def hand_over(self) -> None:
        """Keep checkpoints of all that is here and end, because the node is drained."""
        if self._open is not None:
            await self._open.close()
        await self._leave()

    async def ask(self, tournament_id: str, message: Message) -> Reply:
        """One message to the owner of a tournament."""
        here = await self._opened()
        return await here.ask(tournament_id, message) if isinstance(here, SharedOwner) else here

    async def frames(self, tournament_id: str, poll: Poll) -> Frames | Unavailable:
        """A front end's long poll."""
        here = await self._opened()
        return await here.frames(tournament_id, poll) if isinstance(here, SharedOwner) else here

    async def room_news(self, tournament_id: str, poll: RoomPoll) -> RoomNews | Unavailable:
        """A front end's long poll on a room."""
        here = await self._opened()
        return await here.room_news(tournament_id, poll) if isinstance(here, SharedOwner) else here

    async def room_time(self, tournament_id: str, _: None) -> int | Unavailable:
        """Room time, for a front end that sets its own by it."""
        here = await self._opened()
        return await here.room_time(tournament_id) if isinstance(here, SharedOwner) else here

    async def _compose(self, database_url: str, stack: AsyncExitStack) -> SharedOwner:
        journal, process = await process_on(
            database_url, stack, self._placement, SHARED_OWNER_MAX, room_clock=True
        )
        if (note := _turn_note(database_url, self._placement)) is not None:
            stack.callback(note.close)
            await give_away_crashed(journal, note.left, self._placement)
            note.begin()
            process = replace(process, turn=note.turn)
        watchdog = Watchdog(partial(_end_hung, database_url, self._placement))
        stack.callback(watchdog.stop)
        others, held_up_ms = RayProcesses(), watchdog.held_up_ms
        shared = SharedOwner(process, journal, self._policy, others, self._leave, held_up_ms)
        stack.push_async_callback(shared.close)
        await shared.begin()
        return shared


RemoteShared: Any = ray.remote(SharedActor)


def get_shared(placement: str) -> Any:
    """The handle of a shared owner. Raises `ValueError` when there is none."""
    return ray.get_actor(placement, namespace=NAMESPACE)


def get_or_create_shared(placement: str, policy: Policy, node_id: str | None) -> Any:
    """The handle of a shared owner, created when there is none: on the node that Ray calls so, if it lives."""
    options = _OPTIONS | {"name": placement}
    if node_id is not None:
        options |= {"scheduling_strategy": NodeAffinitySchedulingStrategy(node_id, soft=True)}
    return RemoteShared.options(**options).remote(placement, policy)
