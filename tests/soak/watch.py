"""A client that watches a board over a socket and keeps it as the frames say, through every reconnect."""

import asyncio
from contextlib import suppress
from typing import Any

import aiohttp

_PAUSE_S = 0.1


class Watch:
    """The rows of one tournament as one front end shows them, by display name."""

    def __init__(self, http: aiohttp.ClientSession, url: str, tournament_id: str, key: str) -> None:
        self._http = http
        self._url = f"{url}/ws/tournaments/{tournament_id}"
        self._headers = {"Authorization": f"Bearer {key}"}
        self._rows: dict[str, dict[str, Any]] = {}
        self.connects = 0
        self.server_time = ""

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            with suppress(aiohttp.ClientError, OSError, TimeoutError):
                async with self._http.ws_connect(self._url, headers=self._headers) as socket:
                    self.connects += 1
                    async for message in socket:
                        self._take(message.json())
            await asyncio.sleep(_PAUSE_S)

    def points(self, name: str) -> float | None:
        """What the board shows of a player."""
        found = [row["points"] for row in self._rows.values() if row["displayName"] == name]
        return found[0] if found else None

    def _take(self, frame: dict[str, Any]) -> None:
        self.server_time = frame.get("serverTime", self.server_time)
        if frame["type"] == "snapshot":
            self._rows = {row["playerId"]: row for row in frame["rows"]}
        elif frame["type"] == "delta":
            for gone in frame["left"]:
                self._rows.pop(gone, None)
            taken = {row["position"] for row in frame["rows"]}
            new = {row["playerId"]: row for row in frame["rows"]}
            self._rows = {k: v for k, v in self._rows.items() if v["position"] not in taken} | new
