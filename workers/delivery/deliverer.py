"""The deliverer: claims cursors and sends their events, in order, until each was taken.

A cursor is one tournament to one endpoint. The worker that has its claim sends one event after the other; one
that dies leaves a claim that runs out, and the next worker sends the same events, with the same ids, again.
Each endpoint has a few cursors at a time, one that fails a single one: so none keeps another waiting.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

from config.limits import (
    CURSOR_EVENTS_MAX,
    CURSORS_AT_ONCE,
    CURSORS_PER_ENDPOINT,
    DELIVERY_CLAIM_MS,
    DELIVERY_POLL_S,
    DELIVERY_SEND_UNTIL_MS,
)
from server.ports import (
    Attempt,
    Clock,
    Deliveries,
    DeliveryCursor,
    DeliveryOutcome,
    DeliveryProgress,
    EndpointKind,
    IdSource,
)
from server.public_events.catalogue import fault
from server.public_events.mapping import Announcement
from server.public_events.streams import wants
from server.runtime.loops import go_round
from workers.delivery.acks import Acks
from workers.delivery.alarms import Alarms
from workers.delivery.backoff import pause_ms
from workers.delivery.notes import Notes
from workers.delivery.sender import DeliveryResult, DeliveryVerdict, Sender

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Progress:
    """How far a cursor has come under this claim."""

    done_seq: int
    tries: int
    next_try_ms: int


class Deliverer:
    """Sends what is due."""

    def __init__(
        self,
        deliveries: Deliveries,
        senders: Mapping[EndpointKind, Sender],
        alarms: Alarms,
        acks: Acks,
        clock: Clock,
        ids: IdSource,
        jitter: Callable[[float], float],
    ) -> None:
        self._deliveries = deliveries
        self._senders = senders
        self._alarms = alarms
        self._acks = acks
        self._clock = clock
        self._ids = ids
        self._jitter = jitter
        self._notes = Notes(deliveries, clock)
        self._at_work: Counter[str] = Counter()
        self._failing: set[str] = set()

    async def run(self) -> None:
        """Claim, begin to send, wait; for ever. Ended in peace it gives back what it has claimed."""
        try:
            async with asyncio.TaskGroup() as work:
                work.create_task(self._notes.run())
                look = partial(self._look, work)
                await go_round(self._clock, DELIVERY_POLL_S, look, "deliverer_cannot_look")
        finally:
            await self._notes.write()

    async def _look(self, work: asyncio.TaskGroup) -> None:
        if self._at_work.total() >= CURSORS_AT_ONCE:
            return
        now_ms = self._clock.now_ms()
        busy = [name for name, count in self._at_work.items() if count >= self._most(name)]
        claim, until_ms = self._ids.command_id(), now_ms + DELIVERY_CLAIM_MS
        limits = (CURSORS_PER_ENDPOINT, CURSOR_EVENTS_MAX)
        for cursor in await self._deliveries.claim_cursors(claim, now_ms, until_ms, *limits, busy):
            self._at_work[cursor.endpoint.id] += 1
            if cursor.failing:
                self._failing.add(cursor.endpoint.id)
            else:
                self._failing.discard(cursor.endpoint.id)
            work.create_task(self._work(cursor, now_ms + DELIVERY_SEND_UNTIL_MS))

    def _most(self, endpoint_id: str) -> int:
        """Cursors under way at which an endpoint is busy: an endpoint that fails is tried by one at a time."""
        return 1 if endpoint_id in self._failing else CURSORS_PER_ENDPOINT

    async def _work(self, cursor: DeliveryCursor, until_ms: int) -> None:
        """Send what was claimed, in order, up to the first that is not taken, while the claim is good."""
        at = _Progress(cursor.done_seq, cursor.attempts, self._clock.now_ms())
        try:
            for event in cursor.events:
                if self._clock.now_ms() >= until_ms or not await self._pass(cursor, event, at):
                    break
            if not cursor.events:
                at.done_seq = cursor.tip_seq
        except Exception:
            log.exception("delivery_failed", extra={"endpoint": cursor.endpoint.id, "stream": cursor.stream})
            at.next_try_ms = self._clock.now_ms() + DELIVERY_CLAIM_MS
        finally:
            self._at_work[cursor.endpoint.id] -= 1
            self._notes.came(DeliveryProgress(cursor.id, cursor.claim, at.done_seq, at.tries, at.next_try_ms))

    async def _pass(self, cursor: DeliveryCursor, event: Announcement, at: _Progress) -> bool:
        """One event; whether the next one may follow now."""
        if cursor.whole or wants(cursor.endpoint.types, event.event_type):
            begun_ms = self._clock.now_ms()
            if (wrong := fault(event.event_type, event.data)) is not None:
                # Sent all the same: a receiver can do more with it than without it.
                fields = {"event_id": event.event_id, "event_type": event.event_type, "wrong": wrong}
                log.error("event_off_schema", extra=fields)
            result = await self._senders[cursor.endpoint.kind].send(cursor, event, begun_ms)
            if result.verdict is DeliveryVerdict.TAKEN and not await self._acks.take(
                cursor, event, result.body
            ):
                result = replace(
                    result,
                    verdict=DeliveryVerdict.AGAIN,
                    reason="Its tournament could not be told what it answered",
                )
            if result.verdict is not DeliveryVerdict.TAKEN:
                return await self._not_taken(cursor, event, at, result, begun_ms)
            self._note(cursor, event, at.tries + 1, result, begun_ms, DeliveryOutcome.DELIVERED)
        at.done_seq, at.tries = event.seq, 0
        return True

    async def _not_taken(
        self, cursor: DeliveryCursor, event: Announcement, at: _Progress, result: DeliveryResult, begun_ms: int
    ) -> bool:
        """Again after a pause; after the last one it is a dead letter and the next event's turn."""
        at.tries += 1
        pause = pause_ms(at.tries, result.retry_after_s, self._jitter)
        if result.verdict is DeliveryVerdict.GONE:
            await self._alarms.disable(cursor.tenant, cursor.endpoint, "It answered 410 Gone")
        if pause is not None:
            at.next_try_ms = self._clock.now_ms() + pause
            self._note(cursor, event, at.tries, result, begun_ms, DeliveryOutcome.FAILED, at.next_try_ms)
            return False
        self._note(cursor, event, at.tries, result, begun_ms, DeliveryOutcome.DEAD)
        await self._alarms.dead(cursor.tenant, cursor.endpoint, cursor.stream, event)
        at.done_seq, at.tries = event.seq, 0
        return True

    def _note(
        self,
        cursor: DeliveryCursor,
        event: Announcement,
        number: int,
        result: DeliveryResult,
        begun_ms: int,
        outcome: DeliveryOutcome,
        next_ms: int | None = None,
    ) -> None:
        took_ms = self._clock.now_ms() - begun_ms
        attempt = Attempt(
            endpoint_id=cursor.endpoint.id,
            tenant=cursor.tenant,
            stream=cursor.stream,
            seq=event.seq,
            event_id=event.event_id,
            event_type=event.event_type,
            number=number,
            at_ms=begun_ms,
            duration_ms=took_ms,
            outcome=outcome,
            status=result.status,
            answer=result.text,
            next_try_ms=next_ms,
        )
        self._notes.tried(attempt)
