"""A siege: so many hostile clients, so many honest ones, for so long; what became of the honest ones."""

import asyncio
import statistics
from dataclasses import dataclass

import aiohttp

from tests.siege.honest import Casino, DeliveryResult
from tests.siege.hostile import Hostile


@dataclass(frozen=True, slots=True)
class Report:
    """How it went."""

    told: DeliveryResult
    attacks: int

    def __str__(self) -> str:
        # Apart, because the median of two kinds lies between them and says nothing of either.
        times = "; ".join(_times(kind, self.told.seconds[kind]) for kind in ("facts", "boards"))
        return (
            f"{self.attacks} attacks; {self.told.answered} honest requests, {len(self.told.wrong)} wrong;"
            f" {times}; {self.told.frames} frames without a gap"
        )


def _times(kind: str, seconds: list[float]) -> str:
    p50, p99 = statistics.median(seconds), sorted(seconds)[int(len(seconds) * 0.99)]
    return f"{kind} p50 {p50 * 1_000:.1f} ms, p99 {p99 * 1_000:.0f} ms"


async def besiege(
    url: str, key: str, platform_key: str, *, hostile: int, honest: int, seconds: float, attacks: int = 0
) -> Report:
    """Let them loose on a front end for so many seconds, and until there were so many attacks and some honest
    requests and frames. Half of the honest ones play, half of them watch."""
    port = int(url.rpartition(":")[2])
    users = [f"honest-{n}" for n in range(max(honest // 2, 2))]
    async with aiohttp.ClientSession() as http:
        casino = Casino(http, url, key, platform_key)
        tournament_id = await casino.tournament("Siege", users)
        attackers = [Hostile(n, port, tournament_id) for n in range(hostile)]
        tasks = [asyncio.create_task(casino.play(tournament_id, user)) for user in users]
        tasks += [asyncio.create_task(casino.watch(tournament_id)) for _ in range(honest // 2)]
        tasks += [asyncio.create_task(one.go_on()) for one in attackers]

        def is_enough() -> bool:
            few = sum(one.tried for one in attackers) < attacks
            return not few and casino.told.answered >= attacks // 3 and casino.told.frames >= attacks // 10

        done, _ = await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_EXCEPTION)
        while not done and not is_enough():
            done, _ = await asyncio.wait(tasks, timeout=1, return_when=asyncio.FIRST_EXCEPTION)
        for task in tasks:
            task.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        casino.told.wrong += [repr(one) for one in results if isinstance(one, Exception)]
        casino.told.wrong += ["one of them ended"] * (len(done) and 1)
        await casino.account(tournament_id)
    return Report(casino.told, sum(one.tried for one in attackers))
