"""What stores of events on their way out must do. Subclasses of `StoreContract` take this in."""

import asyncio
from dataclasses import replace
from typing import Any

from server.domain.ids import OperatorId, Tenant
from server.domain.tournament import commands
from server.ports import (
    Attempt,
    AttemptFilter,
    DeliveryCursor,
    DeliveryOutcome,
    DeliveryProgress,
    Endpoint,
    EndpointKind,
)
from server.public_events.mapping import Announcement
from tests.contracts.stores import Writer
from tests.support.builders import NOW_MS, command_request, register

MINUTE_MS = 60_000
SAID = b'{"status":"maintenance","message":"soon"}'


def endpoint(tenant: Tenant, name: str = "main", *types: str) -> Endpoint:
    """A webhook of a tenant."""
    return Endpoint(
        f"ep_{tenant.operator_id}_{tenant.live}_{name}",
        name,
        EndpointKind.WEBHOOK,
        "https://x.example",
        tuple(types),
    )


def tried(
    cursor: DeliveryCursor,
    event: Announcement,
    outcome: DeliveryOutcome = DeliveryOutcome.DELIVERED,
    at_ms: int = NOW_MS,
) -> Attempt:
    """One try."""
    name = (cursor.endpoint.id, cursor.tenant, cursor.stream)
    return Attempt(*name, event.seq, event.event_id, event.event_type, 1, at_ms, 5, outcome, 200, "ok")


def upto(cursor: DeliveryCursor, seq: int, attempts: int = 0, next_ms: int = NOW_MS) -> DeliveryProgress:
    """The cursor is done up to `seq`."""
    return DeliveryProgress(cursor.id, cursor.claim, seq, attempts, next_ms)


