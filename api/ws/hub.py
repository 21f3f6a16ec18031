"""All watched boards of this front end: what each hears from its owner, and who looks after its sockets."""

import asyncio
import itertools
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import Protocol

from actors.directory import Directory
from actors.replies import Frames
from actors.requests import Poll
from api.ws.channel import Channel, Watcher
from api.ws.personal import tell_places, tell_room
from api.ws.room.room_link import RoomLink
from config.door_limits import TOKENS_LOOK_BACK_MS, TOKENS_LOOK_EVERY_MS
from config.limits import CHANNEL_LINGERS_S, CHANNELS_EMPTY_MAX, POLL_EVERY_S, TICK_MS
from server.domain.tournament.lifecycle import Status
from server.domain.tournament.summary import Summary
from server.encoding import codec
from server.ports import Clock, StoreUnavailable, Subscriber, TokenGenerations
from server.runtime.loops import go_round

log = logging.getLogger(__name__)

_PAUSE_AFTER_FAILURE_S = 0.5
_CARE_EVERY_S = 1.0


class Authorised(Protocol):
    """What a client may say goes by a credential."""

    def is_ended(self, generations: Mapping[str, int]) -> bool:
        """Whether that is a token of an older generation than counts, by internal player id."""


class Attended(Protocol):
    """Any open socket, as the hub sees it."""

    key_text: str | None
    """The operator's key that it was opened with."""

    @property
    def conversation(self) -> Authorised | None:
        """Once it was let in."""

    def look_after(self, now_ms: int) -> None:
        """Once a second: log in again, ping, or give up. `now_ms` is monotonic."""

    def shut_out(self) -> None:
        """Its key opens nothing any more."""


