"""The deliverer: claims lanes and sends their events, in order, until each was taken.

A lane is one tournament to one endpoint. The worker that has its claim sends one event after the other; one
that dies leaves a claim that runs out, and the next worker sends the same events, with the same ids, again.
Each endpoint has a few lanes at a time, one that fails a single one: so none keeps another waiting.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

from config.limits import (
    DELIVERY_CLAIM_MS,
    DELIVERY_POLL_S,
    DELIVERY_SEND_UNTIL_MS,
    LANE_EVENTS_MAX,
    LANES_AT_ONCE,
    LANES_PER_ENDPOINT,
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
    """How far a lane has come under this claim."""

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
        if self._at_work.total() >= LANES_AT_ONCE:
            return
        now_ms = self._clock.now_ms()
        busy = [name for name, count in self._at_work.items() if count >= self._most(name)]
        claim, until_ms = self._ids.command_id(), now_ms + DELIVERY_CLAIM_MS
        limits = (LANES_PER_ENDPOINT, LANE_EVENTS_MAX)
        for lane in await self._deliveries.claim_lanes(claim, now_ms, until_ms, *limits, busy):
            self._at_work[lane.endpoint.id] += 1
            if lane.failing:
                self._failing.add(lane.endpoint.id)
            else:
                self._failing.discard(lane.endpoint.id)
            work.create_task(self._work(lane, now_ms + DELIVERY_SEND_UNTIL_MS))

    def _most(self, endpoint_id: str) -> int:
        """Lanes under way at which an endpoint is busy: an endpoint that fails is tried by one at a time."""
        return 1 if endpoint_id in self._failing else LANES_PER_ENDPOINT

    async def _work(self, lane: DeliveryCursor, until_ms: int) -> None:
        """Send what was claimed, in order, up to the first that is not taken, while the claim is good."""
        at = _Progress(lane.done_seq, lane.attempts, self._clock.now_ms())
        try:
            for event in lane.events:
                if self._clock.now_ms() >= until_ms or not await self._pass(lane, event, at):
                    break
            if not lane.events:
                at.done_seq = lane.tip_seq
        except Exception:
            log.exception("delivery_failed", extra={"endpoint": lane.endpoint.id, "stream": lane.stream})
            at.next_try_ms = self._clock.now_ms() + DELIVERY_CLAIM_MS
        finally:
            self._at_work[lane.endpoint.id] -= 1
            self._notes.came(DeliveryProgress(lane.id, lane.claim, at.done_seq, at.tries, at.next_try_ms))

    async def _pass(self, lane: DeliveryCursor, event: Announcement, at: _Progress) -> bool:
        """One event; whether the next one may follow now."""
        if lane.whole or wants(lane.endpoint.types, event.event_type):
            begun_ms = self._clock.now_ms()
            if (wrong := fault(event.event_type, event.data)) is not None:
                # Sent all the same: a receiver can do more with it than without it.
                fields = {"event_id": event.event_id, "event_type": event.event_type, "wrong": wrong}
                log.error("event_off_schema", extra=fields)
            result = await self._senders[lane.endpoint.kind].send(lane, event, begun_ms)
            if result.heard is DeliveryVerdict.TAKEN and not await self._acks.take(lane, event, result.body):
                result = replace(
                    result,
                    heard=DeliveryVerdict.AGAIN,
                    reason="Its tournament could not be told what it answered",
                )
            if result.heard is not DeliveryVerdict.TAKEN:
                return await self._not_taken(lane, event, at, result, begun_ms)
            self._note(lane, event, at.tries + 1, result, begun_ms, DeliveryOutcome.DELIVERED)
        at.done_seq, at.tries = event.seq, 0
        return True

    async def _not_taken(
        self, lane: DeliveryCursor, event: Announcement, at: _Progress, result: DeliveryResult, begun_ms: int
    ) -> bool:
        """Again after a pause; after the last one it is a dead letter and the next event's turn."""
        at.tries += 1
        pause = pause_ms(at.tries, result.retry_after_s, self._jitter)
        if result.heard is DeliveryVerdict.GONE:
            await self._alarms.disable(lane.tenant, lane.endpoint, "It answered 410 Gone")
        if pause is not None:
            at.next_try_ms = self._clock.now_ms() + pause
            self._note(lane, event, at.tries, result, begun_ms, DeliveryOutcome.FAILED, at.next_try_ms)
            return False
        self._note(lane, event, at.tries, result, begun_ms, DeliveryOutcome.DEAD)
        await self._alarms.dead(lane.tenant, lane.endpoint, lane.stream, event)
        at.done_seq, at.tries = event.seq, 0
        return True

    def _note(
        self,
        lane: DeliveryCursor,
        event: Announcement,
        number: int,
        result: DeliveryResult,
        begun_ms: int,
        outcome: DeliveryOutcome,
        next_ms: int | None = None,
    ) -> None:
        took_ms = self._clock.now_ms() - begun_ms
        attempt = Attempt(
            endpoint_id=lane.endpoint.id,
            tenant=lane.tenant,
            stream=lane.stream,
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