class EventsContract:
    """Feed, endpoints, cursors."""

    async def born(self, store: Any, writer: Writer) -> None:
        """Three events: created, opened, ann registered."""
        await store.begin(writer.first)
        writer.epoch = await store.take_over(writer.id, "test") or 0
        await store.commit(writer.commit(command_request(register("ann"))))

    async def routed(self, store: Any) -> None:
        """All that was committed has its place, also what other tests left."""
        while await store.route(NOW_MS, 500):
            pass

    async def subscribed(self, store: Any, tenant: Tenant, writer: Writer) -> Endpoint:
        """An endpoint that is still to get everything of a tournament."""
        of = endpoint(tenant)
        await store.save_endpoint(tenant, of)
        await self.born(store, writer)
        await self.routed(store)
        return of

    async def claim(
        self, store: Any, of: Endpoint, claim: str = "w1", now_ms: int = NOW_MS, events: int = 50
    ) -> Any:
        """The cursors of one endpoint; those of other tests are left alone."""
        cursors = await store.claim_cursors(claim, now_ms, now_ms + MINUTE_MS, 10, events, ())
        return [cursor for cursor in cursors if cursor.endpoint.id == of.id]

    async def test_the_feed_has_every_event_once_in_the_order_of_its_streams(
        self, store: Any, tenant: Tenant, writer: Writer
    ) -> None:
        other = Writer(f"u-{tenant.operator_id}", tenant)
        await self.born(store, writer)
        await self.born(store, other)
        assert await store.feed(tenant, 0, 10) == [] and tenant in await store.audience()
        await self.routed(store)
        await store.commit(writer.commit(command_request(register("ben"))))
        await asyncio.gather(*(store.route(NOW_MS, 2) for _ in range(4)))
        await self.routed(store)
        rows = await store.feed(tenant, 0, 100)
        assert [row.no for row in rows] == list(range(1, len(rows) + 1))
        for stream in (writer.id, other.id):
            told = [row.event for row in rows if row.stream == stream]
            assert told == await store.history(tenant, stream, 0, 100) and len(told) >= 3
        assert await store.feed(tenant, 2, 1) == rows[2:3]
        assert await store.feed(replace(tenant, live=False), 0, 10) == []

    async def test_the_house_speaks_in_a_stream_of_its_own(self, store: Any, tenant: Tenant) -> None:
        said = [await store.say(tenant, "system.status_changed", SAID, NOW_MS + n) for n in range(3)]
        await self.routed(store)
        rows = await store.feed(tenant, 0, 10)
        assert [row.event for row in rows] == said and [one.seq for one in said] == [1, 2, 3]
        assert len({one.event_id for one in said}) == 3
        assert await store.event(tenant, said[1].event_id) == (rows[1].stream, said[1])
        assert await store.event(Tenant(OperatorId("op_else"), live=True), said[1].event_id) is None

    async def test_an_endpoint_gets_what_it_wants_from_its_making_on(
        self, store: Any, tenant: Tenant, writer: Writer
    ) -> None:
        await self.born(store, writer)
        await self.routed(store)
        everything, players = endpoint(tenant), endpoint(tenant, "players", "player.*", "tournament.started")
        for one in (everything, players):
            await store.save_endpoint(tenant, one)
        await store.commit(writer.commit(command_request(register("ben")), command_request(commands.Start())))
        await self.routed(store)
        [cursor] = await self.claim(store, everything)
        assert [event.event_type for event in cursor.events] == ["player.registered", "tournament.started"]
        assert (cursor.stream, cursor.tenant, cursor.endpoint, cursor.attempts) == (
            writer.id,
            tenant,
            everything,
            0,
        )
        names = [one.name for one, _ in await store.endpoints(tenant)]
        assert names == ["main", "players"]
        assert (await store.endpoints(tenant))[0][1].pending == 1

    async def test_a_cursor_is_claimed_once_and_only_its_claim_moves_it(
        self, store: Any, tenant: Tenant, writer: Writer
    ) -> None:
        of = await self.subscribed(store, tenant, writer)
        [cursor] = await self.claim(store, of, events=2)
        assert [event.seq for event in cursor.events] == [1, 2]
        assert await self.claim(store, of, "w2") == []
        [again] = await self.claim(store, of, "w2", NOW_MS + MINUTE_MS)
        assert again.id == cursor.id
        await store.mark([upto(cursor, 2)], [], NOW_MS)
        assert await self.claim(store, of, "w3", NOW_MS + MINUTE_MS) == [], "w1 has lost it"
        await store.mark([upto(again, 1)], [tried(again, again.events[0])], NOW_MS)
        [rest] = await self.claim(store, of, "w4", NOW_MS)
        assert rest.done_seq == 1 and rest.events == again.events[1:]
        await store.mark([upto(rest, rest.tip_seq)], [], NOW_MS)
        assert await self.claim(store, of, "w5", NOW_MS) == []
        assert (await store.endpoints(tenant))[0][1].pending == 0

    async def test_what_comes_while_a_cursor_is_claimed_is_not_forgotten(
        self, store: Any, tenant: Tenant, writer: Writer
    ) -> None:
        of = await self.subscribed(store, tenant, writer)
        [cursor] = await self.claim(store, of)
        await store.commit(writer.commit(command_request(register("ben"))))
        await self.routed(store)
        await store.mark([upto(cursor, cursor.tip_seq)], [], NOW_MS)
        [rest] = await self.claim(store, of)
        assert [event.seq for event in rest.events] == [cursor.tip_seq + 1]
        await store.mark([upto(rest, rest.tip_seq)], [], NOW_MS)
        await store.commit(writer.commit(command_request(register("eve"))))
        await self.routed(store)
        [new] = await self.claim(store, of)
        assert [event.seq for event in new.events] == [rest.tip_seq + 1]

    async def test_failures_are_counted_and_an_endpoint_that_answers_again_has_all_cursors_due(
        self, store: Any, tenant: Tenant, writer: Writer
    ) -> None:
        of, other = endpoint(tenant), Writer(f"u-{tenant.operator_id}", tenant)
        await store.save_endpoint(tenant, of)
        await self.born(store, writer)
        await self.born(store, other)
        await self.routed(store)
        cursors = await self.claim(store, of)
        later = NOW_MS + 90 * MINUTE_MS
        failed = [tried(cursor, cursor.events[0], DeliveryOutcome.FAILED) for cursor in cursors]
        await store.mark([upto(cursor, 0, 1, later) for cursor in cursors], failed, NOW_MS)
        health = (await store.endpoints(tenant))[0][1]
        assert (health.failed, health.failing_since_ms, health.pending) == (2, NOW_MS, 2)
        assert (tenant, of) in await store.failing(NOW_MS + 1)
        assert await self.claim(store, of, now_ms=later - 1) == []
        [probe] = await self.claim(store, of, now_ms=later)
        assert probe.failing and probe.attempts == 1
        done = tried(probe, probe.events[0])
        await store.mark([upto(probe, probe.tip_seq)], [done], NOW_MS + MINUTE_MS)
        [rest] = await self.claim(store, of, now_ms=NOW_MS + MINUTE_MS)
        assert not rest.failing
        health = (await store.endpoints(tenant))[0][1]
        assert (health.delivered, health.failing_since_ms) == (1, None)
        log = await store.attempts(tenant, AttemptFilter(endpoint_id=of.id), 10)
        assert [one.outcome for one in log] == ["delivered", "failed", "failed"]
        assert await store.attempts(tenant, AttemptFilter(outcome="failed", before=log[1].id), 10) == log[2:]
        assert await store.attempts(tenant, AttemptFilter(event_id=done.event_id), 10) == [
            log[0],
            *(one for one in log[1:] if one.event_id == done.event_id),
        ]

    async def test_a_disabled_endpoint_rests_and_goes_on_where_it_stood(
        self, store: Any, tenant: Tenant, writer: Writer
    ) -> None:
        of = endpoint(tenant)
        await store.save_endpoint(tenant, of)
        await self.born(store, writer)
        assert await store.disable(of.id, "gone", NOW_MS) and not await store.disable(of.id, "gone", NOW_MS)
        await self.routed(store)
        assert await self.claim(store, of) == []
        assert (await store.endpoints(tenant))[0][0].disabled_reason == "gone"
        await store.save_endpoint(tenant, of)
        [cursor] = await self.claim(store, of)
        assert [event.seq for event in cursor.events] == [1, 2, 3][: len(cursor.events)]
        await store.mark([upto(cursor, 0, 5, NOW_MS + MINUTE_MS)], [], NOW_MS)
        assert await self.claim(store, of) == []
        await store.save_endpoint(tenant, of)
        [cursor] = await self.claim(store, of)
        assert cursor.attempts == 5
        await store.remove_endpoint(tenant, of.id)
        await store.mark([upto(cursor, 1)], [tried(cursor, cursor.events[0])], NOW_MS)
        assert await self.claim(store, of) == [] and await store.endpoints(tenant) == []

    async def test_events_are_sent_again_and_probes_go_to_one_alone(
        self, store: Any, tenant: Tenant, writer: Writer
    ) -> None:
        await self.born(store, writer)
        await self.routed(store)
        of, other = endpoint(tenant), endpoint(tenant, "other")
        await store.save_endpoint(tenant, of)
        await store.save_endpoint(tenant, other)
        for _ in range(2):
            assert await store.send_again(tenant, of.id, [(writer.id, 2, 3)], False, NOW_MS) == 2
        await store.probe(tenant, of.id, "p1", Announcement("evt_p1", 1, "system.test", NOW_MS, b"{}"))
        cursors = await self.claim(store, of)
        assert sorted([e.seq for e in cursor.events] for cursor in cursors) == [[1], [2, 3]]
        assert await self.claim(store, other) == []
        assert not [row for row in await store.feed(tenant, 0, 10) if row.event.event_id == "evt_p1"]

    async def test_who_falls_behind_is_told_once_and_once_when_it_has_caught_up(
        self, store: Any, tenant: Tenant, writer: Writer
    ) -> None:
        of = await self.subscribed(store, tenant, writer)

        async def late() -> list[str]:
            return [one.id for _, one, _ in await store.fallen_behind(NOW_MS + 1, NOW_MS) if one == of]

        assert await late() == [of.id] and await late() == []
        assert of not in [one for _, one in await store.caught_up(NOW_MS + 1)]
        [cursor] = await self.claim(store, of)
        await store.mark([upto(cursor, cursor.tip_seq)], [], NOW_MS)
        assert of in [one for _, one in await store.caught_up(NOW_MS + 1)]
        assert of not in [one for _, one in await store.caught_up(NOW_MS + 1)]
        totals = await store.totals(NOW_MS + 5)
        assert totals["endpoints"] >= 1 and totals["unrouted"] == 0

    async def test_the_log_is_forgotten_when_it_is_old(
        self, store: Any, tenant: Tenant, writer: Writer
    ) -> None:
        of = await self.subscribed(store, tenant, writer)
        [cursor] = await self.claim(store, of)
        old = tried(cursor, cursor.events[0], at_ms=1)
        await store.mark([], [old, tried(cursor, cursor.events[0])], NOW_MS)
        assert await store.forget_attempts(2) == 1
        assert len(await store.attempts(tenant, AttemptFilter(), 10)) == 1
