"""`WS /ws/internal/tournaments/{id}/events`: a game platform's facts as a stream, acknowledged batch by batch.

Batches may follow each other without waiting; they are counted in order and acknowledged in order, each when
its facts are durable. With `STREAM_BATCHES_MAX` under way the next one is not read: the sender slows down.
"""

import asyncio
from contextlib import suppress

import msgspec
from fastapi import APIRouter, WebSocket, WebSocketDisconnect
from msgspec import UNSET

from api.access.dependencies import check, check_platform, who
from api.access.rate_limits import windows_for
from api.context.context import Context, of_socket
from api.context.key_cache import Caller
from api.game_platform.stream_frames import (
    CLOSE_OF,
    FactsRefused,
    FactsTaken,
    SendFacts,
    StreamFrame,
    StreamWelcome,
)
from api.http.errors import ApiError, typed
from api.http.limit_headers import over_limit
from api.tournaments.fact_decoder import Given, decode_facts
from api.tournaments.owner_client import find_known, report
from api.ws.messages import PROTOCOL_VERSION, Close
from config.limits import FACTS_PER_REQUEST_MAX, STREAM_BATCHES_MAX
from server.domain.tournament.summary import Summary
from server.encoding.wire import dump, instant
from server.ports import StoreUnavailable

router = APIRouter()
_BATCH = msgspec.json.Decoder(SendFacts)


@router.websocket("/ws/internal/tournaments/{tournament_id}/events")
async def stream_facts(socket: WebSocket, tournament_id: str) -> None:
    """Facts in, acknowledgements out. Accepts first, because only an open socket can say why not."""
    await socket.accept()
    ctx = of_socket(socket)
    stream = Stream(socket, ctx, tournament_id)
    with suppress(WebSocketDisconnect, RuntimeError):
        code = await stream.run()
        await socket.close(code)


class Stream:
    """One platform's socket on one tournament: a reader, and a sender that keeps the order."""

    def __init__(self, socket: WebSocket, ctx: Context, tournament_id: str) -> None:
        self._socket = socket
        self._ctx = ctx
        self._tournament_id = tournament_id
        self._under_way: asyncio.Queue[asyncio.Task[StreamFrame]] = asyncio.Queue()
        self._room = asyncio.Semaphore(STREAM_BATCHES_MAX)

    async def run(self) -> Close:
        """Until the platform leaves or is sent away; why the socket closes."""
        address = self._ctx.client_addresses.caller(self._socket)
        try:
            self._ctx.stranger_limits.count(address)
            _, summary = await self._admit()
        except (ApiError, StoreUnavailable) as error:
            return _close_of(error)
        self._ctx.stranger_limits.welcome(address)
        await self._send(self._welcome(summary))
        sender = asyncio.create_task(self._acknowledge())
        try:
            return await self._read()
        finally:
            await self._finish(sender)

    async def _admit(self) -> tuple[Caller, Summary]:
        """Caller and tournament, for a key that may report facts of it. Asked with every batch: a revoked key
        ends the stream."""
        caller = check_platform(check(await who(self._ctx, self._socket), "scores.write"))
        return caller, await find_known(self._ctx, caller, self._tournament_id)

    def _welcome(self, summary: Summary) -> StreamWelcome:
        return StreamWelcome(
            protocol=PROTOCOL_VERSION,
            server_time=instant(self._ctx.clock.now_ms()),
            tournament_id=summary.id,
            status=summary.status,
            facts_max=FACTS_PER_REQUEST_MAX,
            batches_max=STREAM_BATCHES_MAX,
        )

    async def _read(self) -> Close:
        """Take batches as long as the key is good and the frames are ours."""
        while True:
            await self._room.acquire()
            text = await self._socket.receive_text()
            try:
                given = _BATCH.decode(text)
            except (msgspec.DecodeError, UnicodeError):
                return Close.BAD_FRAME
            try:
                caller, summary = await self._admit()
            except (ApiError, StoreUnavailable) as error:
                return _close_of(error)
            await self._take(given, caller, summary)

    async def _take(self, given: SendFacts, caller: Caller, summary: Summary) -> None:
        """Begin a batch. Counted and read here, so that batches enter the queue in order."""
        try:
            await self._count(caller)
            facts = await decode_facts(b'{"events":%b}' % bytes(given.events))
            work = asyncio.create_task(self._report(given.batch, facts, summary))
        except ApiError as error:
            work = asyncio.create_task(_refused(given.batch, error))
        self._under_way.put_nowait(work)
        await asyncio.sleep(0)

    async def _count(self, caller: Caller) -> None:
        verdict = await self._ctx.limiter.hit(windows_for(caller))
        if not verdict.allowed:
            raise over_limit(verdict)

    async def _report(self, batch: int | str, facts: Given, summary: Summary) -> StreamFrame:
        try:
            reported = await report(self._ctx, summary, facts, ordered=True)
        except Exception as error:
            return await _refused(batch, error)
        others = [one for one in reported if one.status != "accepted"]
        return FactsTaken(batch=batch, accepted=len(reported) - len(others), others=others)

    async def _acknowledge(self) -> None:
        """One answer a batch, in the order in which they came."""
        while True:
            work = await self._under_way.get()
            await self._send(await work)
            self._room.release()

    async def _send(self, frame: StreamFrame) -> None:
        await self._socket.send_text(dump(frame).decode())

    async def _finish(self, sender: asyncio.Task[None]) -> None:
        """What is under way ends by itself: it may be durable, and the platform will ask again."""
        sender.cancel()
        await asyncio.gather(sender, return_exceptions=True)


async def _refused(batch: int | str, why: Exception) -> StreamFrame:
    """Nothing of the batch was taken, or it is not known: the platform sends it again."""
    error = typed(why)
    rest = {name: value for name, value in error.more.items() if name != "retryAfter"}
    details = rest.get("details", rest)
    return FactsRefused(
        batch=batch,
        error=error.code,
        message=error.message,
        details=details or UNSET,
        retry_after=int(wait) if (wait := error.headers().get("Retry-After")) else UNSET,
    )


def _close_of(error: Exception) -> Close:
    return CLOSE_OF.get(typed(error).status, Close.BAD_FRAME)
