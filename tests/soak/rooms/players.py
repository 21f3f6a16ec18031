"""Players of a room over real sockets: they come back to their seat and send again what was not answered."""

import asyncio
import itertools
import json
import random
import time
from collections.abc import Callable
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake


class Player:
    """Bets in every flight, and cashes out by hand some time in the climb."""

    def __init__(self, number: int, url: Callable[[], str], token: str, luck: random.Random) -> None:
        self.number = number
        self.answers: dict[tuple[int, int], dict[str, Any]] = {}
        self.unanswered: dict[int, dict[str, Any]] = {}
        self.lost: list[dict[str, Any]] = []
        self.credits = 0
        self.last_frame_s = 0.0
        self.epochs: dict[int, float] = {}
        self.in_the_air = False
        self.climbing = asyncio.Event()
        self.is_closed = False
        self._url = url
        self._token = token
        self._luck = luck
        self._ids = itertools.count(1)
        self._socket: ClientConnection | None = None
        self._seat = self._flight = 0
        self._joined = False
        self._acts: list[asyncio.Task[None]] = []
        self.stops = False

    async def run(self) -> None:
        """Until stopped."""
        while not self.stops:
            try:
                async with connect(self._url(), compression=None, open_timeout=30, max_size=None) as socket:
                    self._socket = socket
                    await socket.send(json.dumps({"type": "auth", "token": self._token}))
                    async for text in socket:
                        self._hear(json.loads(text))
            except (OSError, InvalidHandshake, ConnectionClosed, TimeoutError):
                pass
            self._joined, self._socket = False, None
            await asyncio.sleep(self._luck.uniform(0.1, 0.4))

    def _hear(self, frame: dict[str, Any]) -> None:
        self.last_frame_s = time.monotonic()
        match frame["type"]:
            case "welcome":
                self._later(self._say({"type": "join", "seat": self._seat}))
            case "joined":
                if self._seat != frame["seat"]:
                    self.lost += self.unanswered.values()
                    self.unanswered.clear()
                    self._ids = itertools.count(frame["lastId"] + 1)
                self._seat, self._joined = frame["seat"], True
                for message in list(self.unanswered.values()):
                    self._later(self._say(message))
            case "room_state":
                self._shown(frame)
            case "hand":
                self.credits = frame["credits"]
            case "room_events":
                for event in frame["events"]:
                    self._event(event)
            case "refused" if frame["id"] is None:
                if frame["error"] not in ("seat_taken_elsewhere", "room_closed"):
                    self._later(self._join_again())
            case "played" | "refused":
                self._answered(frame)

    def _shown(self, frame: dict[str, Any]) -> None:
        self._flight, self.is_closed = frame["flight"], frame["closed"] is not None
        self.epochs.setdefault(frame["epoch"], time.monotonic())
        if frame["state"].get("phase") not in ("betting", "climb"):
            self._lands()

    def _answered(self, frame: dict[str, Any]) -> None:
        message = self.unanswered.pop(frame["id"], None)
        if message is not None:
            self.answers[self._seat, frame["id"]] = frame | {"move": message["move"], "on": message["flight"]}
            if message["move"] == "bet":
                self.in_the_air = frame["type"] == "played"

    def _event(self, event: dict[str, Any]) -> None:
        if event["kind"] == "flight_began":
            self._flight, self.in_the_air = event["data"]["flight"], False
            self._later(self._act(self._luck.uniform(0, 0.5), "bet", {"amount": 10}))
        elif event["kind"] == "climb":
            self.climbing.set()
            self._later(self._act(self._luck.uniform(0.2, 6), "cash_out", {}))
        elif event["kind"] == "crash":
            self.climbing.clear()
        elif event["kind"] == "flight_ended":
            self._lands()

    def _lands(self) -> None:
        """The flight is over. Told by its end: the next one begins with its first bets at once."""
        self.in_the_air = False
        self.climbing.clear()

    async def _act(self, wait_s: float, move: str, arguments: dict[str, Any]) -> None:
        flight = self._flight
        await asyncio.sleep(wait_s)
        if self.stops:
            return
        number = next(self._ids)
        message = {"type": "play", "id": number, "flight": flight, "move": move, "with": arguments}
        self.unanswered[number] = message
        if self._joined:
            await self._say(message)

    async def _join_again(self) -> None:
        await asyncio.sleep(0.5)
        await self._say({"type": "join", "seat": self._seat})

    async def _say(self, message: dict[str, Any]) -> None:
        try:
            if self._socket is not None:
                await self._socket.send(json.dumps(message))
        except ConnectionClosed:
            pass

    def _later(self, work: Any) -> None:
        self._acts = [task for task in self._acts if not task.done()]
        self._acts.append(asyncio.create_task(work))
