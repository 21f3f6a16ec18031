"""Who watches an owner's board, from which front end, and how its frames reach them."""

import asyncio
from contextlib import suppress

from actors.replies import Frames
from actors.requests import Poll
from config import limits
from server.broadcast.board import Board
from server.domain.ids import TournamentId
from server.encoding import codec
from server.ports import Clock, Publisher


class BoardFeed:
    """The front ends that asked lately. Frames are sent once over the carrier, when there is one that works;
    who polls is answered in any case."""

    def __init__(self, tournament_id: TournamentId, clock: Clock, publisher: Publisher | None) -> None:
        self._tournament_id = tournament_id
        self._clock = clock
        self._publisher = publisher
        self._published = False
        self._sent: tuple[int, int] | None = None
        self._watched_at_ms = 0
        self._fresh = asyncio.Event()
        self._arrived = asyncio.Event()
        self._present: dict[str, tuple[int, int]] = {}

    def note(self, poll: Poll) -> None:
        """A front end asked: it is there, with so many sockets."""
        self._watched_at_ms = self._clock.monotonic_ms()
        self._present[poll.front_end] = (poll.sockets, self._watched_at_ms)
        self._arrived.set()

    def are_there(self) -> bool:
        """Whether a front end asked lately."""
        return self._clock.monotonic_ms() - self._watched_at_ms <= limits.WATCHED_FOR_MS

    async def arrival(self) -> None:
        """Until a front end asks: a board that none watches costs nothing."""
        self._arrived.clear()
        await self._arrived.wait()

    async def wait(self) -> None:
        """Until there may be something new, at most `LONG_POLL_S`."""
        with suppress(TimeoutError):
            async with asyncio.timeout(limits.LONG_POLL_S):
                await self._fresh.wait()

    def wake(self) -> None:
        """Those who wait look again."""
        self._arrived.set()
        self._fresh.set()
        self._fresh.clear()

    def frames(self, board: Board, epoch: int | None, seq: int) -> Frames:
        """What lies behind a position."""
        behind = board.since(epoch, seq)
        new = behind is None or bool(behind)
        return Frames(
            epoch=board.epoch,
            seq=board.seq,
            contiguous=behind is not None,
            frames=tuple((f.seq, f.kind, f.data) for f in behind or ()),
            snapshot=board.snapshot if new else None,
            sockets=self._sockets(),
            over=board.is_over(),
            status=board.status,
            published=self._published,
        )

    async def publish(self, board: Board) -> None:
        """Send the frames since the last ones to all front ends at once."""
        now = board.epoch, board.seq
        if self._publisher is None or now == self._sent:
            return
        news = self.frames(board, *(self._sent or (None, 0)))
        self._sent = now
        self._published = await self._publisher.publish(self._tournament_id, codec.encode(news))

    def _sockets(self) -> int:
        now_ms = self._clock.monotonic_ms()
        gone_ms = limits.PRESENCE_S * 1_000
        self._present = {fe: seen for fe, seen in self._present.items() if now_ms - seen[1] < gone_ms}
        return sum(sockets for sockets, _ in self._present.values())
