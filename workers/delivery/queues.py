"""Events to an operator's SQS FIFO queue: the group is the tournament, the deduplication id is the event's.

Events of ten cursors travel in one call, never two of one cursor: of a batch some may fail, and what follows
in a tournament must not be there before. Credentials come by the usual AWS chain of this process.
"""

import asyncio
from collections import deque
from contextlib import AsyncExitStack
from importlib import import_module
from typing import Any, NamedTuple

from config.limits import EVENT_DATA_BYTES_MAX, QUEUE_BATCH_BYTES_MAX, QUEUE_BATCH_MAX
from server.access.queue_url import region_of
from server.ports import DeliveryCursor
from server.public_events.envelope import body_of
from server.public_events.mapping import Announcement
from workers.delivery.sender import DeliveryResult, DeliveryVerdict


class _Waiting(NamedTuple):
    group: str
    event: Announcement
    body: str
    result: asyncio.Future[DeliveryResult]


class Queues:
    """`Sender` over SQS; one client a region. `endpoint_url` is another AWS than Amazon's, for tests."""

    def __init__(self, endpoint_url: str | None = None) -> None:
        self._endpoint_url = endpoint_url
        self._aws: Any = None
        self._open = AsyncExitStack()
        self._opening = asyncio.Lock()
        self._clients: dict[str, Any] = {}
        self._waiting: dict[str, deque[_Waiting]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def send(self, cursor: DeliveryCursor, event: Announcement, now_ms: int) -> DeliveryResult:
        body = body_of(cursor.tenant.operator_id, cursor.stream, event, EVENT_DATA_BYTES_MAX).decode()
        result: asyncio.Future[DeliveryResult] = asyncio.get_running_loop().create_future()
        queue = self._waiting.setdefault(cursor.endpoint.url, deque())
        queue.append(_Waiting(cursor.stream, event, body, result))
        if len(queue) == 1:
            self._start(cursor.endpoint.url)
        return await result

    def _start(self, url: str) -> None:
        task = asyncio.create_task(self._send_some(url))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _send_some(self, url: str) -> None:
        """One call with what has come together since; the next one starts at once beside it."""
        await asyncio.sleep(0)
        batch = _take(self._waiting[url])
        if self._waiting[url]:
            self._start(url)
        try:
            answers = await self._answers(url, batch)
        except Exception as error:
            for one in batch:
                if not one.result.done():
                    one.result.set_exception(error)
            return
        for one, answer in zip(batch, answers, strict=True):
            if not one.result.done():
                one.result.set_result(answer)

    async def _answers(self, url: str, batch: list[_Waiting]) -> list[DeliveryResult]:
        if self._aws is None:
            self._aws = await asyncio.to_thread(import_module, "workers.delivery.aws")
        try:
            return await self._call(url, batch)
        except self._aws.FAULTS as error:
            reason = f"{type(error).__name__}: {error}"
            return [DeliveryResult(DeliveryVerdict.AGAIN, self._aws.status_of(error), reason=reason)] * len(
                batch
            )

    async def _call(self, url: str, batch: list[_Waiting]) -> list[DeliveryResult]:
        client = await self._client(region_of(url) or "")
        entries = [
            {
                "Id": str(number),
                "MessageBody": one.body,
                "MessageGroupId": one.group[:128],
                "MessageDeduplicationId": one.event.event_id[:128],
            }
            for number, one in enumerate(batch)
        ]
        answer = await client.send_message_batch(QueueUrl=url, Entries=entries)
        failed = {row["Id"]: row for row in answer.get("Failed", ())}
        return [
            DeliveryResult(DeliveryVerdict.AGAIN, reason=f"{row['Code']}: {row.get('Message', '')}")
            if (row := failed.get(str(number)))
            else DeliveryResult(DeliveryVerdict.TAKEN, 200)
            for number in range(len(batch))
        ]

    async def _client(self, region: str) -> Any:
        async with self._opening:
            if region not in self._clients:
                client = self._aws.client_of(region, self._endpoint_url)
                self._clients[region] = await self._open.enter_async_context(client)
        return self._clients[region]

    async def close(self) -> None:
        """Let go of the connections."""
        for task in self._tasks:
            task.cancel()
        await self._open.aclose()


def _take(waiting: deque[_Waiting]) -> list[_Waiting]:
    """At most ten, and not more bytes than a call may have."""
    batch: list[_Waiting] = []
    size = 0
    while waiting and len(batch) < QUEUE_BATCH_MAX:
        size += len(waiting[0].body.encode())
        if batch and size > QUEUE_BATCH_BYTES_MAX:
            break
        batch.append(waiting.popleft())
    return batch
