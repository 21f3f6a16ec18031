"""An owner that is awake does the steps of the schedule by itself, on time."""

import asyncio

from actors.owner.owner import TournamentOwner
from actors.requests import Step
from config.owner_limits import STEPS_PLANNED_MS
from server.domain.tournament.play.schedule import next_due_ms
from server.ports import Clock


class StepPlan:
    """Looked at every second: what is due before the next look gets a task that waits for it. The worker that
    does what is overdue need not come."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._planned_ms = -1
        self._task: asyncio.Task[None] | None = None

    def look(self, owner: TournamentOwner) -> None:
        """Plan the next step of an owner, once, when it is due soon."""
        due_ms = next_due_ms(owner.state)
        if due_ms is None or due_ms == self._planned_ms:
            return
        left_ms = due_ms - self._clock.now_ms()
        if left_ms <= STEPS_PLANNED_MS:
            self.stop()
            self._planned_ms = due_ms
            self._task = asyncio.create_task(self._do(owner, max(0, left_ms)))

    async def _do(self, owner: TournamentOwner, left_ms: int) -> None:
        await self._clock.sleep(left_ms / 1_000)
        await owner.submit(Step())

    def stop(self) -> None:
        """Nothing is planned any more."""
        if self._task is not None:
            self._task.cancel()
        self._planned_ms = -1
