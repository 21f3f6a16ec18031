"""Calls to processes and how long their answers are waited for."""

import asyncio
from contextlib import suppress
from typing import Any

from actors.on_ray.call_batcher import CallBatcher
from actors.replies import Unavailable
from actors.requests import Deliver, ReadBoard
from actors.shared.policy import OWN
from config import limits, owner_limits
from server.domain.ids import TournamentId
from server.ports import Placements, StoreUnavailable

_MOVED = Unavailable("it has moved", misplaced=True)


class Calls:
    """Of one caller. What is asked of owners shares calls; polls and deliveries go alone."""

    def __init__(self, placements: Placements) -> None:
        self._placements = placements
        self._batcher = CallBatcher()
        # Calls that a shared owner has not answered yet.
        self._waiting: dict[str, set[asyncio.Future[Any]]] = {}

    async def call(
        self, placement: str, handle: Any, tournament_id: str, method: str, argument: Any, patience_s: float
    ) -> Any:
        """The answer, or that the tournament lives elsewhere by now. Raises `TimeoutError` and what Ray
        raises."""
        async with asyncio.timeout(patience_s):
            if method == "ask" and not _goes_alone(argument):
                call = self._batcher.send(handle, tournament_id, argument)
            else:
                call = asyncio.wrap_future(getattr(handle, method).remote(tournament_id, argument).future())
            if placement == OWN:
                return await self._answer(call, tournament_id, patience_s)
            return await self._answer_of_shared(call, placement)

    async def _answer(self, call: "asyncio.Future[Any]", tournament_id: str, patience_s: float) -> Any:
        """The answer; or, when it is long in coming, that the tournament lives elsewhere by now: it may have
        been given up. A long poll is longer by itself."""
        look_s = owner_limits.CALL_LOOK_EVERY_S + patience_s - limits.CALL_TRY_TIMEOUT_S
        try:
            while not (await asyncio.wait((call,), timeout=look_s))[0]:
                with suppress(StoreUnavailable):
                    placed = await self._placements.placed(TournamentId(tournament_id))
                    if placed is not None and placed.placement != OWN:
                        return _MOVED
        finally:
            call.cancel()
        return call.result()

    async def _answer_of_shared(self, call: "asyncio.Future[Any]", placement: str) -> Any:
        """The same of a shared owner, which thousands may wait for: one look for all of them."""
        waiting = self._waiting.setdefault(placement, set())
        waiting.add(call)
        try:
            return await call
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            return _MOVED
        finally:
            waiting.discard(call)

    async def look(self, placement: str) -> None:
        """Of a shared owner that shows no life: was it given up, all who wait ask where their tournaments live
        now."""
        waiting = self._waiting.get(placement)
        if waiting and not await self._placements.in_play(placement):
            for call in list(waiting):
                call.cancel()


def _goes_alone(message: Any) -> bool:
    """A whole board is as much as Ray carries slowly: what else waits must not wait for it."""
    return isinstance(message, Deliver) or (
        isinstance(message, ReadBoard) and message.limit > limits.BOARD_PAGE_MAX
    )
