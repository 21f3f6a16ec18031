"""A casino and game platforms over HTTP that repeat whatever was not answered, under the same ids."""

import asyncio
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import aiohttp

from server.encoding.wire import instant
from server.runtime.clock import SystemClock

PLAYERS = 50
BATCH = 100
PATIENCE_S = 300.0
_CALL_S = 60.0


class Away(Exception):  # noqa: N818 - the other side is restarting
    """No answer, or 429 or 5xx: to be asked again."""


class Client:
    """Requests that are asked again until they have a definite answer. `run_file` says where the house is
    now."""

    def __init__(self, http: aiohttp.ClientSession, run_file: Path) -> None:
        self._http = http
        self._run_file = run_file
        self.troubles: dict[str, int] = {}
        self.serial = 0

    def run(self) -> dict[str, Any]:
        """What the house says about itself."""
        # While it is being written, what it said before holds.
        with suppress(ValueError):
            self._run: dict[str, Any] = json.loads(self._run_file.read_text())
        return self._run

    async def once(self, method: str, path: str, body: Any, key: str, once_key: str | None) -> Any:
        """One try. Raises `Away`; a refusal is an assertion."""
        run = self.run()
        headers = {"Authorization": f"Bearer {run['operators'][0][key]}"}
        headers |= {"Idempotency-Key": once_key} if once_key else {}
        timeout = aiohttp.ClientTimeout(total=_CALL_S)
        try:
            call = self._http.request(method, run["url"] + path, json=body, headers=headers, timeout=timeout)
            async with call as answer:
                told = await answer.json()
                if answer.status == 503:
                    assert "Retry-After" in answer.headers, "503 says when to come back"
                if answer.status in (429, 500, 502, 503):
                    raise Away(str(answer.status))
                assert answer.status < 300, (answer.status, told)
                return told
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise Away(type(error).__name__) from error

    async def call(self, method: str, path: str, body: Any = None, key: str = "api_key") -> Any:
        """The definite answer."""
        self.serial += 1
        # Facts need no key: their event ids are enough.
        keyed = method != "GET" and "/internal/" not in path
        once_key = f"soak-{id(self)}-{self.serial}" if keyed else None
        async with asyncio.timeout(PATIENCE_S):
            while True:
                try:
                    return await self.once(method, path, body, key, once_key)
                except Away as why:
                    self.troubles[str(why)] = self.troubles.get(str(why), 0) + 1
                    await asyncio.sleep(0.1)

    async def tournament(self, name: str) -> str:
        """Created, filled, started; nobody ends it but us."""
        start = instant(SystemClock().now_ms() + 3_600_000)
        body = {
            "name": name, "startTime": start, "gameSlug": "crash-classic", "durationSeconds": 86_400,
            "entryFee": 10, "config": {"graceSeconds": 0},
        }  # fmt: skip
        made = await self.call("POST", "/api/tournaments", body)
        path = f"/api/tournaments/{made['tournamentId']}"
        for n in range(PLAYERS):
            await self.call("POST", f"{path}/players", {"userId": f"u{n}", "buyInAmount": 10})
        await self.call("POST", f"{path}/start", {})
        return str(made["tournamentId"])


class Source:
    """One game platform's stream of batches into one tournament."""

    def __init__(self, name: str, client: Client, tournament_id: str) -> None:
        self._name = name
        self.client = client
        self.tournament_id = tournament_id
        self.acknowledged: dict[str, tuple[str, int]] = {}
        self._serial = 0

    async def play(self, stop: asyncio.Event, pause_s: float) -> None:
        """Batch after batch, each until it is acknowledged."""
        while not stop.is_set():
            await self.report(BATCH)
            await asyncio.sleep(pause_s)

    async def report(self, count: int) -> None:
        """One batch of fresh facts, until it is acknowledged."""
        facts = [self._fact() for _ in range(count)]
        body = {"events": [{"event_id": e, "player": p, "points": n} for e, p, n in facts]}
        path = f"/api/internal/tournaments/{self.tournament_id}/events"
        told = await self.client.call("POST", path, body, "game_platform_key")
        outcomes = {line["status"] for line in told["results"]}
        assert outcomes <= {"accepted", "duplicate"}, outcomes
        self.acknowledged.update({event_id: (player, points) for event_id, player, points in facts})

    def _fact(self) -> tuple[str, str, int]:
        self._serial += 1
        return f"{self._name}-{self._serial}", f"u{self._serial % PLAYERS}", self._serial % 7 + 1
