"""The clock is set and the database is put back under running front ends:
`python -m tests.soak.restored --engine ray --seconds 120`.

A database of our own, `pitboss up` over it (with Ray: a second front end beside it), facts all the time, and a
client on every board. The clock of all processes steps ahead and back; then the database is what it was
`--seconds` ago. Told is how long each board took to show a fact that was reported afterwards.
"""

import argparse
import asyncio
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path

import aiohttp

from server.domain.money import POINT_SCALE
from server.encoding import codec
from server.encoding.wire import to_ms
from server.runtime.clock import SystemClock
from server.storage.embedded import EmbeddedPostgres
from tests.on_ray.conftest import start_up, stop_up
from tests.soak.chaos import facts_in
from tests.soak.load import Client, Source
from tests.soak.run import _verify
from tests.soak.watch import Watch
from tests.support.served import free_port
from tests.support.servers import RestartingRedis

STEPS_MS = (3_600_000, -3_600_000, -120_000, 0)
WITHIN_S = 10.0
PROBE = "u0"
_PROBE_POINTS = 10_000_000
_CLOCK_TOLERANCE_MS = 30_000


@dataclass(slots=True)
class Found:
    """What came out. `wrong` is empty when every promise was kept."""

    seconds_after_step: dict[str, float] = field(default_factory=dict)
    seconds_after_restore: list[float] = field(default_factory=list)
    stored: int = 0
    set_back: int = 0
    connects: int = 0
    troubles: dict[str, int] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)


@contextmanager
def second_front_end(home: Path) -> Iterator[str]:
    """Another front end of the same house, on a port of its own."""
    run = json.loads((home / "run.json").read_text())
    raw = Path(f"/proc/{run['pids']['api']}/environ").read_bytes().split(b"\0")
    env = dict(line.decode().split("=", 1) for line in raw if b"=" in line)
    port = free_port("127.0.0.1")
    with (home / "second.log").open("wb") as log:
        command = [sys.executable, "-m", "api"]
        process = subprocess.Popen(command, env=env | {"PITBOSS_PORT": str(port)}, stdout=log, stderr=log)
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(60)


class Trial:
    """Load, probes and boards of one run."""

    def __init__(self, http: aiohttp.ClientSession, home: Path, urls: list[str], names: list[str]) -> None:
        self.client = Client(http, home / "run.json")
        self.names = names
        self.sources = [
            Source(f"{name[-6:]}-{n}", Client(http, home / "run.json"), name)
            for name in names
            for n in range(2)
        ]
        key = self.client.run()["operators"][0]["api_key"]
        self.boards = {(url, name): Watch(http, url, name, key) for url in urls for name in names}
        self._probes = 0

    async def shown(self, since: float) -> float:
        """Seconds from `since` until every board shows a fact that is reported now."""
        for name in self.names:
            await self._probe(name)
        truth = {name: await self.points_of(name) for name in self.names}
        async with asyncio.timeout(120):
            for (_, name), board in self.boards.items():
                while (board.points(PROBE) or 0) < truth[name][PROBE]:
                    await asyncio.sleep(0.05)
        return time.monotonic() - since

    async def _probe(self, name: str) -> None:
        self._probes += 1
        fact = {"event_id": f"probe-{self._probes}", "player": PROBE, "points": _PROBE_POINTS}
        path = f"/api/internal/tournaments/{name}/events"
        await self.client.call("POST", path, {"events": [fact]}, "game_platform_key")

    async def points_of(self, name: str) -> Counter[str]:
        """The points of every player as the stored facts say, computed apart from the product."""
        sums: Counter[str] = Counter()
        for payload in await facts_in(self.client.run()["database_url"], name):
            for counted in codec.decode_block(payload):
                sums[counted.fact.player] += (counted.fact.points or 0) // POINT_SCALE
        return sums

    def clocks_off_ms(self) -> list[int]:
        """By how much the times in the newest frames are wrong."""
        now_ms = SystemClock().now_ms()
        return [to_ms(datetime.fromisoformat(one.server_time)) - now_ms for one in self.boards.values()]

    def acknowledged(self) -> set[str]:
        """The ids of all facts that were acknowledged so far."""
        return {event_id for source in self.sources for event_id in source.acknowledged}


def _set_clock(file: Path, ms: int) -> None:
    """At once: a reader sees the old text or the new one."""
    fresh = file.with_suffix(".new")
    fresh.write_text(str(ms))
    fresh.replace(file)


