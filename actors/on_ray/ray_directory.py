"""Owners as named Ray actors: get or create, a deadline on every call, silent ones replaced."""

import asyncio
import logging
import signal
import threading
from typing import Any

import ray
from ray.exceptions import RayError

from actors.on_ray.actor import get_or_create
from actors.on_ray.owner_process import NAMESPACE
from actors.on_ray.shared_actor import get_or_create_shared
from actors.owner.create import create_tournament
from actors.owner.room.opening import Rooms
from actors.replies import NOT_FOUND, Frames, Reply, RoomNews, Unavailable, unavailable
from actors.requests import CommandRequest, Deliver, Message, Poll, RoomPoll
from actors.retry import until_available
from actors.shared.policy import OWN, Policy, shared_placement
from actors.shared.routes import NO_SUCH, Routes
from config import limits
from server.domain.ids import TournamentId
from server.ports import Clock, StoreUnavailable
from server.runtime.randomness import dice
from server.storage.postgres.journal import PostgresJournal

log = logging.getLogger(__name__)


def join(address: str) -> None:
    """Become a driver of the cluster; `cluster.prepare` came before. Ray takes SIGTERM over when it
    can: it is given back."""
    handlers = {s: signal.getsignal(s) for s in (signal.SIGTERM, signal.SIGINT)}
    ray.init(
        address=address,
        namespace=NAMESPACE,
        log_to_driver=False,
        logging_level=logging.WARNING,
        configure_logging=False,
    )
    if threading.current_thread() is threading.main_thread():
        for sign, handler in handlers.items():
            signal.signal(sign, handler)