class Hub:
    """One channel per watched tournament; the first socket opens it, the last one closes it."""

    def __init__(
        self,
        directory: Directory,
        clock: Clock,
        name: str,
        carrier: Subscriber | None = None,
        may_watch: Callable[[str], Awaitable[bool]] | None = None,
        tokens: TokenGenerations | None = None,
    ) -> None:
        self.name = name
        self._directory = directory
        self._clock = clock
        self._carrier = carrier
        self._channels: dict[str, Channel] = {}
        self._work: dict[str, list[asyncio.Task[None]]] = {}
        self._attended: set[Attended] = set()
        self._care: asyncio.Task[None] | None = None
        self._empty: dict[str, asyncio.Task[None]] = {}
        self._may_watch = may_watch
        self._tokens = tokens
        # When tokens were looked at, by the clock that never jumps, and by the wall, as the store has it.
        self._tokens_looked_ms, self._tokens_seen_ms = clock.monotonic_ms(), clock.now_ms()
        self._lives = itertools.count(clock.now_ms() * 1_000)

    def join(self, summary: Summary, watcher: Watcher) -> Channel:
        """The channel of a tournament, made when needed, with one more watcher."""
        channel = self._channels.get(summary.id)
        if channel is None:
            channel = self._channels[summary.id] = Channel(summary)
            channel.room = self._room(channel)
            parts: tuple[Callable[[], Awaitable[None]], ...] = (
                partial(self._listen, channel),
                channel.spread,
                partial(tell_places, channel, self._directory, self._clock),
                partial(tell_room, channel, self._clock),
            )
            if (room := channel.room) is not None:
                parts = (*parts, room.ping, room.poll, room.deliver, room.greet)
            self._work[summary.id] = [self._keep_on(part) for part in parts]
        lingering = self._empty.pop(summary.id, None)
        if lingering is not None:
            lingering.cancel()
        channel.watchers[watcher] = None
        return channel

    def uncertainty_us(self) -> int:
        """By how much the worst stamp of a move may be wrong here."""
        rooms = (channel.room for channel in self._channels.values())
        return max((room.stamps.uncertainty_us for room in rooms if room is not None), default=0)

    def _room(self, channel: Channel) -> RoomLink | None:
        """The room of a tournament that is played here. Each link is a life of its own to the owner."""
        if channel.summary.rules.room is None:
            return None
        name, lives = channel.summary.id, partial(next, self._lives)
        return RoomLink(name, self._directory, self._clock, self.name, lives, channel.tell_now)

    def drain(self) -> None:
        """This front end is about to stop: no player takes a seat here any more."""
        for channel in list(self._channels.values()):
            if channel.room is not None:
                channel.room.drains = True

    def leave(self, channel: Channel, watcher: Watcher) -> None:
        """Take a watcher off. A channel without any stays for a while: a client that lost its connection comes
        back for what it missed."""
        channel.watchers.pop(watcher, None)
        if channel.watchers or self._channels.get(channel.summary.id) is not channel:
            return
        if channel.over or not channel.ready.is_set() or len(self._empty) >= CHANNELS_EMPTY_MAX:
            self._forget(channel)
        elif channel.summary.id not in self._empty:
            self._empty[channel.summary.id] = asyncio.create_task(self._linger(channel))

    async def _linger(self, channel: Channel) -> None:
        await self._clock.sleep(CHANNEL_LINGERS_S)
        self._empty.pop(channel.summary.id, None)
        if not channel.watchers and self._channels.get(channel.summary.id) is channel:
            self._forget(channel)

    def _forget(self, channel: Channel) -> None:
        self._channels.pop(channel.summary.id)
        for task in self._work.pop(channel.summary.id):
            task.cancel()

    def attend(self, socket: Attended) -> None:
        """From its first byte to its last a socket is looked after, let in or not."""
        self._attended.add(socket)
        if self._care is None:
            self._care = self._keep_on(self._look_after)

    def release(self, socket: Attended) -> None:
        """It is gone."""
        self._attended.discard(socket)
        if self._care is not None and not self._attended:
            self._care.cancel()
            self._care = None

    @property
    def attended(self) -> int:
        """All sockets here, let in or not."""
        return len(self._attended)

    @property
    def watched(self) -> int:
        """How many boards are followed here."""
        return len(self._channels)

    def sockets(self, tournament_id: str) -> int:
        """Open sockets of a tournament on this front end."""
        channel = self._channels.get(tournament_id)
        return 0 if channel is None else len(channel.watchers)

    async def connections(self, summary: Summary) -> int:
        """Open sockets of a tournament on all front ends, as its owner counts them. No owner is woken to say
        zero."""
        here = self.sockets(summary.id)
        if summary.status is not Status.IN_PROGRESS:
            return here
        seen = await self._directory.frames(summary.id, Poll(self.name, here, wait=False))
        return seen.sockets if isinstance(seen, Frames) else here

    def _keep_on(self, part: Callable[[], Awaitable[None]]) -> asyncio.Task[None]:
        """A part of a channel ends with it, and begins again where it failed."""
        return asyncio.create_task(go_round(self._clock, _PAUSE_AFTER_FAILURE_S, part, "watching_failed"))

    async def _listen(self, channel: Channel) -> None:
        """Ask the owner: with a carrier that brings its frames now and then, else all the time."""
        tournament_id, gap = channel.summary.id, channel.gap

        def hear(data: bytes | None) -> None:
            if data is None or not channel.hear(codec.decode(data, Frames)):
                gap.set()

        if self._carrier is not None:
            self._carrier.listen(tournament_id, hear)
        try:
            carried = False
            while True:
                begun_ms, before = self._clock.monotonic_ms(), channel.at
                carried = await self._ask(channel, wait=not carried) and self._carries(tournament_id)
                if channel.at is before and self._clock.monotonic_ms() - begun_ms < TICK_MS:
                    await self._clock.sleep(TICK_MS / 1_000)  # nothing new, and at once: not again at once
                if carried:
                    with suppress(TimeoutError):
                        async with asyncio.timeout(POLL_EVERY_S):
                            await gap.wait()
                    gap.clear()
        finally:
            if self._carrier is not None:
                self._carrier.leave(tournament_id)

    def _carries(self, tournament_id: str) -> bool:
        return self._carrier is not None and self._carrier.carries(tournament_id)

    async def _ask(self, channel: Channel, *, wait: bool) -> bool:
        """One poll; whether the owner's frames also come by the carrier."""
        at = channel.at
        epoch = at.epoch if channel.ready.is_set() else None
        poll = Poll(self.name, len(channel.watchers), epoch, at.seq, wait)
        try:
            reply = await self._directory.frames(channel.summary.id, poll)
        except Exception:
            log.exception("long_poll_failed", extra={"tournament": channel.summary.id})
            reply = None
        if not isinstance(reply, Frames):
            await self._clock.sleep(_PAUSE_AFTER_FAILURE_S)
            return False
        if channel.at is at:
            channel.take(reply)  # the owner's word, whatever was heard before
        elif not channel.hear(reply):
            channel.gap.set()
        channel.connections = reply.sockets
        return reply.published

    async def _look_after(self) -> None:
        """Once a second: who must log in again, who must be pinged, who is stuck or gone."""
        while True:
            await self._clock.sleep(_CARE_EVERY_S)
            now_ms = self._clock.monotonic_ms()
            for socket in list(self._attended):
                socket.look_after(now_ms)
            await self._look_at_keys()
            await self._look_at_tokens()

    async def _look_at_keys(self) -> None:
        """A socket ends with the key that opened it."""
        if self._may_watch is None:
            return
        for text in {socket.key_text for socket in self._attended if socket.key_text is not None}:
            with suppress(StoreUnavailable):
                if not await self._may_watch(text):
                    for socket in [one for one in self._attended if one.key_text == text]:
                        socket.shut_out()

    async def _look_at_tokens(self) -> None:
        """A socket ends with the player's token that opened it. Looked up from a while before the last look:
        front ends' clocks differ, and a socket may have been let in at that very moment."""
        passed_ms, now_ms = self._clock.monotonic_ms(), self._clock.now_ms()
        if self._tokens is None or passed_ms - self._tokens_looked_ms < TOKENS_LOOK_EVERY_MS:
            return
        with suppress(StoreUnavailable):
            since_ms = min(self._tokens_seen_ms, now_ms) - TOKENS_LOOK_BACK_MS
            ended = await self._tokens.ended_since(since_ms)
            self._tokens_looked_ms, self._tokens_seen_ms = passed_ms, now_ms
            for socket in self._opened_by(ended) if ended else ():
                socket.shut_out()

    def _opened_by(self, ended: Mapping[str, int]) -> list[Attended]:
        return [one for one in self._attended if one.conversation and one.conversation.is_ended(ended)]
