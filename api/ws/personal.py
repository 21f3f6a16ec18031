"""What sockets are told beside the board: their own place, and who is in the room."""

import asyncio
from collections.abc import Iterator

from actors.directory import Directory
from actors.replies import Done, Place
from actors.requests import ReadPlaces
from api.ws import messages
from api.ws.channel import Channel, Watcher
from api.ws.packing import joined, packed
from config.limits import (
    LAST_WORD_MS,
    ME_FRAME_EVERY_S,
    PLACES_PER_CALL_MAX,
    ROOM_FRAME_EVERY_S,
    SOCKETS_PER_TURN,
)
from server.domain.tournament.money.payouts import OPEN
from server.domain.tournament.summary import Summary
from server.ports import Clock

_Players = dict[int, list[Watcher]]


async def tell_places(channel: Channel, directory: Directory, clock: Clock) -> None:
    """`me` frames: all players here are asked for together, told on change, at most once a second."""
    while True:
        await channel.moved.wait()
        channel.moved.clear()
        reached = False
        try:
            reached = await _tell_all(channel, directory, clock)
        finally:
            waits = channel.over and _send_home(channel, clock.monotonic_ms())
            if waits or not reached:
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
        places = want.answer(reply)
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
            news = joined([packed(data) for data in _news(place, before, channel.summary, now_ms)])
            if place.gone is not None:
                watcher.part(news)
            elif watcher.tell(news):
                watcher.place = place


def _news(place: Place, before: Place | None, summary: Summary, now_ms: int) -> Iterator[bytes]:
    """What a player did not know yet."""
    if place.gone is None and (before is None or place._replace(payouts=before.payouts) != before):
        yield messages.me(place, before, summary, now_ms)
    if place.eliminated_round is not None and (before is None or before.eliminated_round is None):
        yield messages.eliminated(place, now_ms)
    if place.payouts != (() if before is None else before.payouts):
        yield messages.payouts(place, summary, now_ms)
    if place.gone is not None:
        yield messages.gone(place.gone, now_ms)


def _send_home(channel: Channel, now_ms: int) -> bool:
    """After the end players stay for a moment, to see what they are owed being paid; whether any still does.
    One who reads too slowly to be told is left to the rule for slow readers."""
    if channel.over_until_ms is None:
        channel.over_until_ms = now_ms + LAST_WORD_MS
    stays = False
    for watcher in [one for one in channel.watchers if one.player_no is not None]:
        lines = None if watcher.place is None else watcher.place.payouts
        is_settled = lines is not None and all(line.state not in OPEN for line in lines)
        if watcher.at is not None and (is_settled or now_ms >= channel.over_until_ms):
            watcher.end()
        else:
            stays = True
    return stays


async def tell_room(channel: Channel, clock: Clock) -> None:
    """`room` frames: its state and how many are in it, on change and not often."""
    sent = ("", 0)
    while True:
        await clock.sleep(ROOM_FRAME_EVERY_S)
        now = channel.status, channel.connections
        if now != sent and channel.ready.is_set():
            sent = now
            await channel.tell(packed(messages.room(channel.summary.id, *now)))
