"""Router and workers at the same rows at one moment: no cursor is left behind under a claim that is over."""

import asyncio

from server.domain.ids import OperatorId, Tenant
from server.storage.postgres.deliveries import PostgresDeliveries
from server.storage.postgres.endpoints import PostgresEndpoints
from server.storage.postgres.engine import open_engine
from server.storage.postgres.feed import PostgresFeed
from tests.contracts.events import MINUTE_MS, SAID, endpoint, upto
from tests.support.builders import NOW_MS


async def test_an_event_that_comes_while_a_cursor_is_given_back_is_due_at_once(postgres: str) -> None:
    engine = open_engine(postgres)
    feed, deliveries = PostgresFeed(engine), PostgresDeliveries(engine)
    tenants = [Tenant(OperatorId(f"op_race_{n}"), live=True) for n in range(6)]
    mine = {endpoint(tenant).id for tenant in tenants}
    for tenant in tenants:
        await PostgresEndpoints(engine).save_endpoint(tenant, endpoint(tenant))
    for turn in range(40):
        now_ms = NOW_MS + turn
        for tenant in tenants:
            await feed.say(tenant, "system.status_changed", SAID, now_ms)
        while await feed.route(now_ms, 500):
            pass  # what other tests left, too
        cursors = await deliveries.claim_cursors(f"a{turn}", now_ms, now_ms + MINUTE_MS, 5, 50, ())
        own = [cursor for cursor in cursors if cursor.endpoint.id in mine]
        assert len(own) == len(tenants), f"turn {turn}"
        await asyncio.gather(*(feed.say(tenant, "system.status_changed", SAID, now_ms) for tenant in tenants))
        marks = [upto(cursor, cursor.tip_seq, next_ms=now_ms) for cursor in own]
        await asyncio.gather(
            *(deliveries.mark([mark], [], now_ms) for mark in marks[::2]),
            feed.route(now_ms, 500),
            deliveries.mark(marks[1::2], [], now_ms),
        )
        while await feed.route(now_ms, 500):
            pass
        rest = await deliveries.claim_cursors(f"b{turn}", now_ms, now_ms + MINUTE_MS, 5, 50, ())
        own = [cursor for cursor in rest if cursor.endpoint.id in mine]
        assert [len(cursor.events) for cursor in own] == [1] * len(tenants), f"turn {turn}"
        await deliveries.mark([upto(cursor, cursor.tip_seq) for cursor in own], [], now_ms)
    for tenant in tenants:
        await PostgresEndpoints(engine).remove_endpoint(tenant, endpoint(tenant).id)
    await engine.dispose()
