"""One channel per watched tournament: a long poll to its owner, the frames since, the sockets here.

The owner encodes a frame once; this copies the same bytes to every socket. A new epoch (the owner moved
or was rebuilt) is told by a snapshot, never by silence.
"""

import asyncio
import logging
from typing import Protocol

from actors.handles import Directory
from actors.messages import Poll
from actors.replies import Frames
from config.limits import FRAME_RING_MAX
from server.broadcast.history import Frame, History
from server.ports import Clock

log = logging.getLogger(__name__)

_PAUSE_AFTER_FAILURE_S = 0.5


class Watcher(Protocol):
    """A socket, as the channel sees it."""

    def offer(self, frame: Frame) -> None:
        """Take a frame; must not wait."""

    def resync(self) -> None:
        """Frames are missing: start again from the channel's snapshot."""

    def changed(self) -> None:
        """Something moved: personal frames may be stale."""


class Channel:
    """Everything this front end knows of one tournament's live board."""

    def __init__(self, tournament_id: str, directory: Directory, front_end: str, clock: Clock) -> None:
        self.tournament_id = tournament_id
        self.epoch = 0
        self.seq = 0
        self.snapshot = b""
        self.watchers: set[Watcher] = set()
        self.ready = asyncio.Event()
        self.over = False
        self._history = History(FRAME_RING_MAX)
        self._directory = directory
        self._front_end = front_end
        self._clock = clock
        self._task: asyncio.Task[None] | None = None

    def join(self, watcher: Watcher) -> None:
        """Start listening with the first watcher."""
        self.watchers.add(watcher)
        if self._task is None:
            self._task = asyncio.create_task(self._listen())

    def leave(self, watcher: Watcher) -> None:
        """Stop listening with the last one."""
        self.watchers.discard(watcher)
        if not self.watchers and self._task is not None:
            self._task.cancel()
            self._task = None

    def missed(self, epoch: int, seq: int) -> list[Frame] | None:
        """The frames behind a position, or None: only the snapshot helps."""
        return self._history.since(seq, self.seq) if epoch == self.epoch else None

    async def _listen(self) -> None:
        epoch: int | None = None
        while True:
            poll = Poll(self._front_end, len(self.watchers), epoch, self.seq)
            try:
                reply = await self._directory.frames(self.tournament_id, poll)
            except Exception:
                log.exception("long_poll_failed tournament=%s", self.tournament_id)
                reply = None
            if not isinstance(reply, Frames):
                await self._clock.sleep(_PAUSE_AFTER_FAILURE_S)
                continue
            self._take(reply)
            epoch = self.epoch

    def _take(self, news: Frames) -> None:
        if news.snapshot is None:
            return
        contiguous = news.contiguous and news.epoch == self.epoch
        self.epoch, self.seq, self.snapshot = news.epoch, news.seq, news.snapshot
        self.over = news.over
        if not contiguous:
            self._history.clear()
        frames = [Frame(*frame) for frame in news.frames] if contiguous else []
        for frame in frames:
            self._history.add(frame)
        for watcher in list(self.watchers):
            if not contiguous:
                watcher.resync()
            for frame in frames:
                watcher.offer(frame)
            watcher.changed()
        self.ready.set()


class Hub:
    """All channels of this front end."""

    def __init__(self, directory: Directory, clock: Clock, name: str) -> None:
        self.name = name
        self._directory = directory
        self._clock = clock
        self._channels: dict[str, Channel] = {}

    def channel(self, tournament_id: str) -> Channel:
        """The channel of a tournament, made when needed."""
        channel = self._channels.get(tournament_id)
        if channel is None:
            channel = Channel(tournament_id, self._directory, self.name, self._clock)
            self._channels[tournament_id] = channel
        return channel

    def leave(self, channel: Channel, watcher: Watcher) -> None:
        """Take a watcher off; a channel without watchers is forgotten."""
        channel.leave(watcher)
        if not channel.watchers:
            self._channels.pop(channel.tournament_id, None)

    def sockets(self, tournament_id: str) -> int:
        """Open sockets of a tournament on this front end."""
        channel = self._channels.get(tournament_id)
        return 0 if channel is None else len(channel.watchers)
