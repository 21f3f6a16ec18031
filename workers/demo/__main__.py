"""`python -m workers.demo`: tournaments of fifty marked bots, played through the public API and sockets alone.

When a tournament finishes its results are logged and the next one starts.
"""

import asyncio
import itertools
import json
import logging
import math
import sys
from typing import Any

import aiohttp

from config import logs, settings
from server.encoding.wire import instant
from server.runtime.clock import SystemClock
from server.runtime.randomness import SystemIds, dice
from workers.demo.bots import Bot

log = logging.getLogger(__name__)

BOTS = 50
# Strangers who try the game come late, and have seats of their own.
VISITORS = 30
ENTRY_FEE = 10
# The demo starts by hand once all bots are in and the lobby was seen for a moment; by itself if that fails.
_LOBBY_S = 6
_STARTS_IN_S = 90
_LOOK_EVERY_S = 1.0
_REST_S = 12
_GAME = "crash-classic"
_OVER = ("completed", "cancelled")
# Short flights, so that a visitor sees many.
_ROOM = {
    "source": "room",
    "startingCredits": 1_000,
    "minBet": 10,
    "bettingMs": 4_000,
    "pauseMs": 3_000,
    "capMultiplier": 10,
}
_NAMES = ("Ace", "Blaze", "Comet", "Dash", "Ember", "Flint", "Gizmo", "Halo", "Indigo", "Jolt")


class Api:
    """The two keys and one session of a casino and its game platform."""

    def __init__(self, http: aiohttp.ClientSession, url: str, operator: dict[str, str]) -> None:
        self._http = http
        self.url = url
        self._operator = operator

    async def call(self, method: str, path: str, body: Any = None, key: str = "api_key") -> Any:
        """One request; raises on anything but success."""
        headers = {"Authorization": f"Bearer {self._operator[key]}"}
        async with self._http.request(
            method, self.url + path, json=body, headers=headers, raise_for_status=True
        ) as answer:
            return await answer.json()


async def play_for_ever(api: Api, minutes: float) -> None:
    """Go on with a running demo tournament, or make one; then the next."""
    for turn in itertools.count():
        try:
            tournament_id = await _current(api) or await _create(api, minutes, turn)
            await _fill(api, tournament_id)
            await _start(api, tournament_id)
            await _play(api, tournament_id)
            await _show_results(api, tournament_id)
            await asyncio.sleep(_REST_S)
        except (aiohttp.ClientError, TimeoutError) as error:
            log.warning("demo_waits", extra={"reason": str(error)})
            await asyncio.sleep(2)


async def _current(api: Api) -> str | None:
    for status in ("in_progress", "open"):
        page = await api.call("GET", f"/api/tournaments?status={status}&limit=100")
        for row in page["tournaments"]:
            if (row["externalId"] or "").startswith("demo-"):
                return str(row["tournamentId"])
    return None


def _programme(minutes: float) -> list[tuple[str, dict[str, Any]]]:
    """Name and what is special of the demo tournaments, taken in turn."""
    round_s = max(round(minutes * 20), 10)
    best = {"tournament_type": "best_n", "scoring": {"n": 5, "metric": "win"}, "tie_prizes": "split"}
    race = {"tournament_type": "race_to_target", "scoring": {"target": 3_000, "metric": "win"}}
    return [
        ("Crash Cup", {"config": _ROOM | {"tournament_type": "points_based"}}),
        ("Best of Five Flights", {"config": _ROOM | best}),
        (
            "Knockout",
            {
                "config": _ROOM,
                "rounds": {"count": 3, "duration_seconds": round_s, "elimination_rate": 0.4, "survivors": 5},
            },
        ),
        ("Race to 3,000", {"config": _ROOM | race}),
    ]