async def trial(found: Found, home: Path, urls: list[str], database: EmbeddedPostgres, seconds: float) -> None:
    """The story: a copy of the database, clock steps, the copy put back, the accounts."""
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:
        client = Client(http, home / "run.json")
        names = [await client.tournament(f"Trial {n}") for n in range(2)]
        it = Trial(http, home, urls, names)
        stop = asyncio.Event()
        watching = [asyncio.create_task(board.run()) for board in it.boards.values()]
        playing = [asyncio.create_task(source.play(stop, 0.2)) for source in it.sources]
        await it.shown(time.monotonic())
        before = it.acknowledged()
        copied_at = time.monotonic()
        await asyncio.to_thread(_replaced, database, home / "pg", home / "pg.copy")
        for ms in STEPS_MS:
            await asyncio.sleep(2)
            _set_clock(home / "clock", ms)
            found.seconds_after_step[f"{ms / 1000:+.0f} s"] = round(await it.shown(time.monotonic()), 2)
            assert all(abs(off - ms) < _CLOCK_TOLERANCE_MS for off in it.clocks_off_ms()), "the clock was set"
        await asyncio.sleep(max(seconds - (time.monotonic() - copied_at), 0))
        await asyncio.to_thread(_replaced, database, home / "pg.copy", home / "pg")
        restored_at, lost = time.monotonic(), it.acknowledged() - before
        found.seconds_after_restore.append(round(await it.shown(restored_at), 2))
        await asyncio.sleep(5)
        stop.set()
        await asyncio.gather(*playing)
        await it.shown(time.monotonic())
        for task in watching:
            task.cancel()
        await _account(found, it, before, lost)


def _replaced(database: EmbeddedPostgres, source: Path, target: Path) -> None:
    """Stop, copy the folder, start."""
    database.__exit__(None, None, None)
    shutil.rmtree(target, ignore_errors=True)
    subprocess.run(["cp", "-a", str(source), str(target)], check=True)
    database.__enter__()


async def _account(found: Found, it: Trial, before: set[str], lost: set[str]) -> None:
    """What was acknowledged before the copy or after the restore is stored, once; boards and books agree."""
    stored: Counter[str] = Counter()
    for name in it.names:
        for payload in await facts_in(it.client.run()["database_url"], name):
            stored.update(counted.fact.event_id for counted in codec.decode_block(payload))
        board = await it.client.call("GET", f"/api/tournaments/{name}/leaderboard?limit=100")
        shown = {row["userId"]: row["points"] for row in board["leaderboard"] if row["points"]}
        if shown != dict(await it.points_of(name)):
            found.wrong.append(f"{name}: the board is not what is stored")
    must = before | (it.acknowledged() - lost)
    missing, doubled = must - set(stored), [k for k, n in stored.items() if n > 1]
    found.wrong += [f"{len(missing)} acknowledged facts are missing"] if missing else []
    found.wrong += [f"{len(doubled)} facts are stored twice"] if doubled else []
    found.wrong += await asyncio.to_thread(_verify, it.client.run()["database_url"])
    slow = [s for s in (*found.seconds_after_restore, *found.seconds_after_step.values()) if s > WITHIN_S]
    found.wrong += [f"boards took {slow} s"] if slow else []
    found.stored, found.set_back = len(stored), len(lost - set(stored))
    found.connects = sum(board.connects for board in it.boards.values())
    for source in it.sources:
        for what, count in source.client.troubles.items():
            found.troubles[what] = found.troubles.get(what, 0) + count
    found.wrong += ["a request was answered 500"] if "500" in found.troubles else []


def run(engine: str, seconds: float) -> Found:
    """A house of its own, from start to stop."""
    home, found = Path(tempfile.mkdtemp(prefix="pit-back-")), Found()
    home.chmod(0o755)
    _set_clock(home / "clock", 0)
    database = EmbeddedPostgres(home / "pg")
    try:
        with ExitStack() as stack:
            url, redis = stack.enter_context(database), stack.enter_context(RestartingRedis())
            wrong_clock = {
                "PYTHONPATH": str(Path(__file__).parent / "steps"),
                "SOAK_CLOCK": str(home / "clock"),
            }
            env = {"PITBOSS_DATABASE_URL": url, "PITBOSS_REDIS_URL": redis.url} | wrong_clock
            up = start_up(home, "--no-demo", "--engine", engine, **env)
            stack.callback(stop_up, up)
            urls = [str(up.run()["url"])]
            if engine == "ray":
                urls.append(stack.enter_context(second_front_end(home)))
            asyncio.run(trial(found, home, urls, database, seconds))
    finally:
        if found.wrong or sys.exc_info()[0] is not None:
            print(f"logs are in {home}", file=sys.stderr)
        else:
            shutil.rmtree(home, ignore_errors=True)
    return found


def main() -> int:
    """1 when a promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak.restored")
    parser.add_argument("--engine", choices=("local", "ray"), default="ray")
    parser.add_argument("--seconds", type=float, default=120, help="how long ago the copy was made")
    asked = parser.parse_args()
    found = run(asked.engine, asked.seconds)
    print(json.dumps(asdict(found), indent=2))
    return 1 if found.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