class RayDirectory:
    """`Directory` over Ray. The caller has joined the cluster."""

    def __init__(
        self,
        journal: PostgresJournal,
        clock: Clock,
        rooms: Rooms | None = None,
        policy: Policy | None = None,
        shared_owners: int = limits.SHARED_OWNERS_DEFAULT,
    ) -> None:
        self._journal = journal
        self._rooms = rooms
        self._clock = clock
        self._policy = policy or Policy()
        self._shared = [shared_placement(number) for number in range(1, shared_owners + 1)]
        self._routes = Routes(journal, clock, self._policy, self._shared, dice())
        # By the name of the actor.
        self._handles: dict[str, Any] = {}
        self._answered: set[str] = set()
        self._activating = asyncio.Semaphore(limits.ACTIVATIONS_AT_ONCE)

    async def start_shared(self) -> None:
        """Start the processes that many share, without waiting for them: the first caller need not."""
        if self._policy.owners != "dedicated":
            await asyncio.gather(*(self._handle(placement, placement) for placement in self._shared))

    async def keep_up(self) -> None:
        if self._policy.owners != "dedicated":
            await asyncio.gather(*map(self._wake, self._shared))

    async def _wake(self, placement: str) -> None:
        try:
            async with asyncio.timeout(limits.CALL_TRY_TIMEOUT_S):
                await (await self._handle(placement, placement)).wake.remote()
            self._answered.add(placement)
        except TimeoutError:
            log.warning("shared_owner_away", extra={"owner": placement, "reason": "timeout"})
            await self._replace_if_silent(placement, placement)
        except (RayError, ValueError) as error:
            log.warning("shared_owner_away", extra={"owner": placement, "reason": type(error).__name__})
            self._forget(placement)

    async def create(self, request: CommandRequest[object]) -> Reply:
        async def once() -> Reply:
            try:
                placement_of = await self._routes.first()
            except StoreUnavailable as error:
                return unavailable(error)
            return await create_tournament(self._journal, self._clock, request, self._rooms, placement_of)

        return await until_available(self._clock, once)

    async def ask(self, tournament_id: str, message: Message) -> Reply:
        return await until_available(self._clock, lambda: self._try(tournament_id, message))

    async def frames(self, tournament_id: str, poll: Poll) -> Frames | Unavailable:
        patience_s = limits.LONG_POLL_S + limits.CALL_TRY_TIMEOUT_S
        reply = await self._call(tournament_id, "frames", poll, patience_s)
        assert isinstance(reply, Frames | Unavailable)
        return reply

    async def room_news(self, tournament_id: str, poll: RoomPoll) -> RoomNews | Unavailable:
        patience_s = limits.LONG_POLL_S + limits.CALL_TRY_TIMEOUT_S
        reply = await self._call(tournament_id, "room_news", poll, patience_s)
        assert isinstance(reply, RoomNews | Unavailable)
        return reply

    async def room_time(self, tournament_id: str) -> int | Unavailable:
        reply = await self._call(tournament_id, "room_time", None, limits.CALL_TRY_TIMEOUT_S)
        assert isinstance(reply, int | Unavailable)
        return reply

    async def deliver(self, tournament_id: str, message: Deliver) -> Reply:
        return await self._try(tournament_id, message)

    async def ping(self, tournament_id: str) -> dict[str, int]:
        """Facts of the process where a tournament lives, for operations and tests."""

        async def reach(placement: str) -> Any:
            return await (await self._handle(placement, tournament_id)).ping.remote()

        facts: dict[str, int] = await self._routes.call(tournament_id, reach)
        return facts

    async def _try(self, tournament_id: str, message: Message) -> Reply:
        reply: Reply = await self._call(tournament_id, "ask", message, limits.CALL_TRY_TIMEOUT_S)
        return NOT_FOUND if reply is NO_SUCH else reply

    async def _call(self, tournament_id: str, method: str, argument: Any, patience_s: float) -> Any:
        """One call, to where the tournament lives."""

        async def reach(placement: str) -> Any:
            return await self._reach(placement, tournament_id, method, argument, patience_s)

        return await self._routes.call(tournament_id, reach)

    async def _reach(
        self, placement: str, tournament_id: str, method: str, argument: Any, patience_s: float
    ) -> Any:
        """What Ray raises (dead, restarting, unreachable) becomes `Unavailable`, and what is known of the
        tournament is forgotten, so that the next try finds the owner of then."""
        name = _name_of(placement, tournament_id)
        try:
            handle = await self._handle(placement, tournament_id)
            async with asyncio.timeout(patience_s):
                reply = await getattr(handle, method).remote(tournament_id, argument)
            self._answered.add(name)
            return reply
        except TimeoutError:
            await self._replace_if_silent(placement, tournament_id)
            return Unavailable("timeout")
        except (RayError, ValueError) as error:
            self._forget(name)
            self._routes.forget(tournament_id)
            return Unavailable(type(error).__name__)

    def _forget(self, name: str) -> Any:
        self._answered.discard(name)
        return self._handles.pop(name, None)

    async def _handle(self, placement: str, tournament_id: str) -> Any:
        name = _name_of(placement, tournament_id)
        handle = self._handles.get(name)
        if handle is None:
            async with self._activating:
                handle = await asyncio.to_thread(self._get_or_create, placement, tournament_id)
                self._handles[name] = handle
        return handle

    def _get_or_create(self, placement: str, tournament_id: str) -> Any:
        if placement == OWN:
            return get_or_create(tournament_id)
        return get_or_create_shared(placement, self._policy)

    async def _replace_if_silent(self, placement: str, tournament_id: str) -> None:
        """Ray does not notice a stopped process. Its signs of life do: one that answered before and has not
        shown life for long is killed, and the next epoch fences what may be left of it. A shared one that
        never answered may be starting on a slow machine: it is left alone."""
        name = _name_of(placement, tournament_id)
        try:
            if name in self._answered:
                if not await self._is_silent(placement, tournament_id):
                    return
            elif (
                placement != OWN or await self._comes_up(tournament_id) or not await self._share(tournament_id)
            ):
                return
        except StoreUnavailable:
            return
        if (handle := self._forget(name)) is not None:
            log.warning("owner_silent", extra={"owner": name})
            await asyncio.to_thread(ray.kill, handle, no_restart=True)

    async def _is_silent(self, placement: str, tournament_id: str) -> bool:
        """Looked at twice: after a machine stood still, all look silent until they have run again."""
        for _ in range(2):
            silent_s = await self._silent_s(placement, tournament_id)
            if silent_s is None or silent_s < limits.SILENT_AFTER_S:
                return False
            await self._clock.sleep(2 * limits.HEARTBEAT_EVERY_S)
        return True

    async def _comes_up(self, tournament_id: str) -> bool:
        """Whether there is a process that answers, though its tournament may be on its way yet."""
        handle = await self._handle(OWN, tournament_id)
        try:
            async with asyncio.timeout(limits.WARM_WITHIN_S):
                await handle.ping.remote()
        except (TimeoutError, RayError):
            return False
        return True

    async def _share(self, tournament_id: str) -> bool:
        """No process of its own comes up: no node may have room for one, and it would wait for ever. It shares
        until there is room."""
        shared = await self._routes.least_loaded()
        if shared == OWN:
            return False
        await self._journal.place(TournamentId(tournament_id), shared, OWN)
        self._routes.forget(tournament_id)
        log.warning("no_room_for_own_process", extra={"tournament": tournament_id, "placement": shared})
        return True

    async def _silent_s(self, placement: str, tournament_id: str) -> float | None:
        if placement == OWN:
            return await self._journal.silent_for_s(TournamentId(tournament_id))
        known = {one.placement: one.silent_s for one in await self._journal.processes()}
        return known.get(placement)

    async def close(self) -> None:
        self._handles.clear()
        await asyncio.to_thread(ray.shutdown)


def _name_of(placement: str, tournament_id: str) -> str:
    """The name of the actor that may own it."""
    return f"tournament:{tournament_id}" if placement == OWN else placement
