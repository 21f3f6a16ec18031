"""What is done to the house. Only processes that it wrote down as its own are ended, by pid."""

import asyncio
import os
import random
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import asyncpg

from tests.soak.bare import BareActors
from tests.soak.load import Client, Source

_TRIES = 60


@dataclass(slots=True)
class Kills:
    """How often what was killed, and how long until an owner that was killed acknowledged a fact again."""

    counts: dict[str, int] = field(default_factory=dict)
    recoveries_s: list[float] = field(default_factory=list)
    bare_s: list[float] = field(default_factory=list)


class Chaos:
    """Kills one thing after the other, each once the house has come back from the one before."""

    def __init__(self, client: Client, probes: list[Source], luck: random.Random) -> None:
        self._client = client
        self._probes = probes
        self._luck = luck
        self.kills = Kills()
        self.restart_redis: Callable[[], None] | None = None
        self.bare: BareActors | None = None

    async def run(self, kinds: list[str], pause_s: float) -> None:
        """One kill of each kind in the list, in random order."""
        kinds = self._luck.sample(kinds, len(kinds))
        for kind in kinds:
            await asyncio.sleep(self._luck.uniform(0.5, 1.5) * pause_s)
            probe = self._luck.choice(self._probes)
            if not await self._killed(kind, probe.tournament_id):
                continue
            begun = time.monotonic()
            self.kills.counts[kind] = self.kills.counts.get(kind, 0) + 1
            # Begun after the kill, so only whoever comes after the dead can acknowledge it.
            await probe.report(1)
            if kind == "owner":
                self.kills.recoveries_s.append(time.monotonic() - begun)
                bare_s = None if self.bare is None else await asyncio.to_thread(self.bare.start_one)
                self.kills.bare_s += [] if bare_s is None else [bare_s]

    async def _killed(self, kind: str, victim: str) -> bool:
        """Whether it could be killed: who is just being started, or whose database is, is waited for."""
        for _ in range(_TRIES):
            if await self._kill(kind, victim):
                return True
            if kind == "redis":
                break
            await asyncio.sleep(0.5)
        return False

    async def _kill(self, kind: str, victim: str) -> bool:
        if kind == "redis":
            if self.restart_redis is not None:
                await asyncio.to_thread(self.restart_redis)
            return self.restart_redis is not None
        pid = await self._owner(victim) if kind == "owner" else self._client.run()["pids"].get(kind)
        if pid is None:
            return False
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            return False
        return True

    async def _owner(self, tournament_id: str) -> int | None:
        try:
            db = await asyncpg.connect(self._client.run()["database_url"], timeout=10)
        except (OSError, asyncpg.PostgresError, TimeoutError):
            return None
        sql = "SELECT holder FROM leases WHERE tournament_id = $1"
        holder: str = await db.fetchval(sql, tournament_id)
        await db.close()
        return int(holder.rpartition("/")[2]) if "/" in holder else None


async def facts_in(database_url: str, tournament_id: str) -> list[Any]:
    """Every stored block of a tournament, as bytes."""
    db = await asyncpg.connect(database_url)
    sql = "SELECT payload FROM fact_blocks WHERE tournament_id = $1 ORDER BY first_seq"
    rows = await db.fetch(sql, tournament_id)
    await db.close()
    return [row[0] for row in rows]
