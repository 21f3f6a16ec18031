"""A casino's backend and its game platform, behind the front door, that repeat what was not answered."""

import asyncio
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import aiohttp

PLAYERS = 5
_PATIENCE_S = 300.0


class Casino:
    """Requests until a definite answer. `troubles` counts all others: 503 must say when to come back."""

    def __init__(self, http: aiohttp.ClientSession, url: str, full_key: str, game_key: str) -> None:
        self._http = http
        self.url = url
        self._keys = {"full": full_key, "game": game_key}
        self._serial = 0
        self.troubles: Counter[str] = Counter()

    async def call(self, method: str, path: str, body: Any = None, key: str = "full") -> Any:
        """The definite answer."""
        self._serial += 1
        headers = {"Authorization": f"Bearer {self._keys[key]}"}
        if key == "full":  # facts need none: their event ids are enough
            headers["Idempotency-Key"] = f"compose-{self._serial}"
        async with asyncio.timeout(_PATIENCE_S):
            while True:
                try:
                    async with self._http.request(
                        method, self.url + path, json=body, headers=headers, timeout=aiohttp.ClientTimeout(40)
                    ) as answer:
                        if answer.status < 300:
                            return await answer.json()
                        known = answer.status == 503 and "Retry-After" in answer.headers
                        self.troubles["503" if known else f"{answer.status} {await answer.text()}"[:200]] += 1
                        assert known or answer.status in (429, 502), await answer.text()
                except (aiohttp.ClientError, TimeoutError, OSError) as error:
                    self.troubles[type(error).__name__] += 1
                await asyncio.sleep(0.2)

    async def tournament(self, name: str, **changes: Any) -> str:
        """A public one, in play."""
        body = {"name": name, "gameSlug": "dice", "startTime": "2100-01-01T00:00:00Z",
                "visibility": "public", "durationSeconds": 86_400, "entryFee": 10} | changes  # fmt: skip
        made = await self.call("POST", "/api/tournaments", body)
        path = f"/api/tournaments/{made['tournamentId']}"
        for number in range(PLAYERS):
            await self.call("POST", f"{path}/players", {"userId": f"u{number}", "buyInAmount": 10})
        await self.call("POST", f"{path}/start", {})
        return str(made["tournamentId"])


@dataclass(slots=True)
class Platform:
    """Reports to one tournament, for each player some `rounds` at a time. `waits`: when each began, and how
    long it took."""

    casino: Casino
    tournament_id: str
    rounds: int = 1
    acknowledged: int = 0
    waits: list[tuple[float, float]] = field(default_factory=list)

    async def play(self, ends: asyncio.Event, every_s: float, after_s: float = 0.0) -> None:
        await asyncio.sleep(after_s)
        while not ends.is_set():
            began = time.monotonic()
            events = [
                {"event_id": f"{self.tournament_id}-{self.acknowledged}-{number}",
                 "player": f"u{number % PLAYERS}", "points": 1}
                for number in range(PLAYERS * self.rounds)
            ]  # fmt: skip
            path = f"/api/internal/tournaments/{self.tournament_id}/events"
            told = await self.casino.call("POST", path, {"events": events}, "game")
            outcomes = {line["status"] for line in told["results"]}
            assert outcomes <= {"accepted", "duplicate"}, outcomes
            self.acknowledged += 1
            self.waits.append((began, time.monotonic() - began))
            await asyncio.sleep(every_s)

    def longest_since(self, moment: float) -> float:
        """The longest wait of what was under way then or came later."""
        return max((wait for began, wait in self.waits if began + wait > moment), default=0.0)

    async def is_right(self) -> bool:
        """Whether the board is what was acknowledged."""
        path = f"/api/tournaments/{self.tournament_id}/leaderboard?consistency=strong"
        rows = (await self.casino.call("GET", path))["leaderboard"]
        return {row["points"] for row in rows} == {self.acknowledged * self.rounds} and len(rows) == PLAYERS
