"""One soak: load, kills, and the accounts at the end."""

import asyncio
import json
import os
import random
import subprocess
import sys
import time
from collections import Counter
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import aiohttp

from server.encoding import codec
from tests.soak.bare import BareActors
from tests.soak.chaos import Chaos, facts_in
from tests.soak.load import BATCH, PLAYERS, Client, Source


@dataclass(slots=True)
class Report:
    """What came out. `wrong` is empty when every promise was kept."""

    seconds: float
    acknowledged: int
    per_second: float
    kills: dict[str, int]
    recovery_median_s: float | None
    bare_actor_median_s: float | None
    troubles: dict[str, int]
    wrong: list[str]

    def text(self) -> str:
        """For a person."""
        return json.dumps(asdict(self), indent=2)


async def soak(
    home: Path, kinds: list[str], *, pause_s: float, seed: int, tournaments: int = 2, sources: int = 2,
    restart_redis: Any = None,
) -> Report:  # fmt: skip
    """Play and kill until the list is done, then stop and check everything."""
    troubles: Counter[str] = Counter()
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:
        client = Client(http, home / "run.json")
        names = [await client.tournament(f"Soak {n}") for n in range(tournaments)]
        run_file = home / "run.json"
        probes = [Source(f"{name[-6:]}-probe", Client(http, run_file), name) for name in names]
        chaos = Chaos(client, probes, random.Random(seed))
        chaos.restart_redis = restart_redis
        chaos.bare = BareActors(home, client)
        stop, begun = asyncio.Event(), time.monotonic()
        playing = [
            Source(f"{name[-6:]}-{n}", Client(http, run_file), name) for name in names for n in range(sources)
        ]
        # At least a thousand facts a second from all of them, as long as the house keeps up.
        pace_s = len(playing) * BATCH / 2_500
        tasks = [asyncio.create_task(source.play(stop, pace_s)) for source in playing]
        try:
            await _beside(chaos.run(kinds, pause_s), tasks)
        finally:
            await asyncio.to_thread(chaos.bare.close)
        await asyncio.sleep(1)
        stop.set()
        await asyncio.gather(*tasks)
        seconds = time.monotonic() - begun
        playing += probes
        wrong = await _accounts(client, names, playing)
        for source in playing:
            troubles.update(source.client.troubles)
    acknowledged = sum(len(source.acknowledged) for source in playing)
    return Report(
        seconds=round(seconds, 1),
        acknowledged=acknowledged,
        per_second=round(acknowledged / seconds),
        kills=chaos.kills.counts,
        recovery_median_s=_median(chaos.kills.recoveries_s),
        bare_actor_median_s=_median(chaos.kills.bare_s),
        troubles=dict(troubles),
        wrong=wrong,
    )


async def _beside(work: Any, others: list[asyncio.Task[None]]) -> None:
    """Until the work is done; whoever fails beside it ends it."""
    task = asyncio.ensure_future(work)
    await asyncio.wait({task, *others}, return_when=asyncio.FIRST_COMPLETED)
    for other in others:
        if other.done():
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            other.result()
    await task


async def _accounts(client: Client, names: list[str], playing: list[Source]) -> list[str]:
    """Acknowledged = stored = counted; boards are what was acknowledged; the books are right."""
    wrong = []
    for name in names:
        acknowledged = {k: v for s in playing if s.tournament_id == name for k, v in s.acknowledged.items()}
        wrong += await _facts(client, name, acknowledged)
        board = await client.call("GET", f"/api/tournaments/{name}/leaderboard?limit={PLAYERS}")
        shown = {row["userId"]: row["points"] for row in board["leaderboard"]}
        expected: Counter[str] = Counter({f"u{n}": 0 for n in range(PLAYERS)})
        for player, points in acknowledged.values():
            expected[player] += points
        wrong += [] if shown == dict(expected) else [f"{name}: the board is not what was acknowledged"]
        await client.call("POST", f"/api/tournaments/{name}/finish", {})
        results = await client.call("GET", f"/api/tournaments/{name}/results?limit={PLAYERS}")
        prizes = sum(round(row["prize"] * 100) for row in results["results"])
        wrong += [] if prizes == PLAYERS * 10_00 else [f"{name}: prizes add up to {prizes}"]
    return wrong + await asyncio.to_thread(_verify, client.run()["database_url"])


async def _facts(client: Client, name: str, acknowledged: dict[str, Any]) -> list[str]:
    stored: Counter[str] = Counter()
    for payload in await facts_in(client.run()["database_url"], name):
        stored.update(counted.fact.event_id for counted in codec.decode_block(payload))
    lost, doubled = set(acknowledged) - set(stored), [k for k, n in stored.items() if n > 1]
    unknown = set(stored) - set(acknowledged)
    counts = {
        "acknowledged and not stored": lost,
        "stored twice": doubled,
        "stored, never acknowledged": unknown,
    }
    return [f"{name}: {len(found)} facts {what}" for what, found in counts.items() if found]


def _verify(database_url: str) -> list[str]:
    """`pitboss verify` over everything."""
    env = os.environ | {"PITBOSS_DATABASE_URL": database_url}
    command = [sys.executable, "-m", "workers.cli", "verify", "--json"]
    told = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    if told.returncode not in (0, 1):
        return [f"verify failed: {told.stderr[-300:]}"]
    return [f"{one['table']} {one['row']}: {one['what']}" for one in json.loads(told.stdout)["wrong"]]


def _median(values: list[float]) -> float | None:
    return round(sorted(values)[len(values) // 2], 2) if values else None
