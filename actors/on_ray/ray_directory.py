"""Owners as named Ray actors: get or create, a deadline on every call, silent ones replaced."""

import asyncio
import logging
from contextlib import suppress
from typing import Any

import ray
from ray.exceptions import ActorDiedError, RayError

from actors.on_ray.calls import Calls
from actors.on_ray.handles import Handles, HeadIsAway
from actors.on_ray.spread import Spread
from actors.owner.create import create_tournament
from actors.owner.room.opening import Rooms
from actors.replies import NOT_FOUND, Frames, Reply, RoomNews, Unavailable, unavailable
from actors.requests import CommandRequest, Deliver, Message, Poll, ReadSummary, RoomPoll
from actors.retry import until_available
from actors.shared.policy import OWN, Policy, shared_placement
from actors.shared.rescue import Rescue
from actors.shared.routes import NO_SUCH, Routes
from config import limits, owner_limits
from server.domain.ids import TournamentId
from server.ports import Clock, StoreUnavailable
from server.runtime.loops import go_round
from server.runtime.randomness import dice
from server.storage.postgres.journal import PostgresJournal

log = logging.getLogger(__name__)

_ENDS_WITHIN_S = 1.0


class RayDirectory:
    """`Directory` over Ray. The caller has joined the cluster."""

    def __init__(
        self,
        journal: PostgresJournal,
        clock: Clock,
        rooms: Rooms | None = None,
        policy: Policy | None = None,
        shared_owners: int = owner_limits.SHARED_OWNERS_DEFAULT,
    ) -> None:
        self._journal = journal
        self._rooms = rooms
        self._clock = clock
        policy = policy or Policy()
        self._shared: list[str] = []
        if policy.owners != "dedicated":
            self._shared = [shared_placement(number) for number in range(1, shared_owners + 1)]
        self.routes = Routes(journal, clock, policy, self._shared, dice())
        self.spread = Spread(journal)
        self.handles = Handles(policy, self.spread)
        self._following: asyncio.Task[None] | None = None
        self._followed: dict[str, int] = {}
        self._calls = Calls(journal)
        self._rescue = Rescue(journal, clock, policy, self.routes, self._start_anew, self._wake)

    async def start_shared(self) -> None:
        """Start the processes that many share, without waiting for them: the first caller need not. From now
        on their handles are known before they are needed."""
        with suppress(HeadIsAway):
            await asyncio.gather(*(self.handles.of(placement, placement) for placement in self._shared))
        following = go_round(self._clock, owner_limits.FOLLOW_EVERY_S, self._follow, "cannot_follow")
        self._following = asyncio.create_task(following)

    async def _follow(self) -> None:
        """One that came up anew is another actor. The first call asks Ray's head where it is: that must be
        done before the head is away."""
        for one in await self._journal.processes():
            lives = one.placement in self._shared and one.silent_s < owner_limits.SILENT_AFTER_S
            if not lives:
                await self._calls.look(one.placement)
            elif self._followed.get(one.placement) != one.incarnation:
                self.handles.forget(one.placement, one.placement)
                with suppress(HeadIsAway, RayError, TimeoutError):
                    async with asyncio.timeout(limits.CALL_TRY_TIMEOUT_S):
                        await (await self.handles.of(one.placement, one.placement)).ping.remote()
                    self._followed[one.placement] = one.incarnation

    async def keep_up(self) -> None:
        await asyncio.gather(*map(self._wake, self._shared))
        crowded = await self.spread.crowded() if self._shared else None
        if crowded is not None:
            log.info("shared_owner_moves", extra={"owner": crowded.placement, "node": crowded.node})
            await self.empty(crowded.placement)

    async def empty(self, placement: str) -> int:
        """Others take what a shared owner has; it ends, and comes up on another node. How many it had."""
        others = [name for name in await self.routes.living() if name != placement]
        moved = await self._journal.hand_over(placement, others) if others else 0
        with suppress(RayError, HeadIsAway, TimeoutError):
            async with asyncio.timeout(limits.CALL_TRY_TIMEOUT_S):
                await (await self.handles.of(placement, placement)).hand_over.remote()
        self.handles.forget(placement, placement)
        await self._clock.sleep(_ENDS_WITHIN_S)
        await asyncio.gather(*map(self._wake, self._shared))
        return moved

    async def rescue(self) -> int:
        return await self._rescue.look()

    async def _wake(self, placement: str) -> None:
        try:
            async with asyncio.timeout(limits.CALL_TRY_TIMEOUT_S):
                await (await self.handles.of(placement, placement)).wake.remote()
            self.handles.note_answer(placement, placement)
        except HeadIsAway:
            log.warning("shared_owner_away", extra={"owner": placement, "reason": "Ray's head is away"})
        except TimeoutError:
            log.warning("shared_owner_away", extra={"owner": placement, "reason": "timeout"})
            await self._replace_if_silent(placement, placement)
        except (RayError, ValueError) as error:
            log.warning("shared_owner_away", extra={"owner": placement, "reason": type(error).__name__})
            self._note_failure(placement, placement, error)

    async def create(self, request: CommandRequest[object]) -> Reply:
        async def once() -> Reply:
            try:
                placement_of = await self.routes.first()
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
            return await (await self.handles.of(placement, tournament_id)).ping.remote()

        facts: dict[str, int] = await self.routes.call(tournament_id, reach)
        return facts

    async def _try(self, tournament_id: str, message: Message) -> Reply:
        reply: Reply = await self._call(tournament_id, "ask", message, limits.CALL_TRY_TIMEOUT_S)
        return NOT_FOUND if reply is NO_SUCH else reply

    async def _call(self, tournament_id: str, method: str, argument: Any, patience_s: float) -> Any:
        """One call, to where the tournament lives."""

        async def reach(placement: str) -> Any:
            return await self._reach(placement, tournament_id, method, argument, patience_s)

        return await self.routes.call(tournament_id, reach)

    async def _reach(
        self, placement: str, tournament_id: str, method: str, argument: Any, patience_s: float
    ) -> Any:
        """What Ray raises (dead, restarting, unreachable) becomes `Unavailable`, and what is known of the
        tournament is forgotten, so that the next try finds the owner of then."""
        try:
            handle = await self.handles.of(placement, tournament_id)
            reply = await self._calls.call(placement, handle, tournament_id, method, argument, patience_s)
            self.handles.note_answer(placement, tournament_id)
            return reply
        except HeadIsAway:
            return await self._without_head(placement, tournament_id)
        except TimeoutError:
            await self._replace_if_silent(placement, tournament_id)
            return Unavailable("timeout")
        except (RayError, ValueError) as error:
            self._note_failure(placement, tournament_id, error)
            return Unavailable(type(error).__name__)

    def _note_failure(self, placement: str, tournament_id: str, error: Exception) -> None:
        """One that is away for a moment keeps its handle: it is the same one when it is back."""
        self.routes.forget(tournament_id)
        if isinstance(error, ActorDiedError | ValueError):
            self.handles.forget(placement, tournament_id)

    async def _without_head(self, placement: str, tournament_id: str) -> Unavailable:
        """No process of its own can be found or started now: it shares, and plays."""
        if placement == OWN:
            with suppress(StoreUnavailable):
                await self._rescue.share(TournamentId(tournament_id))
        return Unavailable("Ray's head does not answer")

    async def _replace_if_silent(self, placement: str, tournament_id: str) -> None:
        """Ray does not notice a stopped process. Its signs of life do: one that answered before and has not
        shown life for long is killed, and the next epoch fences what may be left of it. A shared one that
        never answered may be starting on a slow machine: it is left alone. A process of its own that does not
        come up may be waiting for a node with room, for ever: its tournament shares until there is room."""
        try:
            if self.handles.has_answered(placement, tournament_id):
                if await self._is_silent(placement, tournament_id):
                    await self._kill(placement, tournament_id)
            elif placement == OWN and not await self._comes_up(tournament_id):
                await self._rescue.share(TournamentId(tournament_id))
                await self._kill(placement, tournament_id)
        except StoreUnavailable:
            return

    async def _kill(self, placement: str, tournament_id: str) -> None:
        if (handle := self.handles.forget(placement, tournament_id)) is not None:
            log.warning("owner_ended", extra={"owner": placement, "tournament": tournament_id})
            await asyncio.to_thread(ray.kill, handle, no_restart=True)

    async def _start_anew(self, tournament_id: TournamentId) -> None:
        """End what may be left of its process; the next question starts another."""
        try:
            await self.handles.of(OWN, tournament_id)
            await self._kill(OWN, tournament_id)
            await self._try(tournament_id, ReadSummary())
        except (HeadIsAway, RayError) as error:
            log.warning("cannot_start_anew", extra={"tournament": tournament_id, "reason": str(error)})

    async def _is_silent(self, placement: str, tournament_id: str) -> bool:
        """Looked at twice: after a machine stood still, all look silent until they have run again."""
        for pause_s in (owner_limits.SILENT_AGAIN_S, 0.0):
            silent_s = await self._silent_s(placement, tournament_id)
            if silent_s is None or silent_s < owner_limits.SILENT_AFTER_S:
                return False
            await self._clock.sleep(pause_s)
        return True

    async def _silent_s(self, placement: str, tournament_id: str) -> float | None:
        if placement == OWN:
            return await self._journal.silent_for_s(TournamentId(tournament_id))
        known = {one.placement: one.silent_s for one in await self._journal.processes()}
        return known.get(placement)

    async def _comes_up(self, tournament_id: str) -> bool:
        """Whether there is a process that answers, though its tournament may be on its way yet."""
        try:
            handle = await self.handles.of(OWN, tournament_id)
            async with asyncio.timeout(owner_limits.WARM_WITHIN_S):
                await handle.ping.remote()
        except (TimeoutError, HeadIsAway, RayError):
            return False
        return True

    async def close(self) -> None:
        if self._following is not None:
            self._following.cancel()
        self.handles.close()
        await asyncio.to_thread(ray.shutdown)
