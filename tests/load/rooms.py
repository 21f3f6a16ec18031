"""A room under all its players: 3,000 who bet within half a second and cash out by hand within one second of
the climb, beside a room of the same rules as one Node process without any durability. The load generator is a
C program (room_swarm.c), the same for both.
"""

import asyncio
import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import psutil

from server.encoding.wire import instant
from server.runtime.clock import SystemClock
from tests.load.house import another_front_end, owner_pid, up
from tests.load.measure import cpu_of, family, median, table
from tests.support.served import free_port

HERE = Path(__file__).parent
PLAYERS = 3_000
SECONDS = 40
RUNS = 3
BET_WINDOW_MS, CASH_OUT_WINDOW_MS = 500, 1_000
BETTING_MS, PAUSE_MS, CAP = 4_000, 1_500, 2
_CALLERS = 16
Told = dict[str, float]


class Swarm:
    """The load generator, compiled and running."""

    def __init__(self, tokens: list[str], path: str, ports: list[int]) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="pit-swarm-"))
        program, file = self._folder / "room_swarm", self._folder / "tokens"
        subprocess.run(["gcc", "-O2", "-o", str(program), str(HERE / "room_swarm.c")], check=True)
        file.write_text("\n".join(tokens) + "\n")
        windows = [str(BET_WINDOW_MS), str(CASH_OUT_WINDOW_MS)]
        command = [str(program), str(SECONDS), str(file), path, *windows, *map(str, ports)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE)

    async def line(self) -> Told:
        """Its next line: all are in; then what came out."""
        assert self._process.stdout is not None
        told: Told = json.loads(await asyncio.to_thread(self._process.stdout.readline))
        return told

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)


async def _call(http: aiohttp.ClientSession, run: dict[str, Any], path: str, body: Any) -> Any:
    """One request; told to come back, it comes back."""
    headers = {"Authorization": f"Bearer {run['operators'][0]['api_key']}"}
    while True:
        async with http.post(run["url"] + path, json=body, headers=headers) as answer:
            if answer.status != 429:
                answer.raise_for_status()
                return await answer.json()
        await asyncio.sleep(0.5)


async def _a_room(http: aiohttp.ClientSession, run: dict[str, Any]) -> tuple[str, list[str]]:
    """A started tournament with all players in, and their tokens."""
    start = instant(SystemClock().now_ms() + 3_600_000)
    config = {"startingCredits": 1_000_000, "minBet": 1, "bettingMs": BETTING_MS, "pauseMs": PAUSE_MS}
    body = {
        "name": "Bench room",
        "startTime": start,
        "gameSlug": "crash-classic",
        "durationSeconds": 3_600,
        "config": config | {"capMultiplier": CAP},
    }
    made = await _call(http, run, "/api/tournaments", body)
    path = f"/api/tournaments/{made['tournamentId']}"
    left, tokens = iter(range(PLAYERS)), []

    async def register() -> None:
        for n in left:
            told = await _call(http, run, f"{path}/players", {"userId": f"u{n}"})
            tokens.append(told["crash-classic"]["jwt"])

    await asyncio.gather(*(register() for _ in range(_CALLERS)))
    await _call(http, run, f"{path}/start", {})
    return made["tournamentId"], tokens


async def _ours(run: dict[str, Any], second: str) -> Told:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:
        tournament_id, tokens = await _a_room(http, run)
    owner = await owner_pid(run, tournament_id)
    ports = [urlsplit(url).port or 0 for url in (run["url"], second)]
    fronts = [process.pid for process in psutil.process_iter(["cmdline"]) if _is_api(process)]
    swarm = Swarm(tokens, f"/ws/tournaments/{tournament_id}", ports)
    try:
        assert (await swarm.line())["joined"] == PLAYERS
        before = cpu_of([owner]), cpu_of(fronts), cpu_of(family(run["pids"]["postgres"]))
        told = await swarm.line()
        parts = cpu_of([owner]), cpu_of(fronts), cpu_of(family(run["pids"]["postgres"]))
    finally:
        swarm.close()
    names = ("owner", "fronts", "postgres")
    return told | {f"{n}_s": after - was for n, after, was in zip(names, parts, before, strict=True)}


def _is_api(process: psutil.Process) -> bool:
    command = process.info["cmdline"] or []
    return command[1:3] == ["-m", "api"]


@contextmanager
def _plain_room() -> Iterator[tuple[int, int]]:
    """The Node room: pid and port. Its one library comes from the package registry."""
    folder, port = Path(tempfile.mkdtemp(prefix="pit-plain-room-")), free_port("127.0.0.1")
    try:
        subprocess.run(["npm", "install", "--silent", "--prefix", str(folder), "ws@8"], check=True)
        shutil.copy(HERE / "plain_room.js", folder)
        settings = [str(port), str(BETTING_MS), str(PAUSE_MS), str(CAP * 100)]
        process = subprocess.Popen(["node", str(folder / "plain_room.js"), *settings])
        time.sleep(1)
        try:
            yield process.pid, port
        finally:
            process.kill()
            process.wait()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _plain() -> Told:
    with _plain_room() as (pid, port):
        swarm = Swarm([str(n) for n in range(PLAYERS)], "/", [port])
        try:
            assert (await swarm.line())["joined"] == PLAYERS
            before = cpu_of([pid])
            told = await swarm.line()
            return told | {"owner_s": 0.0, "postgres_s": 0.0, "fronts_s": cpu_of([pid]) - before}
        finally:
            swarm.close()


def _row(name: str, told: list[Told]) -> list[str]:
    def middle(value: Any) -> float:
        return median(value(one) for one in told)

    def each(part: str) -> str:
        return f"{middle(lambda one: one[part] / one['sent'] * 1e6):.0f}"

    return [
        name,
        f"{middle(lambda one: one['sent']):,.0f}",
        f"{sum(one['sent'] - one['played'] - one['refused'] for one in told):.0f}",
        f"{middle(lambda one: one['p50_ms']):.1f} / {middle(lambda one: one['p99_ms']):.1f}",
        f"{middle(lambda one: one['stalled_s']):.0f}",
        each("owner_s"),
        each("fronts_s"),
        each("postgres_s"),
        f"{middle(lambda one: one['messages']):,.0f}",
        each("cpu_s"),
    ]


def measure() -> tuple[str, dict[str, Any]]:
    """The table and its figures: ours and the peer in turn."""
    missing = [name for name in ("gcc", "node", "npm") if shutil.which(name) is None]
    if missing:
        return f"Rooms are not measured here: {', '.join(missing)} missing.\n", {}
    found: dict[str, list[Told]] = {"Pitboss": [], "Node with ws": []}
    with up() as run, another_front_end(run) as second:
        for _ in range(RUNS):
            found["Pitboss"].append(asyncio.run(_ours(run, second)))
            found["Node with ws"].append(asyncio.run(_plain()))
    head = [
        f"{PLAYERS:,} players, {SECONDS} s",
        "moves",
        "without answer",
        "answer p50 / p99, ms",
        "stalled s",
        "owner us a move",
        "front ends us a move, broadcasts included",
        "Postgres us a move",
        "messages out",
        "load generator us a move",
    ]
    names = {
        "Pitboss": "Pitboss: two front ends, stored before it is answered",
        "Node with ws": "Node with `ws`: one process, in memory, nothing stored",
    }
    return table(head, [_row(names[name], told) for name, told in found.items()]), found
