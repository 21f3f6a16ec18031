"""Batches to a queue: ten events of ten tournaments, each with its own answer."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from config.limits import QUEUE_BATCH_BYTES_MAX
from server.access.queue_url import is_queue_of, region_of
from server.ports import DeliveryCursor, Endpoint, EndpointKind
from server.public_events.mapping import Announcement
from tests.support.builders import TENANT
from workers.delivery.queues import Queues
from workers.delivery.sender import DeliveryResult, DeliveryVerdict

URL = "https://sqs.eu-west-1.amazonaws.com/123456789012/pitboss-op_lucky-events.fifo"
OF = Endpoint("ep_1", "queue", EndpointKind.SQS, URL)


class Aws:
    """Stands where `workers.delivery.aws` does."""

    FAULTS = (OSError,)

    def __init__(self) -> None:
        self.calls: list[list[dict[str, str]]] = []
        self.regions: list[str] = []
        self.refused: set[str] = set()
        self.trouble: Exception | None = None

    @asynccontextmanager
    async def client_of(self, region: str, _: str | None) -> AsyncIterator["Aws"]:
        await asyncio.sleep(0)
        self.regions.append(region)
        yield self

    async def send_message_batch(self, **call: Any) -> dict[str, Any]:
        assert call["QueueUrl"] == URL
        await asyncio.sleep(0)
        if self.trouble is not None:
            raise self.trouble
        self.calls.append(call["Entries"])
        failed = [one for one in call["Entries"] if one["MessageDeduplicationId"] in self.refused]
        return {"Failed": [{"Id": one["Id"], "Code": "Throttled", "Message": "later"} for one in failed]}

    def status_of(self, _: Exception) -> int | None:
        return 503


@pytest.fixture
def aws() -> Aws:
    return Aws()


async def send(aws: Aws, count: int, data: bytes = b"{}") -> list[DeliveryResult | BaseException]:
    queues = Queues()
    queues._aws = aws
    sending = []
    for number in range(count):
        cursor = DeliveryCursor(f"l{number}", "c", TENANT, OF, False, f"t{number}", 0, 1, 0, False)
        event = Announcement(f"evt_{number}", 1, "player.registered", 1, data)
        sending.append(queues.send(cursor, event, 1))
    async with asyncio.timeout(5):
        found = await asyncio.gather(*sending, return_exceptions=True)
    await queues.close()
    return found


async def test_ten_cursors_share_a_call_and_one_client(aws: Aws) -> None:
    told = await send(aws, 25)
    assert {one.verdict for one in told if isinstance(one, DeliveryResult)} == {DeliveryVerdict.TAKEN} and len(
        told
    ) == 25
    assert [len(call) for call in aws.calls] == [10, 10, 5] and aws.regions == ["eu-west-1"]
    entries = [entry for call in aws.calls for entry in call]
    assert [entry["MessageGroupId"] for entry in entries] == [f"t{n}" for n in range(25)]
    assert all(len({entry["Id"] for entry in call}) == len(call) for call in aws.calls)


async def test_of_a_batch_only_what_failed_is_sent_again(aws: Aws) -> None:
    aws.refused = {"evt_1", "evt_3"}
    told = await send(aws, 5)
    assert [one.verdict is DeliveryVerdict.TAKEN for one in told if isinstance(one, DeliveryResult)] == [
        True,
        False,
        True,
        False,
        True,
    ]
    assert isinstance(told[1], DeliveryResult) and told[1].text == "Throttled: later"


async def test_a_call_is_cut_by_bytes_too(aws: Aws) -> None:
    await send(aws, 5, b'{"name":"' + b"x" * 100_000 + b'"}')
    assert [len(call) for call in aws.calls] == [2, 2, 1]
    assert all(sum(len(e["MessageBody"]) for e in call) < QUEUE_BATCH_BYTES_MAX for call in aws.calls)


async def test_what_is_too_long_for_a_message_travels_without_its_data(aws: Aws) -> None:
    await send(aws, 1, b'{"name":"' + b"x" * 300_000 + b'"}')
    body = aws.calls[0][0]["MessageBody"]
    assert '"data":null' in body and '"dataUrl":"/api/tournaments/t0/events?cursor=0&limit=1"' in body


async def test_no_answer_is_told_to_every_cursor_and_a_mistake_of_ours_too(aws: Aws) -> None:
    aws.trouble = OSError("no route")
    told = await send(aws, 3)
    assert [(one.verdict, one.status) for one in told if isinstance(one, DeliveryResult)] == [
        (DeliveryVerdict.AGAIN, 503)
    ] * 3
    aws.trouble = RuntimeError("planted")
    assert [type(one) for one in await send(aws, 3)] == [RuntimeError] * 3


@pytest.mark.parametrize(
    "url",
    [
        URL.replace("op_lucky", "op_other"),
        URL.replace("amazonaws.com", "amazonaws.com.evil.example"),
        URL.replace("https", "http"),
        URL.replace(".fifo", ""),
        URL + "?x=1",
        URL.replace("sqs.", "user@sqs."),
        URL.replace("pitboss-", "x-pitboss-"),
    ],
)
def test_only_amazons_queues_with_the_operators_name_are_taken(url: str) -> None:
    assert is_queue_of(URL, "op_lucky") and region_of(URL) == "eu-west-1"
    assert not is_queue_of(url, "op_lucky")
