"""What a lost node or process owned comes back in processes that live: new ones would take seconds each."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from actors.shared.policy import OWN, Policy
from actors.shared.routes import Routes
from config import owner_limits
from server.domain.ids import TournamentId
from server.ports import Clock, Placements, SilentOwner

log = logging.getLogger(__name__)


class Rescue:
    """`start_anew` ends what may be left of a process of one tournament, and starts another: for those that
    are too large to share one. `wake` makes a shared owner take up what is in play there."""

    def __init__(
        self,
        placements: Placements,
        clock: Clock,
        policy: Policy,
        routes: Routes,
        start_anew: Callable[[TournamentId], Awaitable[None]],
        wake: Callable[[str], Awaitable[None]],
    ) -> None:
        self._placements = placements
        self._clock = clock
        self._policy = policy
        self._routes = routes
        self._start_anew = start_anew
        self._wake = wake
        # Shared owners whose tournaments were given to others, with their incarnation.
        self._given_up: dict[str, int] = {}

    async def look(self) -> int:
        """Give up what has been silent for long; how many tournaments went elsewhere. Looked at twice: after a
        machine or the database stood still all are silent until they have run again."""
        silent = await self._silent()
        if not silent:
            return 0
        await self._clock.sleep(owner_limits.SILENT_AGAIN_S)
        still = await self._silent()
        given_up = silent.keys() & still.keys()
        living = await self._routes.living()
        if not living or not given_up:
            return 0
        moved = await asyncio.gather(*(self._give_up(name, still[name], living) for name in given_up))
        await asyncio.gather(*map(self._wake, living))
        return sum(moved)

    async def _silent(self) -> dict[str, SilentOwner | int]:
        """Tournaments with processes of their own, by id; shared owners by name, with their incarnation."""
        own = await self._placements.silent(owner_limits.SILENT_AFTER_S)
        found: dict[str, SilentOwner | int] = {one.tournament_id: one for one in own}
        for one in await self._placements.processes():
            is_known = self._given_up.get(one.placement) == one.incarnation
            if one.silent_s > owner_limits.SILENT_AFTER_S and not is_known:
                found[one.placement] = one.incarnation
        return found

    async def _give_up(self, name: str, silent: SilentOwner | int, living: list[str]) -> int:
        if isinstance(silent, int):
            self._given_up[name] = silent
            if moved := await self._placements.hand_over(name, living):
                log.warning("shared_owner_given_up", extra={"owner": name, "tournaments": moved})
            return moved
        if silent.needs_own or silent.game_slug in self._policy.packages:
            if silent not in await self._placements.silent(owner_limits.SILENT_LARGE_S):
                return 0
            log.warning("owner_silent", extra={"tournament": name})
            await self._start_anew(silent.tournament_id)
            return 1
        return int(await self.share(silent.tournament_id))

    async def share(self, tournament_id: TournamentId) -> bool:
        """Let a tournament share a process instead of its own; False where none do."""
        shared = await self._routes.least_loaded()
        if shared == OWN:
            return False
        await self._placements.place(tournament_id, shared, OWN)
        self._routes.forget(tournament_id)
        log.warning("shares_instead", extra={"tournament": tournament_id, "placement": shared})
        return True
