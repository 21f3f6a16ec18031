"""A bot: an ordinary client of the player socket. It bets, and leaves by its number or by hand."""

import asyncio
import contextlib
import itertools
import json
import logging
from decimal import Decimal
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from server.encoding.wire import dump
from server.runtime.randomness import Dice

log = logging.getLogger(__name__)

_AGAIN_S = 1.0
# Refusals of a seat that pass; other refusals of it are for good.
_PASSING = ("room_waiting", "service_unavailable", "overloaded", "draining")
# Close codes after which a bot has nothing to come back for.
_FINAL_CODES = (4401, 4403, 4404, 4410)


class Bot:
    """Plays one tournament until it is over for this bot."""

    def __init__(self, url: str, token: str, luck: Dice) -> None:
        self._url = url
        self._token = token
        self._luck = luck
        self._seat = self._flight = self._credits = self._thought_of = 0
        self._ids = itertools.count(1)
        self._leaves: asyncio.Task[None] | None = None

    async def play(self) -> None:
        """Connect, and come back when the line breaks."""
        while True:
            try:
                async with connect(self._url, compression=None) as socket:
                    await socket.send(json.dumps({"type": "auth", "token": self._token}))
                    await self._listen(socket)
                code = socket.close_code
            except (OSError, InvalidHandshake, TimeoutError):
                code = None
            if code in _FINAL_CODES:
                return
            await asyncio.sleep(_AGAIN_S * (1 + self._luck.random()))

    async def _listen(self, socket: ClientConnection) -> None:
        try:
            async for text in socket:
                await self._hear(socket, json.loads(text))
        except ConnectionClosed:
            pass
        finally:
            if self._leaves is not None:
                self._leaves.cancel()

    async def _hear(self, socket: ClientConnection, frame: dict[str, Any]) -> None:
        match frame["type"]:
            case "welcome" | "lifecycle" if frame.get("event", "started") in ("started", "round_started"):
                await self._join(socket)
            case "joined":
                self._seat, self._ids = frame["seat"], itertools.count(frame["lastId"] + 1)
            case "refused" if frame["id"] is None and frame["error"] in _PASSING:
                self._later(self._join_again(socket))
            case "room_state":
                self._flight = frame["flight"]
                if frame["state"].get("phase") == "betting":
                    self._flight_began(socket)
            case "hand":
                self._credits = frame["credits"]
            case "room_events":
                for event in frame["events"]:
                    await self._event(socket, event)

    async def _event(self, socket: ClientConnection, event: dict[str, Any]) -> None:
        if event["kind"] == "flight_began":
            self._flight = event["data"]["flight"]
            self._flight_began(socket)
        elif event["kind"] == "climb" and self._luck.random() < 0.5:
            self._later(self._cash_out(socket))

    def _flight_began(self, socket: ClientConnection) -> None:
        """Bet or not, once a flight; who comes while bets are taken may bet, too."""
        if not self._seat or self._flight == self._thought_of:
            return
        self._thought_of = self._flight
        if self._luck.random() < 0.7:
            self._later(self._bet(socket))

    async def _join(self, socket: ClientConnection) -> None:
        await self._say(socket, type="join", seat=self._seat)

    async def _join_again(self, socket: ClientConnection) -> None:
        await asyncio.sleep(_AGAIN_S)
        with contextlib.suppress(ConnectionClosed):
            await self._join(socket)

    def _later(self, work: Any) -> None:
        if self._leaves is not None:
            self._leaves.cancel()
        self._leaves = asyncio.create_task(work)

    async def _bet(self, socket: ClientConnection) -> None:
        """A twentieth of the credits, more or less; most bots also say when they want to be out."""
        await asyncio.sleep(self._luck.uniform(0, 2))
        amount = max(self._credits * self._luck.randint(2, 8) // 100 // 5 * 5, 10)
        wish = Decimal(self._luck.randint(110, 400)) / 100
        auto = {"autoCashOut": wish} if self._luck.random() < 0.7 else {}
        await self._move(socket, "bet", {"amount": amount} | auto)

    async def _cash_out(self, socket: ClientConnection) -> None:
        await asyncio.sleep(self._luck.expovariate(1 / 6))
        await self._move(socket, "cash_out", {})

    async def _move(self, socket: ClientConnection, move: str, arguments: dict[str, Any]) -> None:
        message = {"type": "play", "id": next(self._ids), "flight": self._flight, "move": move}
        try:
            await socket.send(dump(message | {"with": arguments}).decode())
        except ConnectionClosed:
            log.info("bot_lost_its_line")

    async def _say(self, socket: ClientConnection, **message: Any) -> None:
        await socket.send(json.dumps(message))
