"""What Prometheus reads, and who may."""

import re

import httpx2
import pytest
from fastapi.routing import iter_route_contexts

from api.metrics.table import METRICS
from server.domain.ids import TournamentId
from server.ports import (
    Attempt,
    DeliveryOutcome,
    DeliveryProgress,
    Endpoint,
    EndpointKind,
    OwnerProcess,
)
from server.runtime.counters import Counters
from tests.support.app import a_house
from tests.support.builders import TENANT


async def test_metrics_tell_lag_retries_and_dead_letters() -> None:
    async with a_house() as house:
        store, now_ms = house.store, house.clock.now_ms()
        await store.save_endpoint(TENANT, Endpoint("ep_1", "main", EndpointKind.WEBHOOK, "https://x.example"))
        await store.say(TENANT, "system.status_changed", b'{"status":"degraded","message":""}', now_ms)
        before = (await house.client.get("/metrics")).text
        assert "pitboss_events_unrouted 1.0" in before and "process_resident_memory_bytes" in before
        await store.route(now_ms, 10)
        [cursor] = await store.claim_cursors("c", now_ms, now_ms + 1, 1, 1, ())
        tried = Attempt("ep_1", TENANT, cursor.stream, 1, "e", "t", 1, now_ms, 1, DeliveryOutcome.DEAD)
        await store.mark([DeliveryProgress(cursor.id, "c", 0, 1, now_ms)], [tried], now_ms)
        await house.clock.advance(90_000)
        told = (await house.client.get("/metrics")).text
    for line in (
        "pitboss_events_unrouted 0.0",
        "pitboss_delivery_cursors_pending 1.0",
        "pitboss_event_lag_seconds 90.0",
        'pitboss_delivery_attempts_total{outcome="failed"} 1.0',
        'pitboss_delivery_attempts_total{outcome="dead"} 1.0',
        'pitboss_event_endpoints{state="failing"} 1.0',
        'pitboss_event_endpoints{state="healthy"} 0.0',
    ):
        assert line in told.splitlines(), told


async def test_metrics_tell_where_tournaments_live() -> None:
    async with a_house() as house:
        await house.tournament("ann", "ben", started=True)
        shared = await house.tournament("cid")
        await house.store.place(TournamentId(shared), "shared:1", None)
        entered = await house.store.enter("shared:1", "me")
        await house.store.beat(OwnerProcess("shared:1", "me", entered, 7, 250_000), [])
        house.clock.jump(3 * 3_600_000)
        told = (await house.client.get("/metrics")).text
    for line in (
        'pitboss_tournaments{lives="none",status="in_progress"} 1.0',
        'pitboss_tournaments{lives="shared",status="open"} 1.0',
        "pitboss_tournaments_overdue 2.0",
        'pitboss_shared_owner_tournaments{placement="shared:1"} 7.0',
        'pitboss_shared_owner_loop_late_seconds{placement="shared:1"} 0.25',
        'pitboss_shared_owner_silent_seconds{placement="shared:1"} 10800.0',
    ):
        assert line in told.splitlines(), told


@pytest.mark.parametrize(
    ("token", "given", "address", "status"),
    [
        (None, None, "127.0.0.1", 200),
        (None, None, "::1", 200),
        (None, None, "10.0.0.7", 401),
        (None, "guess", "10.0.0.7", 401),
        ("right", "right", "10.0.0.7", 200),
        ("right", "wrong", "127.0.0.1", 401),
        ("right", None, "127.0.0.1", 401),
        (None, None, "testclient", 401),
    ],
)
async def test_metrics_are_for_the_house_itself(
    token: str | None, given: str | None, address: str, status: int
) -> None:
    async with a_house() as house:
        house.ctx.metrics_token = token
        headers = {} if given is None else {"Authorization": f"Bearer {given}"}
        transport = httpx2.ASGITransport(house.app, client=(address, 1))
        async with httpx2.AsyncClient(transport=transport, base_url="http://x") as client:
            answer = await client.get("/metrics", headers=headers)
        assert answer.status_code == status


async def test_what_is_shown_is_what_the_table_says() -> None:
    async with a_house() as house:
        await house.store.add_counts("node", "own", {"commits:stored": 3, "commit_rows": 9})
        counters = Counters()
        for seconds in (0.004, 0.3, 30.0):
            counters.observe("commit_seconds", seconds)
        await house.store.add_counts("other", "own", counters.take())
        await house.store.add_counts("other", "workers", {"schedule:moved": 2, "given_up": 4})
        tournament_id = await house.tournament("ann", "ben", started=True)
        events = [{"event_id": "1", "player": "ann", "points": 5}] * 2
        path = f"/api/internal/tournaments/{tournament_id}/events"
        await house.client.post(path, headers=house.platform, json={"events": events})
        assert (await house.client.get(f"/api/tournaments/{tournament_id}/nothing")).status_code == 404
        told = (await house.client.get("/metrics")).text
    shown = set(re.findall(r"^# TYPE (pitboss_[a-z_]+) ", told, re.MULTILINE))
    assert shown == {f"{m.name}_total" if m.kind == "counter" else m.name for m in METRICS}
    facts = "/api/internal/tournaments/{tournament_id}/events"
    for line in (
        'pitboss_commits_total{owners="own",result="stored"} 3.0',
        'pitboss_commit_rows_total{owners="own"} 9.0',
        'pitboss_commit_seconds_bucket{le="0.005",owners="own"} 1.0',
        'pitboss_commit_seconds_bucket{le="0.5",owners="own"} 2.0',
        'pitboss_commit_seconds_bucket{le="+Inf",owners="own"} 3.0',
        'pitboss_commit_seconds_sum{owners="own"} 30.304',
        'pitboss_schedule_steps_total{result="moved"} 2.0',
        "pitboss_given_up_total 4.0",
        f'pitboss_requests_total{{method="POST",route="{facts}",status="200"}} 1.0',
        f'pitboss_request_seconds_count{{route="{facts}"}} 1.0',
        'pitboss_requests_total{method="GET",route="none",status="404"} 1.0',
        'pitboss_facts_total{outcome="accepted"} 1.0',
        'pitboss_facts_total{outcome="duplicate"} 1.0',
        "pitboss_sockets 0.0",
    ):
        assert line in told.splitlines(), told
    assert tournament_id not in told


async def test_whatever_strangers_ask_for_no_metric_is_made_of_it() -> None:
    """A label that a caller may choose would fill our memory, and Prometheus's."""
    async with a_house() as house:
        for number in range(50):
            for path in (
                f"/sdk/a{number}/b{number}/c{number}/d.js",
                f"/x{number}/y",
                f"/sdk/%2f{number}/e%2f{number}",
            ):
                await house.client.get(path)
        known = {str(context.path) for context in iter_route_contexts(house.app.routes)} | {"none"}
        counted = house.ctx.metrics.requests
        assert {route for _, route, _ in counted} == {"/sdk/{wanted}/{path:path}", "none"} <= known
        assert sum(counted.values()) == 150
        for prefix in ("/api/internal", "/internal"):
            path = f"{prefix}/tournaments/none/events"
            await house.client.post(path, headers=house.platform, json={"events": []})
            assert any(route == f"{prefix}/tournaments/{{tournament_id}}/events" for _, route, _ in counted)
