"""Where a caller finds a tournament: what is known of placements, and first placements."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any

from actors.owner.activation import Activation
from actors.replies import Unavailable, unavailable
from actors.shared.policy import OWN, Policy
from config import owner_limits
from server.domain.ids import TournamentId
from server.domain.tournament.state import Tournament
from server.ports import Clock, OwnerProcess, Placements, StoreUnavailable
from server.runtime.randomness import Dice

NO_SUCH = Unavailable("no such tournament")


class Routes:
    """Remembers placements until a process says that it is not the one. `shared` are the placements of shared
    owners."""

    def __init__(
        self, placements: Placements, clock: Clock, policy: Policy, shared: Sequence[str], luck: Dice
    ) -> None:
        self._placements = placements
        self._clock = clock
        self._policy = policy
        self._shared = shared
        self._luck = luck
        self._known: dict[str, str] = {}
        self._processes: dict[str, OwnerProcess] = {}
        self._draining: frozenset[str] = frozenset()
        self._seen_ms = -owner_limits.LOADS_FRESH_MS

    async def call(self, tournament_id: str, reach: Callable[[str], Awaitable[Any]]) -> Any:
        """The answer of the process where the tournament lives, or `NO_SUCH`; `reach` asks one. A process that
        says that it lives elsewhere has changed nothing: the next one is asked at once."""
        for _ in range(owner_limits.ROUTES_TRIED_MAX):
            try:
                placement = await self._placement(tournament_id)
            except StoreUnavailable as error:
                return unavailable(error)
            if placement is None:
                return NO_SUCH
            reply = await reach(placement)
            if not (isinstance(reply, Unavailable) and reply.misplaced):
                return reply
            self.forget(tournament_id)
        return reply

    def forget(self, tournament_id: str) -> None:
        """Ask again where it lives: it may have moved."""
        self._known.pop(tournament_id, None)

    async def _placement(self, tournament_id: str) -> str | None:
        known = self._known.get(tournament_id)
        if known is not None:
            return known
        name = TournamentId(tournament_id)
        placed = await self._placements.placed(name)
        if placed is not None and placed.placement is None:
            placed = await self._placements.place(name, await self.least_loaded(), None)
        if placed is None:
            return None
        if placed.placement is None:  # another caller gave it one, and it was taken away in the same moment
            raise StoreUnavailable("it has no place yet")
        if len(self._known) >= owner_limits.ROUTES_KNOWN_MAX:
            self._known.clear()
        self._known[tournament_id] = placed.placement
        return placed.placement

    async def first(self) -> Callable[[Tournament], str]:
        """Gives a new tournament its placement."""
        spare = await self.least_loaded()

        def placement_of(state: Tournament) -> str:
            return OWN if self._policy.first(state, self._clock.now_ms()) else spare

        return placement_of

    async def least_loaded(self) -> str:
        """The better one of two that chance names: all callers together spread what is new, though each sees
        loads of a moment ago. One that shows no life is taken only when all are so."""
        if self._policy.owners == "dedicated":
            return OWN
        if self._clock.monotonic_ms() - self._seen_ms >= owner_limits.LOADS_FRESH_MS:
            await self._see()
        living = [name for name in self._shared if self._lives(name)] or self._shared
        two = self._luck.sample(living, min(2, len(living)))
        return min(two, key=self._load)

    async def living(self) -> list[str]:
        """The shared owners that show life, on nodes that are not drained."""
        await self._see()
        return [name for name in self._shared if self._lives(name)]

    async def _see(self) -> None:
        self._processes = {one.placement: one for one in await self._placements.processes()}
        self._draining = await self._placements.draining()
        self._seen_ms = self._clock.monotonic_ms()

    def _lives(self, name: str) -> bool:
        process = self._processes.get(name)
        if process is None or process.silent_s > owner_limits.SILENT_AFTER_S:
            return False
        return process.node not in self._draining

    def _load(self, name: str) -> tuple[int, int]:
        process = self._processes.get(name)
        return (0, 0) if process is None else (process.lag_us // owner_limits.LAG_STEP_US, process.tournaments)


async def let_go(placements: Placements, here: Activation) -> None:
    """A process of one tournament ends. One that was idle, and may share, lives nowhere from now on: the next
    question gives it a placement among others instead of a process of its own. Another one keeps its
    placement, and is not missed."""
    with suppress(StoreUnavailable):
        await placements.place(here.tournament_id, None if here.leaves_placement else OWN, OWN)
