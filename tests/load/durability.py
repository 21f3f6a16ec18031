"""What durability costs: group commit, recovery from the log alone, and memory of owners small and large."""

import asyncio
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import aiohttp
import psutil

from actors.fact_batcher import FactBatcher
from actors.local_directory import LocalDirectory
from actors.owner.execute import run as run_order
from actors.owner.unit_of_work import UnitOfWork
from actors.requests import CommandRequest
from server.domain.ids import OperatorId, PlayerId, Tenant, TournamentId
from server.domain.scoring.fact import Fact
from server.domain.tournament import commands
from server.domain.tournament.play.facts import judge
from server.encoding.codec import CHAIN_START
from server.journal.replay import take_over
from server.runtime.clock import SystemClock
from server.storage.embedded import EmbeddedPostgres
from server.storage.postgres.engine import migrate
from server.storage.postgres.journal import PostgresJournal, open_pool
from tests.load.house import Load, owner_pid, up
from tests.load.measure import RUNS, median, table, timed
from tests.support.builders import HOUR_MS, command_request, create, points, register

SINGLES, CALLERS = 400, 64
FACTS, BLOCK = 1_000_000, 1_000
LARGE, SMALL = 100_000, 50
_TENANT = Tenant(OperatorId("op_demo"), live=False)
_RSS = "import psutil; print(psutil.Process().memory_info().rss)"
_BARE = f"import asyncpg, msgspec, ray; {_RSS}"
_OURS = f"import asyncpg, msgspec, ray, actors.on_ray.actor; {_RSS}"


async def written(
    journal: PostgresJournal, name: str, players: int, facts: int, *, public: bool = False
) -> None:
    """A tournament in play with so many players and facts and no checkpoint, commit by commit as its owner
    would."""
    now_ms = SystemClock().now_ms()
    tournament_id = TournamentId(name)
    begin = create(
        name, _TENANT, start_at_ms=now_ms + HOUR_MS, max_players=None, buy_in_minor=0, public=public
    )
    work = UnitOfWork(None, 0, CHAIN_START)
    run_order(work, command_request(begin, f"born-{name}"), now_ms)
    assert await journal.begin(work.to_commit())
    epoch = await journal.take_over(tournament_id, "bench") or 0

    async def commit(*orders: CommandRequest[object], batch: list[Fact] | None = None) -> None:
        nonlocal work
        work = UnitOfWork(work.state, epoch, work.chain)
        for one in orders:
            run_order(work, one, now_ms)
        if batch and work.state is not None:
            work.count(judge(work.state, batch, now_ms), now_ms)
        await journal.commit(work.to_commit())

    await commit(command_request(commands.Advance()))
    for first in range(0, players, 500):
        users = range(first, min(first + 500, players))
        entries = (register(f"u{n}", player_id=PlayerId(f"plr_{n:032x}"), paid_minor=0) for n in users)
        await commit(*(command_request(entry) for entry in entries))
    await commit(command_request(commands.Start()))
    for first in range(0, facts, BLOCK):
        ids = range(first, first + BLOCK)
        await commit(batch=[points(f"fact-{n:024d}", f"u{n * 7919 % players}", n % 9 + 1) for n in ids])


async def _group_commit(url: str) -> tuple[float, float]:
    """Acknowledged facts a second: one caller, and CALLERS at once; each sends single facts."""
    pool = await open_pool(url, 2)
    directory = LocalDirectory(PostgresJournal(pool), SystemClock())
    courier = FactBatcher(directory)
    start_ms = SystemClock().now_ms() + HOUR_MS
    await directory.create(command_request(create("group", start_at_ms=start_ms)))
    for n in range(SMALL):
        await directory.ask("group", command_request(register(f"u{n}")))
    await directory.ask("group", command_request(commands.Start()))
    serial = iter(range(10**9))

    async def caller(count: int) -> None:
        for _ in range(count):
            n = next(serial)
            assert isinstance(await courier.send("group", [points(f"f{n}", f"u{n % SMALL}", 1)]), list)

    rates = []
    for callers in (1, CALLERS):
        found = []
        for _ in range(RUNS):
            begun = time.perf_counter()
            await asyncio.gather(*(caller(SINGLES) for _ in range(callers)))
            found.append(callers * SINGLES / (time.perf_counter() - begun))
        rates.append(median(found))
    await directory.close()
    await pool.close()
    return rates[0], rates[1]


async def _recovery(url: str) -> tuple[float, float]:
    """CPU and wall seconds of becoming the owner of a million facts behind no checkpoint, of this process."""
    pool = await open_pool(url, 2)
    journal = PostgresJournal(pool)
    await written(journal, "million", 1_000, FACTS)
    cpu, wall = [], []
    for _ in range(3):
        with timed() as found:
            recovered = await take_over(journal, TournamentId("million"), "bench")
        assert recovered is not None and recovered.state.facts_counted == FACTS
        cpu.append(found.cpu_s)
        wall.append(found.wall_s)
    await pool.close()
    return median(cpu), median(wall)


async def _memory(run: dict[str, Any]) -> tuple[float, float]:
    """Resident MiB of a real owner's process: a small tournament, and a large one with a million facts."""
    pool = await open_pool(run["database_url"], 2)
    journal = PostgresJournal(pool)
    found = []
    async with aiohttp.ClientSession() as http:
        load = Load(http, run)
        for name, players, facts in (("small", SMALL, 1_000), ("large", LARGE, FACTS)):
            await written(journal, name, players, facts)
            async with http.get(
                f"{run['url']}/api/tournaments/{name}/leaderboard",
                headers={"Authorization": f"Bearer {run['operators'][0]['api_key']}"},
                timeout=aiohttp.ClientTimeout(total=120),
            ) as answer:
                assert answer.status in (200, 503), await answer.text()
            await load.call("GET", f"/api/tournaments/{name}/leaderboard")
            process = psutil.Process(await owner_pid(run, name))
            found.append(process.memory_info().rss / 2**20)
    await pool.close()
    return found[0], found[1]


def _own_code_mib() -> float:
    """What importing our owner adds to a process that has Ray, asyncpg and msgspec."""

    def resident(program: str) -> float:
        told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
        return float(told.stdout) / 2**20

    return median(resident(_OURS) - resident(_BARE) for _ in range(3))


def measure() -> tuple[str, dict[str, Any]]:
    """The table and its figures."""
    folder = tempfile.TemporaryDirectory(prefix="pit-bench-")
    with folder as name, EmbeddedPostgres(Path(name) / "pg") as url:
        migrate(url)
        one, many = asyncio.run(_group_commit(url))
        cpu_s, wall_s = asyncio.run(_recovery(url))
    with up() as run:
        small, large = asyncio.run(_memory(run))
    code = _own_code_mib()
    rows = [
        ["single facts acknowledged a second, one caller", f"{one:,.0f}"],
        [f"the same, {CALLERS} callers at once", f"{many:,.0f} ({many / one:.1f} times)"],
        ["recovery of 1,000,000 facts behind no checkpoint, CPU / wall", f"{cpu_s:.1f} s / {wall_s:.1f} s"],
        [f"memory of an owner, {SMALL} players, resident", f"{small:.0f} MiB"],
        ["of it our own code", f"{code:.0f} MiB"],
        [f"memory of an owner, {LARGE:,} players and 1,000,000 facts", f"{large:.0f} MiB"],
    ]
    figures = {"group commit": [one, many], "recovery": [cpu_s, wall_s], "memory": [small, code, large]}
    return table(["durability", "median"], rows), figures
