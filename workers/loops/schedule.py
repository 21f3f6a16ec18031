"""The schedule: tournaments open, start and finish on time, and catch up after an outage.

The listing row says when a tournament's next step is due; the owner alone decides which step that is.
So any number of these may run, late or twice, without harm.
"""

import asyncio
import logging

from actors.directory import Directory
from actors.replies import Done
from actors.requests import Identity, request_of
from config.limits import (
    ACTIVATIONS_AT_ONCE,
    ALARM_POLL_S,
    OVERDUE_AFTER_MS,
    SCHEDULE_BATCH_MAX,
    SCHEDULE_POLL_S,
)
from server.domain.tournament.commands import Advance
from server.ports import Clock, DueRow, Feed, IdSource, Listings
from server.reports.alerts import alert
from server.runtime.loops import go_round

log = logging.getLogger(__name__)


class Scheduler:
    """Moves due tournaments."""

    def __init__(
        self, listings: Listings, directory: Directory, feed: Feed, clock: Clock, ids: IdSource
    ) -> None:
        self._listings = listings
        self._feed = feed
        self._directory = directory
        self._clock = clock
        self._ids = ids
        self._moving: dict[str, asyncio.Task[None]] = {}
        self._slots = asyncio.Semaphore(ACTIVATIONS_AT_ONCE)

    async def run(self) -> None:
        """Look, move, wait; for ever. One tournament that cannot be moved does not hold up the others."""
        await asyncio.gather(
            go_round(self._clock, SCHEDULE_POLL_S, self.look, "schedule_cannot_look"),
            go_round(self._clock, ALARM_POLL_S, self.tell_overdue, "schedule_cannot_tell"),
        )

    async def look(self) -> int:
        """Begin to move what is due and not on its way yet; how many."""
        begun = 0
        for row in await self._listings.due(self._clock.now_ms(), SCHEDULE_BATCH_MAX):
            if row.tournament_id not in self._moving:
                self._moving[row.tournament_id] = asyncio.create_task(self._move(row))
                begun += 1
        return begun

    async def tell_overdue(self) -> None:
        """A step that does not get done is an alert to its operator, once."""
        now_ms = self._clock.now_ms()
        for tenant, row in await self._listings.newly_overdue(now_ms - OVERDUE_AFTER_MS, now_ms):
            seconds = (now_ms - row.due_ms) // 1_000
            log.error("schedule_overdue", extra={"tournament": row.tournament_id, "seconds": seconds})
            text = f"The next step of tournament {row.tournament_id} has been due for {seconds} s"
            await alert(self._feed, tenant, "tournament_overdue", text, now_ms)

    async def settled(self) -> None:
        """Wait for what was begun."""
        await asyncio.gather(*self._moving.values())

    async def _move(self, row: DueRow) -> None:
        try:
            async with self._slots:
                order = request_of(Advance(), Identity(self._ids.command_id(), "schedule"))
                reply = await self._directory.ask(row.tournament_id, order)
            late_ms = self._clock.now_ms() - row.due_ms
            if isinstance(reply, Done):
                log.info("schedule_moved", extra={"tournament": row.tournament_id, "late_ms": late_ms})
            else:
                log.warning("schedule_failed", extra={"tournament": row.tournament_id, "reply": str(reply)})
        except Exception:
            log.exception("schedule_failed", extra={"tournament": row.tournament_id})
        finally:
            self._moving.pop(row.tournament_id, None)
