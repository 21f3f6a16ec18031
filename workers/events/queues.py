"""Events to an operator's SQS FIFO queue: the group is the tournament, the deduplication id is the event's.

Events of ten lanes travel in one call, never two of one lane: of a batch some may fail, and what follows in a
tournament must not be there before. Credentials come by the usual AWS chain of this process.
"""

import asyncio
from collections import deque
from contextlib import AsyncExitStack
from typing import Any, NamedTuple

from aiobotocore.config import AioConfig
from aiobotocore.session import get_session
from botocore.exceptions import BotoCoreError, ClientError

from config.limits import EVENT_DATA_BYTES_MAX, OUTGOING_TIMEOUT_S, QUEUE_BATCH_BYTES_MAX, QUEUE_BATCH_MAX
from server.announcements import Announcement
from server.envelope import body_of
from server.ports import Lane
from server.queue_url import region_of
from workers.events.sender import Heard, Told


class _Waiting(NamedTuple):
    group: str
    event: Announcement
    body: str
    told: asyncio.Future[Told]


class Queues:
    """`Sender` over SQS; one client a region. `endpoint_url` is another AWS than Amazon's, for tests."""

    def __init__(self, endpoint_url: str | None = None) -> None:
        self._endpoint_url = endpoint_url
        self._session = get_session()
        self._open = AsyncExitStack()
        self._clients: dict[str, asyncio.Future[Any]] = {}
        self._waiting: dict[str, deque[_Waiting]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def send(self, lane: Lane, event: Announcement, now_ms: int) -> Told:
        body = body_of(lane.tenant.operator_id, lane.stream, event, EVENT_DATA_BYTES_MAX).decode()
        told: asyncio.Future[Told] = asyncio.get_running_loop().create_future()
        queue = self._waiting.setdefault(lane.endpoint.url, deque())
        queue.append(_Waiting(lane.stream, event, body, told))
        if len(queue) == 1:
            self._start(lane.endpoint.url)
        return await told

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
            told = await self._call(url, batch)
        except (BotoCoreError, ClientError, TimeoutError, OSError) as error:
            told = [_no_answer(error)] * len(batch)
        for one, answer in zip(batch, told, strict=True):
            if not one.told.done():
                one.told.set_result(answer)

    async def _call(self, url: str, batch: list[_Waiting]) -> list[Told]:
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
            Told(Heard.AGAIN, reason=f"{row['Code']}: {row.get('Message', '')}")
            if (row := failed.get(str(number)))
            else Told(Heard.TAKEN, 200)
            for number in range(len(batch))
        ]

    async def _client(self, region: str) -> Any:
        if region not in self._clients:
            made = self._clients[region] = asyncio.get_running_loop().create_future()
            try:
                made.set_result(await self._open.enter_async_context(self._new(region)))
            except BaseException:
                del self._clients[region]
                made.cancel()
                raise
        return await asyncio.shield(self._clients[region])

    def _new(self, region: str) -> Any:
        seconds = OUTGOING_TIMEOUT_S / 2
        config = AioConfig(connect_timeout=seconds, read_timeout=seconds, retries={"total_max_attempts": 1})
        return self._session.create_client(
            "sqs", region_name=region, endpoint_url=self._endpoint_url, config=config
        )

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


def _no_answer(error: Exception) -> Told:
    status = None
    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    return Told(Heard.AGAIN, status, reason=f"{type(error).__name__}: {error}")
