"""A node that is to be taken away gives what it owns to others, in quiet moments, before it goes."""

import asyncio
import logging
from contextlib import suppress
from dataclasses import dataclass

from ray.exceptions import RayError

from actors.on_ray.handles import HeadIsAway
from actors.on_ray.ray_directory import RayDirectory
from actors.requests import ReadSummary
from actors.shared.policy import OWN
from config.limits import CALL_TRY_TIMEOUT_S
from config.owner_limits import HAND_OVER_EVERY_S, HAND_OVER_TRIES, HAND_OVERS_AT_ONCE, SILENT_AFTER_S
from server.domain.ids import TournamentId
from server.ports import Clock, OwnerProcess, Placements

log = logging.getLogger(__name__)
_ROUND_S = 0.5


@dataclass(frozen=True, slots=True)
class Drained:
    """How many tournaments were handed over, and how many are left on the node."""

    moved: int
    left: int


class Drain:
    """Takes everything from one node. From its begin on nothing new is opened there."""

    def __init__(self, placements: Placements, directory: RayDirectory, clock: Clock, node: str) -> None:
        self._placements = placements
        self._directory = directory
        self._clock = clock
        self._node = node
        self._slots = asyncio.Semaphore(HAND_OVERS_AT_ONCE)
        self._moved: set[str] = set()
        self._in_shared = 0

    async def run(self, within_s: float) -> Drained:
        """Until nothing is left, or the time is over. Raises `LookupError` for a node that there is not."""
        names = await self._directory.spread.names()
        if self._node not in names:
            raise LookupError(f"there is no node {self._node}; there are {', '.join(names) or 'none'}")
        await self._placements.drain(self._node, drains=True)
        until_ms = self._clock.monotonic_ms() + within_s * 1_000
        while True:
            shared, own = await self._shared(), await self._placements.own_on(self._node)
            left = len(own) + sum(one.tournaments for one in shared)
            if (not own and not shared) or self._clock.monotonic_ms() >= until_ms:
                return Drained(len(self._moved) + self._in_shared, left)
            await asyncio.gather(*map(self._empty, shared), *map(self._hand_over, own))
            await self._clock.sleep(_ROUND_S)

    async def _shared(self) -> list[OwnerProcess]:
        here = [one for one in await self._placements.processes() if one.node == self._node]
        return [one for one in here if one.silent_s < SILENT_AFTER_S]

    async def _empty(self, shared: OwnerProcess) -> None:
        self._in_shared += await self._directory.empty(shared.placement)

    async def _hand_over(self, tournament_id: TournamentId) -> None:
        async with self._slots:
            others = await self._directory.routes.living()
            with suppress(RayError, HeadIsAway, TimeoutError):
                async with asyncio.timeout(CALL_TRY_TIMEOUT_S + HAND_OVER_EVERY_S * HAND_OVER_TRIES):
                    handle = await self._directory.handles.of(OWN, tournament_id)
                    await handle.hand_over.remote(others[0] if others else None)
            self._directory.handles.forget(OWN, tournament_id)
            self._directory.routes.forget(tournament_id)
            await self._directory.ask(tournament_id, ReadSummary())  # it goes on at once
            self._moved.add(tournament_id)
            log.info("handed_over", extra={"tournament": tournament_id, "node": self._node})
