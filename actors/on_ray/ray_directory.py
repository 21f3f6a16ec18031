"""Owners as named Ray actors: get or create, a deadline on every call, silent ones replaced."""

import asyncio
import logging
import signal
import threading
from typing import Any

import ray
from ray.exceptions import RayError

from actors.on_ray.actor import NAMESPACE, get_or_create
from actors.owner.create import create_tournament
from actors.owner.room.opening import Rooms
from actors.replies import Frames, Reply, RoomNews, Unavailable
from actors.requests import CommandRequest, Deliver, Message, Poll, RoomPoll
from actors.retry import until_available
from config import limits
from server.domain.ids import TournamentId
from server.ports import Clock, Journal, StoreUnavailable

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

    def __init__(self, journal: Journal, clock: Clock, rooms: Rooms | None = None) -> None:
        self._journal = journal
        self._rooms = rooms
        self._clock = clock
        self._handles: dict[str, Any] = {}
        self._answered: set[str] = set()
        self._activating = asyncio.Semaphore(limits.ACTIVATIONS_AT_ONCE)

    async def create(self, request: CommandRequest[object]) -> Reply:
        return await until_available(
            self._clock, lambda: create_tournament(self._journal, self._clock, request, self._rooms)
        )

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
        """Process facts of the owner, for operations and tests."""
        facts: dict[str, int] = await (await self._handle(tournament_id)).ping.remote()
        return facts

    async def _try(self, tournament_id: str, message: Message) -> Reply:
        reply: Reply = await self._call(tournament_id, "ask", message, limits.CALL_TRY_TIMEOUT_S)
        return reply

    async def _call(self, tournament_id: str, method: str, argument: Any, patience_s: float) -> Any:
        """One call. What Ray raises (dead, restarting, unreachable) becomes `Unavailable`, and the
        handle is forgotten, so that the next try finds the owner of then."""
        try:
            handle = await self._handle(tournament_id)
            async with asyncio.timeout(patience_s):
                reply = await getattr(handle, method).remote(argument)
            self._answered.add(tournament_id)
            return reply
        except TimeoutError:
            await self._replace_if_silent(tournament_id)
            return Unavailable("timeout")
        except (RayError, ValueError) as error:
            self._forget(tournament_id)
            return Unavailable(type(error).__name__)

    def _forget(self, tournament_id: str) -> Any:
        self._answered.discard(tournament_id)
        return self._handles.pop(tournament_id, None)

    async def _handle(self, tournament_id: str) -> Any:
        handle = self._handles.get(tournament_id)
        if handle is None:
            async with self._activating:
                handle = await asyncio.to_thread(get_or_create, tournament_id)
                self._handles[tournament_id] = handle
        return handle

    async def _replace_if_silent(self, tournament_id: str) -> None:
        """Ray does not notice a stopped process. The lease does: an owner that answered before and has
        not shown life for long is killed, and the next epoch fences what may be left of it. One that
        never answered may be starting on a slow machine: it is left alone."""
        if tournament_id not in self._answered:
            return
        try:
            silent_s = await self._journal.silent_for_s(TournamentId(tournament_id))
        except StoreUnavailable:
            return
        if silent_s is None or silent_s < limits.SILENT_AFTER_S:
            return
        handle = self._forget(tournament_id)
        if handle is not None:
            log.warning("owner_silent", extra={"tournament": tournament_id, "silent_s": silent_s})
            await asyncio.to_thread(ray.kill, handle, no_restart=True)

    async def close(self) -> None:
        self._handles.clear()
        await asyncio.to_thread(ray.shutdown)
