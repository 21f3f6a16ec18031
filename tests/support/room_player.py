"""A player's client in a room, over a real socket: it keeps what it was told last."""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from tests.support.sockets import FRAMES

PATIENCE_S = 60.0


class RoomPlayer:
    """Reads on its own; `play` answers, `until` waits for an event of the room."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.frames: list[dict[str, Any]] = []
        self.events: list[dict[str, Any]] = []
        self.state: dict[str, Any] = {}
        self.hand: dict[str, Any] = {}
        self.seat = 0
        self.flight = 0
        self.code: int | None = None
        self._answers: dict[int | None, asyncio.Future[dict[str, Any]]] = {}
        self._ids = itertools.count(1)
        self._news = asyncio.Event()

    async def read(self) -> None:
        """Until the socket ends."""
        try:
            async for data in self.socket:
                FRAMES.decode(data)
                self._hear(json.loads(data))
        except ConnectionClosed:
            pass
        self.code = self.socket.close_code
        self._news.set()

    def _hear(self, frame: dict[str, Any]) -> None:
        self.frames.append(frame)
        match frame["type"]:
            case "room_state":
                self.state, self.flight = frame, frame["flight"]
            case "room_events":
                self.events += frame["events"]
                begun = [e["data"]["flight"] for e in frame["events"] if e["kind"] == "flight_began"]
                self.flight = begun[-1] if begun else self.flight
            case "hand":
                self.hand = frame
            case "joined":
                self.seat = frame["seat"]
                self._settle(None, frame)
            case "played" | "refused":
                self._settle(frame["id"], frame)
        self._news.set()

    def _settle(self, move_id: int | None, frame: dict[str, Any]) -> None:
        waiting = self._answers.pop(move_id, None)
        if waiting is not None and not waiting.done():
            waiting.set_result(frame)

    async def say(self, **message: Any) -> None:
        """One message, as it is."""
        await self.socket.send(json.dumps(message))

    async def join(self, seat: int = 0) -> dict[str, Any]:
        """Ask for the seat."""
        return await self._asked(None, {"type": "join", "seat": seat})

    async def play(
        self, move: str, *, move_id: int | None = None, flight: int | None = None, **arguments: Any
    ) -> dict[str, Any]:
        """Make a move; its answer."""
        number = next(self._ids) if move_id is None else move_id
        on = self.flight if flight is None else flight
        message = {"type": "play", "id": number, "flight": on, "move": move, "with": arguments}
        return await self._asked(number, message)

    async def _asked(self, move_id: int | None, message: dict[str, Any] | str) -> dict[str, Any]:
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._answers[move_id] = answer
        await self.socket.send(message if isinstance(message, str) else json.dumps(message))
        async with asyncio.timeout(PATIENCE_S):
            return await answer

    async def until(self, kind: str, after: int = 0) -> dict[str, Any]:
        """The first event of a kind behind so many events."""
        found: dict[str, Any] = await self.when(
            lambda: next((event for event in self.events[after:] if event["kind"] == kind), None)
        )
        return found

    async def when(self, found: Any) -> Any:
        """What `found` finds, once it does."""
        async with asyncio.timeout(PATIENCE_S):
            while (result := found()) is None or result is False:
                self._news.clear()
                if self.code is not None:
                    raise AssertionError(f"the socket was closed with {self.code}")
                await self._news.wait()
        return result

    async def betting(self) -> int:
        """Wait for the next flight to take bets; its number."""
        event = await self.until("flight_began", after=len(self.events))
        flight: int = event["data"]["flight"]
        return flight


@asynccontextmanager
async def a_player(connection: Any) -> AsyncIterator[RoomPlayer]:
    """A client on a socket, until the block ends."""
    async with connection as socket:
        player = RoomPlayer(socket)
        reading = asyncio.create_task(player.read())
        try:
            await player.when(lambda: player.state or None)
            yield player
        finally:
            reading.cancel()
