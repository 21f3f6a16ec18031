"""What sockets are told beside the board: their own place, and who is in the room."""

import asyncio

from actors.handles import Directory
from actors.messages import ReadPlaces
from actors.replies import Done, Place
from api.ws import protocol
from api.ws.channel import Channel, Watcher
from api.ws.packing import joined, packed
from config.limits import ME_FRAME_EVERY_S, PLACES_PER_CALL_MAX, ROOM_FRAME_EVERY_S, SOCKETS_PER_TURN
from server import codec
from server.ports import Clock

_Players = dict[int, list[Watcher]]


async def tell_places(channel: Channel, directory: Directory, clock: Clock) -> None:
    """`me` frames: all players here are asked for together, told on change, at most once a second."""
    while True:
        await channel.moved.wait()
        channel.moved.clear()
        told = False
        try:
            told = await _tell_all(channel, directory, clock)
        finally:
            if not told:
                channel.moved.set()
        await clock.sleep(ME_FRAME_EVERY_S)


async def _tell_all(channel: Channel, directory: Directory, clock: Clock) -> bool:
    """One round over the players here; False when their owner could not say."""
    players: _Players = {}
    for watcher in channel.watchers:
        if watcher.player_no is not None:
            players.setdefault(watcher.player_no, []).append(watcher)
    numbers = tuple(players)
    for first in range(0, len(numbers), PLACES_PER_CALL_MAX):
        want = ReadPlaces(numbers[first : first + PLACES_PER_CALL_MAX])
        reply = await directory.ask(channel.summary.id, want)
        if not isinstance(reply, Done):
            return False
        places = codec.decode(reply.value, list[Place])
        for start in range(0, len(places), SOCKETS_PER_TURN):
            _tell(channel, players, places[start : start + SOCKETS_PER_TURN], clock.now_ms())
            await asyncio.sleep(0)
    return True


def _tell(channel: Channel, players: _Players, places: list[Place], now_ms: int) -> None:
    """Who moved hears of it, and of being out. A reader that is too slow now is told later."""
    for place in places:
        for watcher in players[place.player_no]:
            before = watcher.place
            if place == before:
                continue
            if place.gone is not None:
                watcher.part(packed(protocol.gone(place.gone, now_ms)))
                continue
            frame = packed(protocol.me(place, before, channel.summary, now_ms))
            if place.eliminated_round is not None and (before is None or before.eliminated_round is None):
                frame = joined([frame, packed(protocol.eliminated(place, now_ms))])
            if watcher.tell(frame):
                watcher.place = place


async def tell_room(channel: Channel, clock: Clock) -> None:
    """`room` frames: its state and how many are in it, on change and not often."""
    told = ("", 0)
    while True:
        await clock.sleep(ROOM_FRAME_EVERY_S)
        now = channel.status, channel.connections
        if now != told and channel.ready.is_set():
            told = now
            await channel.tell(packed(protocol.room(channel.summary.id, *now)))