async def _create(api: Api, minutes: float, turn: int) -> str:
    number = SystemIds().short_id(6)
    programme = _programme(minutes)
    name, special = programme[turn % len(programme)]
    body = {
        "name": f"{name} {number.upper()} (bots)",
        "external_id": f"demo-{number}",
        "game": _GAME,
        "scheduled_start": instant(SystemClock().now_ms() + _STARTS_IN_S * 1_000),
        "duration_seconds": round(minutes * 60),
        "max_players": BOTS + VISITORS,
        "late_registration_minutes": math.ceil(minutes),
        "min_players": 2,
        "entry_fee": ENTRY_FEE,
        "prize_pool": {"type": "percentage", "distribution": [40, 25, 15, 12, 8]},
        "visibility": "public",
    } | special
    if "rounds" in body:
        del body["duration_seconds"]  # the rounds say how long it lasts
        body["late_registration_rounds"] = 1
        del body["late_registration_minutes"]
    created = await api.call("POST", "/api/tournaments", body)
    return str(created["tournamentId"])


def _bots() -> list[tuple[str, str]]:
    """User id and display name of each bot; every name says that it is one."""
    return [(f"demo_bot_{n}", f"Bot {_NAMES[n % 10]} {n // 10 + 1}") for n in range(BOTS)]


async def _fill(api: Api, tournament_id: str) -> None:
    """Register the bots that are not in yet, as long as registration is open."""
    page = await api.call("GET", f"/api/tournaments/{tournament_id}/players?limit=500")
    present = {row["userId"] for row in page["players"]}
    for user_id, name in _bots():
        status = await api.call("GET", f"/api/tournaments/{tournament_id}/status")
        if user_id in present or status["registrationStatus"] != "open":
            continue
        body = {"userId": user_id, "displayName": name, "buyInAmount": ENTRY_FEE}
        await api.call("POST", f"/api/tournaments/{tournament_id}/players", body)


async def _start(api: Api, tournament_id: str) -> None:
    status = await api.call("GET", f"/api/tournaments/{tournament_id}/status")
    if status["status"] == "open":
        await asyncio.sleep(_LOBBY_S)
        await api.call("POST", f"/api/tournaments/{tournament_id}/start")


async def _play(api: Api, tournament_id: str) -> None:
    """Bots play over their sockets until the tournament is over."""
    luck = dice()
    tokens = [await _token(api, tournament_id, user_id) for user_id, _ in _bots()]
    url = f"{api.url.replace('http', 'ws', 1)}/ws/tournaments/{tournament_id}"
    bots = [Bot(url, token, luck) for token in tokens if token is not None]
    playing = [asyncio.create_task(bot.play()) for bot in bots]
    try:
        while True:
            status = await api.call("GET", f"/api/tournaments/{tournament_id}/status")
            if status["status"] in _OVER:
                return
            await asyncio.sleep(_LOOK_EVERY_S)
    finally:
        for task in playing:
            task.cancel()
        await asyncio.gather(*playing, return_exceptions=True)


async def _token(api: Api, tournament_id: str, user_id: str) -> str | None:
    """A fresh token of a bot; None when it is not in."""
    try:
        told = await api.call("POST", f"/api/tournaments/{tournament_id}/players/{user_id}/token")
    except aiohttp.ClientResponseError as error:
        if error.status in (401, 403, 404, 409):
            return None
        raise
    return str(told[_GAME]["jwt"])


async def _show_results(api: Api, tournament_id: str) -> None:
    page = await api.call("GET", f"/api/tournaments/{tournament_id}/status")
    if page["status"] != "completed":
        return
    results = await api.call("GET", f"/api/tournaments/{tournament_id}/results?limit=5")
    for row in results["results"]:
        fields = {name: row[name] for name in ("position", "displayName", "points", "prize")}
        log.info("demo_prize", extra={"tournament": tournament_id} | fields)


async def _main(loaded: settings.Settings) -> None:
    run = json.loads((loaded.home / "run.json").read_text())
    timeout = aiohttp.ClientTimeout(total=60)
    async with aiohttp.ClientSession(timeout=timeout) as http:
        await play_for_ever(Api(http, run["url"], run["operators"][0]), loaded.demo_minutes)


def main() -> int:
    """Run until told to stop."""
    loaded = settings.load_or_exit()
    logs.configure(loaded.log_level, "demo")
    try:
        asyncio.run(_main(loaded))
    except KeyboardInterrupt:
        return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
