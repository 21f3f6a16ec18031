"""A casino, its game and its watchers, who just work: everything they ask must be answered, and right."""

import asyncio
import itertools
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import msgspec

_PATIENCE_S = 60.0


@dataclass(slots=True)
class DeliveryResult:
    """What became of the honest ones' requests."""

    answered: int = 0
    seconds: dict[str, list[float]] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    frames: int = 0


class Casino:
    """Calls one front end with the keys of one operator."""

    def __init__(self, http: aiohttp.ClientSession, url: str, key: str, platform_key: str) -> None:
        self._http = http
        self._url = url
        self._auth = {"Authorization": f"Bearer {key}"}
        self._platform = {"Authorization": f"Bearer {platform_key}"}
        self._serial = itertools.count()
        self.told = DeliveryResult()
        self.points: dict[str, int] = {}
        self._sent: dict[str, int] = {}

    async def call(self, method: str, path: str, body: Any = None, *, game: bool = False) -> Any:
        """One request, answered well within a minute."""
        loop = asyncio.get_running_loop()
        begun = loop.time()
        auth = self._platform if game else self._auth
        data = None if body is None else msgspec.json.encode(body)
        asked = self._http.request(
            method, self._url + path, headers=auth, data=data, timeout=aiohttp.ClientTimeout(total=_PATIENCE_S)
        )
        async with asked as got:
            text = await got.read()
            kind = "facts" if game else "boards" if "leaderboard" in path else "others"
            self.told.seconds.setdefault(kind, []).append(loop.time() - begun)
            if got.status >= 300:
                self.told.wrong.append(f"{method} {path}: {got.status} {text[:200]!r}")
            self.told.answered += 1
            return msgspec.json.decode(text)

    async def tournament(self, name: str, users: list[str]) -> str:
        """A public tournament in play."""
        body = {"name": name, "gameSlug": "crash-classic", "startTime": "2100-01-01T00:00:00Z",
                "visibility": "public", "durationSeconds": 3_600, "config": {"graceSeconds": 0}}  # fmt: skip
        tournament_id: str = (await self.call("POST", "/api/tournaments", body))["tournamentId"]
        for user in users:
            await self.call("POST", f"/api/tournaments/{tournament_id}/players", {"userId": user})
        await self.call("POST", f"/api/tournaments/{tournament_id}/start")
        return tournament_id

    async def play(self, tournament_id: str, user: str) -> None:
        """Facts of one player and a look at the board, for ever."""
        while True:
            serial = next(self._serial)
            fact = {"event_id": f"siege-{user}-{serial}", "player": user, "points": 1}
            path = f"/api/internal/tournaments/{tournament_id}/events"
            self._sent[user] = self._sent.get(user, 0) + 1
            told = await self.call("POST", path, {"events": [fact]}, game=True)
            if told["accepted"] != 1:
                self.told.wrong.append(f"{fact['event_id']}: {told}")
            self.points[user] = self.points.get(user, 0) + 1
            board = await self.call("GET", f"/api/tournaments/{tournament_id}/leaderboard?limit=5")
            if board["tournamentId"] != tournament_id:
                self.told.wrong.append("another board")
            await asyncio.sleep(0.5)

    async def watch(self, tournament_id: str) -> None:
        """Frames of the board without a gap, for ever."""
        seq: int | None = None
        url = self._url.replace("http", "ws") + f"/ws/tournaments/{tournament_id}?spectate"
        async with self._http.ws_connect(url) as socket:
            async for message in socket:
                frame = msgspec.json.decode(message.data)
                if frame["type"] in ("snapshot", "delta"):
                    if seq is not None and frame["type"] == "delta" and frame["seq"] != seq + 1:
                        self.told.wrong.append(f"a gap: {seq} to {frame['seq']}")
                    seq = frame["seq"]
                    self.told.frames += 1
        self.told.wrong.append("a watcher was cut off")

    async def account(self, tournament_id: str) -> None:
        """In the end the board holds every point that was acknowledged and none that was not sent, and the
        tournament ends."""
        path = f"/api/tournaments/{tournament_id}/leaderboard?limit=100&consistency=strong"
        board = await self.call("GET", path)
        shown = {row["userId"]: row["points"] for row in board["leaderboard"] if row["points"]}
        for user, sent in self._sent.items():
            if not self.points.get(user, 0) <= shown.get(user, 0) <= sent:
                self.told.wrong.append(
                    f"{user}: {shown.get(user)} shown, {self.points.get(user)} acknowledged"
                )
        await self.call("POST", f"/api/tournaments/{tournament_id}/finish")
