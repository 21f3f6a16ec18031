"""A front end on a real socket in this event loop, over memory stores, on real time."""

import asyncio
import itertools
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

import msgspec
import uvicorn
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from api.serve import server_config
from server.runtime.clock import SystemClock
from tests.support.app import House, a_house
from tests.support.sockets import FRAMES

PATIENCE_S = 30.0
_serial = itertools.count(1)


@dataclass(slots=True)
class Served:
    """A house and where it listens."""

    house: House
    port: int

    def socket(self, tournament_id: str, query: str = "", **more: Any) -> connect:
        """A client socket on a tournament."""
        return self.open(f"/ws/tournaments/{tournament_id}?{query}", **more)

    def open(self, path: str, **more: Any) -> connect:
        """A client socket on a path."""
        return connect(f"ws://127.0.0.1:{self.port}{path}", **{"compression": None} | more)

    async def token(self, tournament_id: str, player: str, game: str = "crash-classic") -> str:
        """A fresh player token."""
        path = f"/api/tournaments/{tournament_id}/players/{player}/token"
        answer = await self.house.client.post(path, headers=self.house.auth)
        token: str = answer.json()[game]["jwt"]
        return token

    async def report(self, tournament_id: str, **points: float) -> None:
        """One fact a player."""
        serial = next(_serial)
        facts = [
            {"event_id": f"fact-{serial}-{player}", "player": player, "points": amount}
            for player, amount in points.items()
        ]
        path = f"/api/internal/tournaments/{tournament_id}/events"
        answer = await self.house.client.post(path, headers=self.house.platform, json={"events": facts})
        assert answer.json()["accepted"] == len(facts), answer.text


async def frame(socket: ClientConnection, *kinds: str) -> dict[str, Any]:
    """The next frame, or the next one of these kinds."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            data = await socket.recv()
            body: dict[str, Any] = msgspec.json.decode(data)
            if "/ws/tournaments/" in (socket.request.path if socket.request else ""):
                FRAMES.decode(data)
            if not kinds or body["type"] in kinds:
                return body


async def close_code(socket: ClientConnection) -> int | None:
    """Read until the server closes."""
    with suppress(ConnectionClosed):
        async with asyncio.timeout(PATIENCE_S):
            while True:
                await socket.recv()
    return socket.close_code


@asynccontextmanager
async def a_served_house(clock: Any = None, *, fast_lane: bool = True, **more: Any) -> AsyncIterator[Served]:
    """Served until the block ends."""
    async with a_house(clock or SystemClock(), **more) as house:
        port = free_port("127.0.0.1")
        config = server_config(house.app, house.ctx, "127.0.0.1", port, 1, fast_lane=fast_lane)
        server = uvicorn.Server(config)
        server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
        task = asyncio.create_task(server.serve())
        while not server.started:
            await asyncio.sleep(0.01)
        try:
            yield Served(house, port)
        finally:
            server.should_exit = True
            await task


def free_port(host: str) -> int:
    """A port nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
        return port
