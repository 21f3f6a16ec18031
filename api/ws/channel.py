"""One watched tournament on this front end: where the board stands, what led there, and the sockets here.

A socket has a position; catching up means writing what lies behind it, or the whole board where that is gone
or longer. The owner encodes a frame once and the same bytes go to every socket. A new epoch (the owner moved
or was rebuilt) is told by a snapshot, never by silence.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from itertools import islice
from typing import NamedTuple, Protocol

from actors.replies import Frames, Place
from api.ws.packing import Packed, joined, packed
from api.ws.room.room_link import RoomLink
from config.limits import FRAME_RING_MAX, REACH_PATIENCE_S, SOCKETS_PER_TURN
from server.broadcast.history import Frame, History
from server.domain.tournament.summary import Summary

log = logging.getLogger(__name__)


class Position(NamedTuple):
    """Where a board stands: `epoch` changes with the owner, `seq` grows by one a frame."""

    epoch: int
    seq: int


NOWHERE = Position(-1, 0)
_DIGITS_MAX = 18


def position_of(text: str) -> Position:
    """`<epoch>:<seq>` as clients resume; anything malformed is as good as none: a snapshot follows."""
    epoch, _, seq = text.partition(":")
    digits = all(one.isascii() and one.isdigit() and len(one) <= _DIGITS_MAX for one in (epoch, seq))
    return Position(int(epoch), int(seq)) if digits else NOWHERE


class Watcher(Protocol):
    """A socket, as the channel sees it."""

    at: Position | None
    """Where it stands; None while nothing can be written to it."""
    player_no: int | None
    place: Place | None

    def write(self, data: Packed) -> None:
        """Write what the one at `at` is told next. Must not wait."""

    def catch_up(self) -> None:
        """Write what is new, however far behind. Must not wait."""

    def drop(self) -> None:
        """Cut it off: it comes back and resumes."""

    def part(self, frame: Packed) -> None:
        """Say a last frame and close: the client has no business here any more."""

    def end(self) -> None:
        """Write what is new and close: the tournament is over."""

    def tell(self, frame: Packed) -> bool:
        """Write a frame that has no place in the board's order; False when the reader is too slow."""


_NOTHING = joined([])


class Channel:
    """Everything this front end knows of one tournament's live board."""

    def __init__(self, summary: Summary) -> None:
        self.summary = summary
        self.at = Position(0, 0)
        self.snapshot = _NOTHING
        self.over = False
        # When players are sent away after the end, on the monotonic clock; None before the end.
        self.over_until_ms: int | None = None
        self.connections = 0
        self.status = summary.status.value
        # In the order in which they came, as they lie in memory: the kernel's part is a tenth cheaper for it.
        self.watchers: dict[Watcher, None] = {}
        self.ready = asyncio.Event()
        self.moved = asyncio.Event()
        self.gap = asyncio.Event()
        self.room: RoomLink | None = None
        self._took = asyncio.Event()
        self._news = asyncio.Event()
        self._history: History[Packed] = History(FRAME_RING_MAX)
        self._before = self.at
        self._step = _NOTHING

    def hear(self, news: Frames) -> bool:
        """Add what was published. False when it does not follow: ask the owner. Nothing but its answer moves a
        board to another epoch, or back."""
        if news.snapshot is None or (news.epoch == self.at.epoch and news.seq <= self.at.seq):
            return True
        follows = self.ready.is_set() and news.epoch == self.at.epoch and news.contiguous
        return follows and self._follow(news)

    def take(self, news: Frames) -> None:
        """What the owner answered is so: the frames behind our position, or else the whole board, also where
        it is of an older epoch than we knew."""
        if news.snapshot is None or Position(news.epoch, news.seq) == self.at:
            return
        ahead = news.epoch == self.at.epoch and news.seq > self.at.seq
        if ahead and news.contiguous and self._follow(news):
            return
        self._history.clear()
        snapshot = packed(news.snapshot)
        self._move(news, snapshot, snapshot)

    def _follow(self, news: Frames) -> bool:
        frames = [Frame(seq, kind, packed(data)) for seq, kind, data in news.frames if seq > self.at.seq]
        if not frames or frames[0].seq != self.at.seq + 1 or news.snapshot is None:
            return False
        for frame in frames:
            self._history.add(frame)
        self._move(news, packed(news.snapshot), joined([frame.data for frame in frames]))
        return True

    def _move(self, news: Frames, snapshot: Packed, step: Packed) -> None:
        self.snapshot, self._step, self._before = snapshot, step, self.at
        self.at, self.over, self.status = Position(news.epoch, news.seq), news.over, news.status
        self.ready.set()
        self.moved.set()
        self._news.set()
        self._took.set()
        self._took.clear()

    async def reach(self, at: Position) -> None:
        """Wait until the board here is not older than one seen elsewhere: a client that comes from another
        front end shall not go back in time. A position that never was is not waited for long."""
        with suppress(TimeoutError):
            async with asyncio.timeout(REACH_PATIENCE_S):
                while self.at < at:
                    self.gap.set()
                    await self._took.wait()

    def behind(self, at: Position, *, exact: bool = False) -> Packed:
        """What brings a socket from `at` to now: the missed frames, or the whole board where they are gone.
        Unless `exact`, also where they are longer: a slow reader's frames melt into one."""
        missed = self._history.since(at.seq, self.at.seq) if at.epoch == self.at.epoch else None
        if missed is None:
            return self.snapshot
        data = joined([frame.data for frame in missed])
        return data if exact or len(data.plain) <= len(self.snapshot.plain) else self.snapshot

    async def spread(self) -> None:
        """Bring all sockets up to date whenever there is news; others get their turn in between."""
        self._news.set()  # for those whom an earlier pass, which failed, did not reach
        while True:
            await self._news.wait()
            self._news.clear()
            await self._each(self._bring)

    def _bring(self, watcher: Watcher) -> None:
        if watcher.at is self._before and not self.over:
            watcher.at = self.at
            watcher.write(self._step)
        else:
            watcher.catch_up()

    def tell_now(self, frame: Packed) -> None:
        """The same frame to every socket, in this turn: what happens in a room is not kept waiting."""
        for watcher in list(self.watchers):
            try:
                watcher.tell(frame)
            except Exception:
                log.exception("socket_not_written")
                watcher.drop()

    async def tell(self, frame: Packed) -> None:
        """The same frame to every socket."""
        await self._each(lambda watcher: watcher.tell(frame))

    async def _each(self, act: Callable[[Watcher], object]) -> None:
        """In turns. Who cannot be written to is dropped: the others must hear the rest."""
        watchers = iter(list(self.watchers))
        while some := tuple(islice(watchers, SOCKETS_PER_TURN)):
            for watcher in some:
                try:
                    act(watcher)
                except Exception:
                    log.exception("socket_not_written")
                    watcher.drop()
            await asyncio.sleep(0)
