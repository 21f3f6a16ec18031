"""Who may own what, in memory: the twin of `placements.PostgresPlacements`."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from config.limits import OVERDUE_AFTER_MS
from config.owner_limits import SHARED_ENTRIES_MAX, SILENT_AFTER_S
from server.domain.ids import TournamentId
from server.domain.tournament.lifecycle import Status, is_over
from server.ports import Clock, Held, HouseView, OwnerProcess, Placed, SilentOwner, Where
from server.storage.memory.rows import Stored


class MemoryPlacements:
    """`Placements` over dictionaries."""

    _clock: Clock
    _tournaments: dict[str, Stored]
    _counts: Counter[tuple[str, str]]

    def __init__(self) -> None:
        super().__init__()
        self._processes: dict[str, tuple[OwnerProcess, int]] = {}
        self._draining: set[str] = set()

    async def placed(self, tournament_id: TournamentId) -> Placed | None:
        stored = self._tournaments.get(tournament_id)
        return None if stored is None else Placed(stored.placement)

    async def place(
        self, tournament_id: TournamentId, placement: str | None, expected: str | None
    ) -> Placed | None:
        stored = self._tournaments.get(tournament_id)
        if stored is not None and stored.placement == expected:
            stored.placement, stored.beat_ms = placement, None
        return await self.placed(tournament_id)

    async def isolate(self, tournament_id: TournamentId, expected: str) -> None:
        stored = self._tournaments.get(tournament_id)
        if stored is not None and stored.placement == expected:
            stored.placement, stored.beat_ms, stored.alone = "own", None, True

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

    async def hand_over(self, placement: str, to: Sequence[str]) -> int:
        here = [one for one in self._tournaments.values() if one.placement == placement]
        for number, stored in enumerate(here):
            stored.placement, stored.beat_ms = to[number % len(to)], None
        return len(here)

    async def silent(self, after_s: float) -> list[SilentOwner]:
        most = SHARED_ENTRIES_MAX
        return [
            SilentOwner(one.summary.id, one.summary.rules.game_slug, one.alone or len(one.entries) > most)
            for _, one in sorted(self._tournaments.items())
            if one.placement == "own"
            and one.summary.status is Status.IN_PROGRESS
            and one.beat_ms is not None
            and self._clock.now_ms() - one.beat_ms > after_s * 1_000
        ]

    async def own_on(self, node: str) -> list[TournamentId]:
        since_ms = self._clock.now_ms() - SILENT_AFTER_S * 1_000
        return [
            one.summary.id
            for _, one in sorted(self._tournaments.items())
            if one.placement == "own"
            and one.holder.startswith(f"{node}/")
            and one.beat_ms is not None
            and one.beat_ms > since_ms
        ]

    async def drain(self, node: str, *, drains: bool) -> None:
        (self._draining.add if drains else self._draining.discard)(node)

    async def draining(self) -> frozenset[str]:
        return frozenset(self._draining)

    async def house_view(self, now_ms: int) -> HouseView:
        live = [one for one in self._tournaments.values() if not is_over(one.summary.status)]
        counts: dict[tuple[str, Where], int] = {}
        for one in live:
            where: Where = "none" if one.placement is None else "own" if one.placement == "own" else "shared"
            key = one.summary.status.value, where
            counts[key] = counts.get(key, 0) + 1
        before_ms = now_ms - OVERDUE_AFTER_MS
        overdue = sum(one.next_due_ms is not None and one.next_due_ms < before_ms for one in live)
        return HouseView(counts, overdue, await self.processes(), 0, 0, 0, {}, dict(self._counts))
