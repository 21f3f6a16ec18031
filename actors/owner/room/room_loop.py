"""The loop of a room: it looks when something is due, or when something came."""

import asyncio
from collections.abc import Callable

from actors.owner.owner import TournamentOwner
from actors.owner.room.room_host import RoomHost
from actors.requests import RoomTick
from server.ports import Clock


async def keep_playing(
    owner: TournamentOwner, room: RoomHost, clock: Clock, lives: Callable[[], bool]
) -> None:
    """As long as this activation lives: show what it is time for, and have a batch made when one is due."""
    while lives():
        room.show()
        if room.is_due():
            await owner.submit(RoomTick())
        await _until_wanted(room, clock)


async def _until_wanted(room: RoomHost, clock: Clock) -> None:
    """Until the next moment, or until something came that may change it."""
    due_ms = room.due_in_ms()
    waits: list[asyncio.Task[object]] = [asyncio.create_task(room.wanted.wait())]
    if due_ms is not None:
        waits.append(asyncio.create_task(clock.sleep(max(due_ms, 1) / 1_000)))
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for one in waits:
            one.cancel()
        await asyncio.gather(*waits, return_exceptions=True)
    room.wanted.clear()
