"""The schedule: tournaments open, start and finish on time, and catch up after an outage.

The listing row says when a tournament's next step is due; the owner alone decides which step that is, and does
it by itself when it is awake. So any number of these may run, late or twice, without harm: they wake those
that start soon, and do what has not been done.
"""

import asyncio
import logging
from collections.abc import AsyncIterator

from actors.directory import Directory
from actors.replies import Done
from actors.requests import Identity, ReadSummary, request_of
from config.limits import (
    ALARM_POLL_S,
    OVERDUE_AFTER_MS,
    SCHEDULE_AT_ONCE,
    SCHEDULE_BATCH_MAX,
    SCHEDULE_GRACE_MS,
    SCHEDULE_PAUSE_MAX_MS,
    SCHEDULE_PAUSE_MS,
    SCHEDULE_POLL_S,
    SCHEDULE_WAITING_MAX,
    SCHEDULE_WAKE_EVERY_S,
)
from config.owner_limits import MOVE_BEFORE_START_MS, RESCUE_LOOK_EVERY_S, SHARED_KEEP_UP_EVERY_S
from server.domain.ids import TournamentId
from server.domain.tournament.commands import Advance
from server.ports import Clock, DueRow, Feed, IdSource, Listings
from server.reports.alerts import alert
from server.runtime.counters import Counters
from server.runtime.loops import go_round

log = logging.getLogger(__name__)


class Scheduler:
    """Moves due tournaments."""

    def __init__(
        self,
        listings: Listings,
        directory: Directory,
        feed: Feed,
        clock: Clock,
        ids: IdSource,
        counters: Counters | None = None,
        grace_ms: int = SCHEDULE_GRACE_MS,
    ) -> None:
        self._listings = listings
        self._feed = feed
        self._directory = directory
        self._clock = clock
        self._ids = ids
        self._counters = counters or Counters()
        self._grace_ms = grace_ms
        self._moving: dict[str, asyncio.Task[None]] = {}
        self._slots = asyncio.Semaphore(SCHEDULE_AT_ONCE)
        # Failed before: how often, and when it is tried again (monotonic).
        self._again: dict[str, tuple[int, int]] = {}
        # Those that cannot be woken must not hold up what is due.
        self._waking = asyncio.Semaphore(SCHEDULE_AT_ONCE)
        self._woken: dict[str, int] = {}

    async def run(self) -> None:
        """Look, move, wait; for ever. One tournament that cannot be moved does not hold up the others."""
        await asyncio.gather(
            go_round(self._clock, SCHEDULE_POLL_S, self.look, "schedule_cannot_look"),
            go_round(self._clock, SCHEDULE_WAKE_EVERY_S, self.wake, "schedule_cannot_wake"),
            go_round(self._clock, SHARED_KEEP_UP_EVERY_S, self._directory.keep_up, "cannot_keep_up"),
            go_round(self._clock, RESCUE_LOOK_EVERY_S, self._rescue, "cannot_rescue"),
            go_round(self._clock, ALARM_POLL_S, self.tell_overdue, "schedule_cannot_tell"),
        )

    async def _rescue(self) -> None:
        if given_up := await self._directory.rescue():
            self._counters.add("given_up", given_up)

    async def look(self) -> int:
        """Begin to move what is due and not on its way yet; how many."""
        begun, now_ms = 0, self._clock.monotonic_ms()
        async for row in self._until(self._clock.now_ms() - self._grace_ms, None):
            if row.tournament_id in self._moving or self._again.get(row.tournament_id, (0, 0))[1] > now_ms:
                continue
            if len(self._moving) >= SCHEDULE_WAITING_MAX:
                break
            self._moving[row.tournament_id] = asyncio.create_task(self._move(row))
            begun += 1
        return begun

    async def _until(self, until_ms: int, after: DueRow | None) -> AsyncIterator[DueRow]:
        """All whose step is due until then, page by page: those in front that are stuck hide none behind."""
        while rows := await self._listings.due(until_ms, SCHEDULE_BATCH_MAX, after):
            for row in rows:
                yield row
            after = rows[-1]
            if len(rows) < SCHEDULE_BATCH_MAX:
                return

    async def wake(self) -> int:
        """Ask those once that start within minutes: they move to processes of their own in time, and their
        first caller need not wait for a recovery."""
        now_ms = self._clock.now_ms()
        self._woken = {id_: due_ms for id_, due_ms in self._woken.items() if due_ms >= now_ms}
        soon = self._until(now_ms + MOVE_BEFORE_START_MS, DueRow(TournamentId(""), now_ms))
        fresh = [row async for row in soon if self._woken.get(row.tournament_id) != row.due_ms]
        await asyncio.gather(*(self._wake(row) for row in fresh))
        return len(fresh)

    async def _wake(self, row: DueRow) -> None:
        async with self._waking:
            if isinstance(await self._directory.ask(row.tournament_id, ReadSummary()), Done):
                self._woken[row.tournament_id] = row.due_ms

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
        moved = False
        try:
            async with self._slots:
                order = request_of(Advance(), Identity(self._ids.command_id(), "schedule"))
                reply = await self._directory.ask(row.tournament_id, order)
            late_ms, moved = self._clock.now_ms() - row.due_ms, isinstance(reply, Done)
            self._counters.add("schedule:moved" if moved else "schedule:failed")
            if moved:
                self._counters.observe("schedule_late_seconds", max(0, late_ms) / 1_000)
                log.info("schedule_moved", extra={"tournament": row.tournament_id, "late_ms": late_ms})
            else:
                log.warning("schedule_failed", extra={"tournament": row.tournament_id, "reply": str(reply)})
        except Exception:
            log.exception("schedule_failed", extra={"tournament": row.tournament_id})
        finally:
            self._moving.pop(row.tournament_id, None)
            self._note(row.tournament_id, moved=moved)

    def _note(self, tournament_id: str, *, moved: bool) -> None:
        tries, _ = self._again.pop(tournament_id, (0, 0))
        if not moved:
            pause_ms = min(SCHEDULE_PAUSE_MS << min(tries, 10), SCHEDULE_PAUSE_MAX_MS)
            self._again[tournament_id] = tries + 1, self._clock.monotonic_ms() + pause_ms
