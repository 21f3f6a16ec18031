"""Real Postgres, a real receiver that is killed and started again, and a queue that speaks SQS."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from moto.server import ThreadedMotoServer

from actors.local_directory import LocalDirectory
from server.domain.ids import OperatorId, Tenant
from server.domain.tournament import commands
from server.ports import Attempt, AttemptFilter, Endpoint, EndpointKind
from server.runtime.clock import SystemClock
from server.runtime.randomness import SystemIds
from server.storage.postgres.deliveries import PostgresDeliveries
from server.storage.postgres.endpoints import PostgresEndpoints
from server.storage.postgres.engine import open_engine
from server.storage.postgres.feed import PostgresFeed
from server.storage.postgres.journal import PostgresJournal, open_pool
from tests.contracts.stores import Writer
from tests.support.builders import command_request, register
from tests.support.served import free_port
from workers.delivery.assembly import delivery
from workers.delivery.aws import client_of
from workers.delivery.queues import Queues
from workers.http_client import Outgoing

PATIENCE_S = 60.0
QUEUE = "https://sqs.eu-west-1.amazonaws.com/123456789012/pitboss-op_outlets-events.fifo"


class Outlets:
    """Endpoints of one tenant on a real database, and workers over real connections."""

    def __init__(self, url: str, tenant: Tenant) -> None:
        self.tenant = tenant
        self.engine = open_engine(url)
        self.endpoints, self.feed = PostgresEndpoints(self.engine), PostgresFeed(self.engine)
        self.deliveries = PostgresDeliveries(self.engine)

    @asynccontextmanager
    async def at_work(self, queues: Queues | None = None) -> AsyncIterator[None]:
        clock, ids, outgoing = SystemClock(), SystemIds(), Outgoing(allow_private=True)
        nobody: Any = LocalDirectory(None, clock, jitter=lambda s: s)  # type: ignore[arg-type]
        outside = (nobody, outgoing, queues or Queues())
        router, sends, _ = delivery(self.deliveries, self.feed, *outside, clock, ids, lambda s: s / 10)
        tasks = [asyncio.create_task(part.run()) for part in (router, sends)]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await outgoing.close()

    async def until_sent(self) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while any(health.pending for _, health in await self.endpoints.endpoints(self.tenant)):
                await asyncio.sleep(0.1)

    async def told(self) -> list[str]:
        return [row.event.event_id for row in await self.feed.feed(self.tenant, 0, 10_000)]


@pytest.fixture
async def outlets(postgres: str, request: pytest.FixtureRequest) -> AsyncIterator[Outlets]:
    found = Outlets(postgres, Tenant(OperatorId(f"op_{request.node.name}"), live=True))
    yield found
    for endpoint, _ in await found.endpoints.endpoints(found.tenant):
        await found.endpoints.remove_endpoint(found.tenant, endpoint.id)
    await found.engine.dispose()


async def play(url: str, tenant: Tenant, tournaments: int, players: int, pause_s: float = 0) -> None:
    """Tournaments that sell entries, commit by commit."""
    pool = await open_pool(url, 4)
    journal = PostgresJournal(pool)

    async def one(number: int) -> None:
        writer = Writer(f"{number:x}{tenant.operator_id.encode().hex()[-30:]}", tenant, max_players=None)
        await journal.begin(writer.first)
        writer.epoch = await journal.take_over(writer.id, "test") or 0
        for user in range(players):
            await journal.commit(writer.commit(command_request(register(f"u{user}"))))
            await asyncio.sleep(pause_s)
        await journal.commit(writer.commit(command_request(commands.Start())))

    await asyncio.gather(*(one(number) for number in range(tournaments)))
    await pool.close()


class Process:
    """`tests.support.receiver` as a process of its own: writes a line for each event that it took."""

    def __init__(self, port: int, out: Path) -> None:
        self.port, self.out = port, out

    async def start(self) -> None:
        command = [sys.executable, "-m", "tests.support.receiver", str(self.port), str(self.out)]
        self.process = await asyncio.create_subprocess_exec(*command)

    async def kill(self) -> None:
        os.kill(self.process.pid, signal.SIGKILL)
        await self.process.wait()

    def taken(self) -> list[dict[str, Any]]:
        rows = self.out.read_bytes().splitlines() if self.out.exists() else []
        return [json.loads(row) for row in rows if row.endswith(b"}")]


def in_order(events: list[dict[str, Any]]) -> dict[str, list[int]]:
    """Sequences per tournament as they came first."""
    found: dict[str, list[int]] = {}
    for event in events:
        seqs = found.setdefault(event["tournamentId"], [])
        if event["sequence"] not in seqs:
            seqs.append(event["sequence"])
    return found


async def test_a_receiver_that_is_killed_and_started_again_gets_everything_in_order(
    outlets: Outlets, postgres: str, tmp_path: Path
) -> None:
    receiver = Process(free_port("127.0.0.1"), tmp_path / "taken")
    secret = ("whsec_c2VjcmV0LXNlY3JldA==",)
    url = f"http://127.0.0.1:{receiver.port}/"
    of = Endpoint(f"ep_{outlets.tenant.operator_id}", "main", EndpointKind.WEBHOOK, url, secrets=secret)
    await outlets.endpoints.save_endpoint(outlets.tenant, of)
    await receiver.start()
    async with outlets.at_work():
        playing = asyncio.create_task(play(postgres, outlets.tenant, 4, 30, 0.2))
        for _ in range(2):
            await asyncio.sleep(1.5)
            await receiver.kill()
            await asyncio.sleep(1.0)
            await receiver.start()
        await playing
        await outlets.until_sent()
    await receiver.kill()
    taken = receiver.taken()
    assert {event["eventId"] for event in taken} == set(await outlets.told())
    assert all(seqs == sorted(seqs) for seqs in in_order(taken).values())
    assert await outlets.endpoints.attempts(outlets.tenant, AttemptFilter(outcome="failed"), 1)


@pytest.fixture(scope="module")
def aws() -> Iterator[str]:
    """A real SQS endpoint, over HTTP on loopback."""
    port = free_port("127.0.0.1")
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=port, verbose=False)
    server.start()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (("AWS_ACCESS_KEY_ID", "x"), ("AWS_SECRET_ACCESS_KEY", "y")):
            patch.setenv(name, value)
        yield f"http://127.0.0.1:{port}"
    server.stop()


async def test_a_queue_gets_the_ids_of_the_feed_in_order_per_tournament(
    outlets: Outlets, postgres: str, aws: str
) -> None:
    queues = Queues(aws)
    opened = AsyncExitStack()
    client = await opened.enter_async_context(client_of("eu-west-1", aws))
    fifo = {"FifoQueue": "true"}
    await client.create_queue(QueueName=QUEUE.rpartition("/")[2], Attributes=fifo)
    of = Endpoint(f"ep_{outlets.tenant.operator_id}", "queue", EndpointKind.SQS, QUEUE)
    gone = replace(of, id=f"{of.id}x", name="gone", url=QUEUE.replace("events", "nothing"))
    for one in (of, gone):
        await outlets.endpoints.save_endpoint(outlets.tenant, one)

    async def tried(one: Endpoint) -> list[Attempt]:
        return await outlets.endpoints.attempts(outlets.tenant, AttemptFilter(endpoint_id=one.id), 1)

    async with outlets.at_work(queues):
        await play(postgres, outlets.tenant, 12, 5)
        async with asyncio.timeout(PATIENCE_S):
            while (await outlets.endpoints.endpoints(outlets.tenant))[1][1].pending or not await tried(gone):
                await asyncio.sleep(0.1)
    heard: list[dict[str, Any]] = []
    while found := (await client.receive_message(QueueUrl=QUEUE, MaxNumberOfMessages=10)).get("Messages"):
        heard += [json.loads(one["Body"]) for one in found]
        done = [{"Id": str(n), "ReceiptHandle": one["ReceiptHandle"]} for n, one in enumerate(found)]
        await client.delete_message_batch(QueueUrl=QUEUE, Entries=done)
    await queues.close()
    await opened.aclose()
    told = await outlets.told()
    assert sorted(event["eventId"] for event in heard) == sorted(told)
    assert all(seqs == sorted(seqs) for seqs in in_order(heard).values())
    assert "QueueDoesNotExist" in (await tried(gone))[0].answer
