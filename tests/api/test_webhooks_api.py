"""Endpoints over the API: made, rotated, tested, their log, and sending again."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from server.domain.ids import OperatorId, Tenant
from server.ports import Endpoint, EndpointKind
from server.runtime.randomness import SystemIds
from tests.support.app import House, a_house
from tests.support.receivers import Receiver
from workers.delivery.assembly import delivery
from workers.delivery.queues import Queues

TENANT = Tenant(OperatorId("op_123"), live=True)
HOOK = {"name": "main", "url": "https://casino.example/events"}


class Crew:
    """Workers of a house, and who receives."""

    def __init__(self, house: House) -> None:
        self.house, self.receiver = house, Receiver()

    @contextmanager
    def at_work(self) -> Iterator[None]:
        store, clock, ids = self.house.store, self.house.clock, SystemIds()
        outside = (self.house.directory, self.receiver, Queues())
        router, deliverer, _ = delivery(store, store, *outside, clock, ids, lambda s: s)
        tasks = [asyncio.create_task(part.run()) for part in (router, deliverer)]
        yield
        for task in tasks:
            task.cancel()

    async def call(self, method: str, path: str, body: Any = None, **more: Any) -> Any:
        headers = self.house.auth | more
        return await self.house.client.request(method, f"/api/{path}", json=body, headers=headers)

    async def put(self, **body: Any) -> Any:
        return (await self.call("PUT", "webhooks", HOOK | body)).json()


@pytest.fixture
async def crew() -> AsyncIterator[Crew]:
    async with a_house() as house:
        yield Crew(house)


async def test_a_webhook_is_made_shown_replaced_and_removed(crew: Crew) -> None:
    made = await crew.put(eventTypes=["player.*", "tournament.completed"])
    assert made["secret"].startswith("whsec_") and made["enabled"] and made["kind"] == "webhook"
    [shown] = (await crew.call("GET", "webhooks")).json()["webhooks"]
    assert "secret" not in shown and shown["health"]["delivered"] == 0
    again = await crew.put(url="https://casino.example/other", enabled=False)
    assert again["secret"] is None and again["disabledReason"] == "Disabled by its operator"
    assert again["eventTypes"] == []
    assert (await crew.call("DELETE", "webhooks/main")).json()["status"] == "removed"
    assert (await crew.call("DELETE", "webhooks/main")).json()["error"] == "webhook_not_found"
    told = (await crew.call("GET", "audit")).json()["entries"]
    assert [row["action"] for row in told] == ["webhook.set", "webhook.set", "webhook.removed"]


async def test_a_repeated_put_does_not_show_the_secret_again(crew: Crew) -> None:
    once = {"Idempotency-Key": "k1"}
    first = (await crew.call("PUT", "webhooks", HOOK, **once)).json()
    assert first["secret"] and (await crew.call("PUT", "webhooks", HOOK, **once)).json()["secret"] is None


async def test_rotating_gives_a_fresh_secret_beside_the_present_one(crew: Crew) -> None:
    made = await crew.put()
    rotated = (await crew.call("POST", "webhooks/main/rotate", {"overlapSeconds": 60})).json()
    assert rotated["secret"] != made["secret"] and rotated["formerSecretUntil"] == crew.house.at(1)
    [(endpoint, _)] = await crew.house.store.endpoints(TENANT)
    assert endpoint.secrets == (rotated["secret"], made["secret"])


BAD: list[tuple[dict[str, Any], str]] = [
    ({"url": "http://casino.example"}, "url"),
    ({"url": "ftp://casino.example"}, "url"),
    ({"url": "https://127.0.0.1/"}, "url"),
    ({"name": "a b"}, "name"),
    ({"eventTypes": ["player.registred"]}, "eventTypes"),
    ({"eventTypes": ["*"]}, "eventTypes"),
    ({"kind": "carrier-pigeon"}, "kind"),
    ({"kind": "sqs"}, "url"),
    ({"kind": "sqs", "url": "https://sqs.eu-west-1.amazonaws.com/123456789012/pitboss-op_124-x.fifo"}, "url"),
    ({"kind": "sqs", "url": "https://sqs.evil.example/123456789012/pitboss-op_123-x.fifo"}, "url"),
    ({"kind": "game_platform", "eventTypes": ["player.*"]}, "eventTypes"),
    ({"kind": "game_platform", "acknowledgesPayouts": True}, "acknowledgesPayouts"),
    ({"secret": "mine"}, "secret"),
]


@pytest.mark.parametrize(("body", "field"), BAD)
async def test_a_bad_endpoint_is_refused_by_name(crew: Crew, body: dict[str, Any], field: str) -> None:
    answer = await crew.call("PUT", "webhooks", HOOK | body)
    assert answer.status_code == 400 and list(answer.json()["details"]) == [field]
    assert (await crew.call("GET", "webhooks")).json()["webhooks"] == []


async def test_a_queue_and_a_game_platform_are_endpoints_too(crew: Crew) -> None:
    queue = "https://sqs.eu-west-1.amazonaws.com/123456789012/pitboss-op_123-events.fifo"
    assert (await crew.put(name="queue", kind="sqs", url=queue))["url"] == queue
    platform = await crew.put(name="games", kind="game_platform", url="https://games.example/")
    assert platform["url"] == "https://games.example/internal/tournament/events"
    assert platform["eventTypes"] == ["tournament.started", "tournament.cancelled"]
    with crew.at_work():
        await crew.house.tournament("ann", "ben", started=True)
        await crew.house.clock.advance(2_000)
    assert [event["eventType"] for event in crew.receiver.taken] == ["tournament.started"]


async def test_there_are_only_so_many(crew: Crew) -> None:
    for number in range(20):
        await crew.house.store.save_endpoint(
            TENANT, Endpoint(f"ep_{number}", f"n{number}", EndpointKind.WEBHOOK, "https://x.example")
        )
    assert (await crew.call("PUT", "webhooks", HOOK)).json()["error"] == "too_many_webhooks"


async def test_a_test_event_goes_the_way_of_all_events_and_says_what_came_back(crew: Crew) -> None:
    await crew.put()
    with crew.at_work():
        asking = asyncio.create_task(crew.call("POST", "webhooks/test", {}))
        while not asking.done():
            await crew.house.clock.advance(100)
            await asyncio.sleep(0.01)
        told = (await asking).json()
    assert told["delivery"]["httpStatus"] == 200 and told["delivery"]["answer"] == "ok"
    assert [event["eventType"] for event in crew.receiver.taken] == ["system.test"]
    assert (await crew.call("GET", "events")).json()["events"] == []
    await crew.put(enabled=False)
    assert (await crew.call("POST", "webhooks/test", {})).json()["error"] == "webhook_disabled"


async def test_feed_history_webhook_and_log_name_events_alike(crew: Crew) -> None:
    await crew.put()
    with crew.at_work():
        tournament_id = await crew.house.tournament("ann", "ben", started=True)
        await crew.house.clock.advance(2_000)
    feed = (await crew.call("GET", "events?limit=3")).json()
    assert feed["hasMore"] and len(feed["events"]) == 3
    rest = (await crew.call("GET", f"events?cursor={feed['nextCursor']}")).json()
    history = (await crew.call("GET", f"tournaments/{tournament_id}/events")).json()["events"]
    assert feed["events"] + rest["events"] == history == crew.receiver.taken
    log = (await crew.call("GET", "webhooks/deliveries?status=delivered&limit=2")).json()
    assert [row["eventId"] for row in log["deliveries"]] == [e["eventId"] for e in history[:-3:-1]]
    older = (await crew.call("GET", f"webhooks/deliveries?cursor={log['nextCursor']}&webhook=main")).json()
    assert [row["sequence"] for row in older["deliveries"]] == [e["sequence"] for e in reversed(history[:-2])]
    assert (await crew.call("GET", "webhooks/deliveries?status=lost")).status_code == 400
    assert (await crew.call("GET", "webhooks/deliveries?webhook=none")).status_code == 404


async def test_events_are_sent_again_one_or_many_under_the_same_ids(crew: Crew) -> None:
    await crew.put()
    with crew.at_work():
        tournament_id = await crew.house.tournament("ann", "ben")
        await crew.house.clock.advance(2_000)
        seen = list(crew.receiver.taken)
        one = {"eventId": seen[1]["eventId"]}
        some = {"tournamentId": tournament_id, "fromSequence": 1, "toSequence": 2}
        for body, queued in ((one, 1), (some, 2), ({"deadSince": "2026-01-01T00:00:00Z"}, 0)):
            answer = await crew.call("POST", "webhooks/deliveries/redeliver", body)
            assert answer.status_code == 202 and answer.json()["queued"] == queued, answer.text
            await crew.house.clock.advance(1_000)
    assert crew.receiver.taken[len(seen) :] == [seen[1], *seen[:2]]


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({}, "validation_failed"),
    ({"eventId": "evt_x", "deadSince": "2026-01-01T00:00:00Z"}, "validation_failed"),
    ({"eventId": "evt_x"}, "event_not_found"),
    ({"tournamentId": "{t}", "fromSequence": 1}, "validation_failed"),
    ({"tournamentId": "{t}", "fromSequence": 2, "toSequence": 1}, "validation_failed"),
    ({"tournamentId": "{t}", "fromSequence": 1, "toSequence": 20_000}, "validation_failed"),
    ({"tournamentId": "{t}", "fromSequence": 1, "toSequence": 900}, "validation_failed"),
    ({"tournamentId": "other", "fromSequence": 1, "toSequence": 2}, "tournament_not_found"),
    ({"eventId": "evt_x", "fromSequence": 1, "toSequence": 2}, "validation_failed"),
]


@pytest.mark.parametrize(("body", "error"), REFUSED)
async def test_what_cannot_be_sent_again_is_refused(crew: Crew, body: dict[str, Any], error: str) -> None:
    await crew.put()
    tournament_id = await crew.house.tournament("ann")
    body = {name: tournament_id if value == "{t}" else value for name, value in body.items()}
    answer = await crew.call("POST", "webhooks/deliveries/redeliver", body)
    assert answer.json()["error"] == error
    assert crew.house.store._cursors == {}


async def test_another_operator_sees_none_of_it(crew: Crew) -> None:
    await crew.put()
    with crew.at_work():
        await crew.house.tournament("ann")
        await crew.house.clock.advance(1_000)
    for path in ("webhooks", "webhooks/deliveries", "events"):
        body = (await crew.house.client.get(f"/api/{path}", headers=crew.house.other)).json()
        assert next(iter(body.values())) == [], path


async def test_an_unknown_kind_is_refused_in_our_words(crew: Crew) -> None:
    answer = await crew.house.client.put(
        "/api/webhooks", headers=crew.house.auth, json={"kind": "pigeon", "url": "https://x.example"}
    )
    assert answer.json()["details"]["kind"] == "Must be 'webhook', 'sqs' or 'game_platform'"
