"""Who may own what, in memory: the twin of `placements.PostgresPlacements`."""

from collections.abc import Sequence
from dataclasses import replace

from config.limits import OVERDUE_AFTER_MS
from server.domain.ids import TournamentId
from server.domain.tournament.lifecycle import Status, is_over
from server.ports import Clock, Held, HouseView, OwnerProcess, Placed, Where
from server.storage.memory.rows import Stored


class MemoryPlacements:
    """`Placements` over dictionaries."""

    _clock: Clock
    _tournaments: dict[str, Stored]

    def __init__(self) -> None:
        super().__init__()
        self._processes: dict[str, tuple[OwnerProcess, int]] = {}

    async def placed(self, tournament_id: TournamentId) -> Placed | None:
        stored = self._tournaments.get(tournament_id)
        return None if stored is None else Placed(stored.placement)

    async def place(
        self, tournament_id: TournamentId, placement: str | None, expected: str | None
    ) -> Placed | None:
        stored = self._tournaments.get(tournament_id)
        if stored is not None and stored.placement == expected:
            stored.placement = placement
        return await self.placed(tournament_id)

    async def enter(self, placement: str, holder: str) -> int:
        known = self._processes.get(placement)
        incarnation = max(1 if known is None else known[0].incarnation + 1, self._clock.now_ms())
        entered = OwnerProcess(placement, holder, incarnation, 0, 0)
        self._processes[placement] = entered, self._clock.now_ms()
        return incarnation

    async def beat(self, process: OwnerProcess, held: Sequence[Held]) -> list[TournamentId] | None:
        known = self._processes.get(process.placement)
        if known is None or known[0].incarnation != process.incarnation:
            return None
        self._processes[process.placement] = process, self._clock.now_ms()
        return [one.tournament_id for one in held if not self._is_held(one)]

    def _is_held(self, one: Held) -> bool:
        stored = self._tournaments.get(one.tournament_id)
        return stored is not None and stored.epoch == one.epoch and one.head in (None, stored.log[-1].hash)

    async def processes(self) -> list[OwnerProcess]:
        now_ms = self._clock.now_ms()
        return [
            replace(process, silent_s=(now_ms - beat_ms) / 1_000)
            for _, (process, beat_ms) in sorted(self._processes.items())
        ]

    async def in_play(self, placement: str) -> list[TournamentId]:
        return [
            stored.summary.id
            for stored in self._tournaments.values()
            if stored.placement == placement and stored.summary.status is Status.IN_PROGRESS
        ]

    async def house_view(self, now_ms: int) -> HouseView:
        live = [one for one in self._tournaments.values() if not is_over(one.summary.status)]
        counts: dict[tuple[str, Where], int] = {}
        for one in live:
            where: Where = "none" if one.placement is None else "own" if one.placement == "own" else "shared"
            key = one.summary.status.value, where
            counts[key] = counts.get(key, 0) + 1
        before_ms = now_ms - OVERDUE_AFTER_MS
        overdue = sum(one.next_due_ms is not None and one.next_due_ms < before_ms for one in live)
        return HouseView(counts, overdue, await self.processes(), 0, 0, 0)
