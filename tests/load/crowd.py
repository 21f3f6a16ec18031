"""Thousands of tournaments at once on one machine: what each costs in memory and CPU, how quickly a cold one
answers, and how late a thousand are that start in the same second.

`python -m tests.load.crowd [--open 5000] [--playing 2000]`: on loopback only. Callers speak to owners as front
ends do, without HTTP, so that what is measured are owners, Postgres and Ray.
"""

import argparse
import asyncio
import importlib
import itertools
import os
import time
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

import psutil

from actors.fact_batcher import FactBatcher
from actors.replies import Done
from actors.requests import Poll, ReadSummary
from actors.shared.policy import Policy
from server.domain.tournament import commands
from server.runtime.clock import SystemClock
from server.storage.postgres.journal import PostgresJournal, open_pool
from tests.load.house import up
from tests.load.measure import median, percentile, table
from tests.support.builders import HOUR_MS, TENANT, command_request, create, points, register

AT_ONCE, ALONE = 32, 300
SECONDS = 20
FACTS_PER_S = 1_000
WATCHED = 200
STARTS = 1_000
_LOOK_S = 0.02
T = TypeVar("T")
_serial = itertools.count()


@dataclass(slots=True)
class Crowd:
    """A driver of the cluster, and the processes of the house."""

    directory: Any
    courier: FactBatcher
    run: dict[str, Any]

    @property
    def home(self) -> str:
        """The folder of the house."""
        return psutil.Process(self.run["pids"]["supervisor"]).environ()["PITBOSS_HOME"]

    def processes(self) -> dict[str, list[psutil.Process]]:
        """Of the house, by what they are."""
        parts: dict[str, list[psutil.Process]] = {
            "owners": [],
            "postgres": [],
            "ray": [],
            "others": [],
        }
        supervisor = psutil.Process(self.run["pids"]["supervisor"])
        postmaster = next(one for one in psutil.process_iter() if self._is_postmaster(one))
        parts["postgres"] = [postmaster, *postmaster.children()]
        for process in [supervisor, *supervisor.children(recursive=True)]:
            line = " ".join(process.cmdline())
            if "ray" not in line and "gcs_server" not in line:
                parts["others"].append(process)
            else:
                parts["owners" if "ray::" in line and "Actor" in line else "ray"].append(process)
        return parts

    def _is_postmaster(self, process: psutil.Process) -> bool:
        """The one whose folder the supervisor's home holds."""
        with suppress(psutil.Error):
            line = process.cmdline()
            return bool(line) and "postgres" in line[0] and any(self.home in part for part in line[1:])
        return False


async def _each(work: Iterable[Any], at_once: int = AT_ONCE) -> list[float]:
    """So many at once; milliseconds of each."""
    slots, times = asyncio.Semaphore(at_once), list[float]()

    async def one(call: Any) -> None:
        async with slots:
            began = time.perf_counter()
            reply = await call()
            assert isinstance(reply, Done), reply
            times.append((time.perf_counter() - began) * 1_000)

    await asyncio.gather(*(one(call) for call in work))
    return times


def _rss_mib(processes: Iterable[psutil.Process]) -> float:
    """Without what they share with each other."""
    total = 0
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            total += process.memory_full_info().uss
    return total / 2**20


def _cpu_s(crowd: Crowd) -> dict[str, float]:
    """CPU seconds so far, by part; those of processes that have ended count with their parents."""
    used: dict[str, float] = {}
    for part, processes in crowd.processes().items():
        used[part] = 0.0
        for process in processes:
            with suppress(psutil.NoSuchProcess):
                times = process.cpu_times()
                used[part] += times.user + times.system
                used[part] += times.children_user + times.children_system
    return used


async def _made(crowd: Crowd, names: list[str], in_ms: int, players: int) -> None:
    start_ms = SystemClock().now_ms() + in_ms
    made = [create(name, TENANT, start_at_ms=start_ms, max_players=players, min_players=1) for name in names]
    await _each([lambda one=one: crowd.directory.create(command_request(one)) for one in made])


async def _asked(crowd: Crowd, names: list[str], order: Any, at_once: int = AT_ONCE) -> list[float]:
    calls = [lambda name=name: crowd.directory.ask(name, command_request(order())) for name in names]
    return await _each(calls, at_once)


async def _evening(crowd: Crowd, playing: list[str]) -> tuple[float, list[float]]:
    """Facts at their rate, each into another tournament, while front ends poll the boards of some."""
    times: list[float] = []
    stop = asyncio.Event()

    async def watch(name: str) -> None:
        epoch, seq = None, 0
        while not stop.is_set():
            told = await crowd.directory.frames(name, Poll("bench", 10, epoch, seq))
            epoch, seq = getattr(told, "epoch", epoch), getattr(told, "seq", seq)

    async def report(name: str) -> None:
        began = time.perf_counter()
        told = await crowd.courier.send(name, [points(f"f{next(_serial)}", "u0", 1)])
        assert isinstance(told, list), told
        times.append((time.perf_counter() - began) * 1_000)

    watching = [asyncio.create_task(watch(name)) for name in playing[:WATCHED]]
    begun, sending = time.perf_counter(), []
    for number in range(SECONDS * FACTS_PER_S):
        if (wait_s := begun + number / FACTS_PER_S - time.perf_counter()) > 0:
            await asyncio.sleep(wait_s)
        sending.append(asyncio.create_task(report(playing[number % min(FACTS_PER_S, len(playing))])))
    await asyncio.gather(*sending)
    taken = time.perf_counter() - begun
    stop.set()
    await asyncio.gather(*watching)
    return taken, times


async def _starts(crowd: Crowd) -> list[float]:
    """How late each one is stored as started, in ms, of so many that start in the same millisecond: looked at
    often, so that the looking is part of it."""
    names = [f"start-{number}" for number in range(STARTS)]
    await _made(crowd, names, 90_000, 10)
    await _asked(crowd, names, lambda: register("u0"))
    late: list[float] = []
    pool = await open_pool(crowd.run["database_url"], 1)
    start_ms = await pool.fetchval("SELECT min(start_at_ms) FROM tournaments WHERE id LIKE 'start-%'")
    while SystemClock().now_ms() < start_ms + 60_000 and len(late) < STARTS:
        left_ms = start_ms - SystemClock().now_ms()
        await asyncio.sleep(max(_LOOK_S, left_ms / 1_000 - 1))
        started = await pool.fetchval(
            "SELECT count(*) FROM tournaments WHERE id LIKE 'start-%' AND status = 'in_progress'"
        )
        late += [float(SystemClock().now_ms() - start_ms)] * (started - len(late))
    await pool.close()
    return late


async def _measure(crowd: Crowd, open_ones: int, playing_ones: int) -> tuple[str, dict[str, Any]]:
    before = {part: _rss_mib(ones) for part, ones in crowd.processes().items()}
    opened = [f"open-{number}" for number in range(open_ones)]
    playing = [f"play-{number}" for number in range(playing_ones)]
    await _made(crowd, opened, 10 * HOUR_MS, 100)
    alone = await _asked(crowd, opened[:ALONE], lambda: register("u0"), at_once=1)
    cold = await _asked(crowd, opened[ALONE:], lambda: register("u0"))
    await _made(crowd, playing, HOUR_MS, 20)
    await _asked(crowd, playing, lambda: register("u0"))
    await _asked(crowd, playing, commands.Start)
    after = crowd.processes()
    memory = {part: _rss_mib(ones) - before[part] for part, ones in after.items()}
    idle_from = _cpu_s(crowd)
    await asyncio.sleep(SECONDS)
    idle_to = _cpu_s(crowd)
    taken, times = await _evening(crowd, playing)
    busy_to = _cpu_s(crowd)
    threads = sum(one.num_threads() for one in after["owners"])
    rows = [
        ["tournaments open / in play", f"{open_ones:,} / {playing_ones:,}"],
        ["processes of owners, their threads", f"{len(after['owners'])}, {threads}"],
        ["processes of Postgres", str(len(after["postgres"]))],
        ["first registration of a cold one, p50 / p99 ms", _spread(alone)],
        [f"the same, {AT_ONCE} at once", _spread(cold)],
        ["owners, MiB more; KiB a tournament",
         f"{memory['owners']:.0f}; {memory['owners'] * 1_024 / (open_ones + playing_ones):.0f}"],
        ["all idle: owners / Postgres / Ray / others, of a core", _shares(idle_from, idle_to, SECONDS)],
        [f"{FACTS_PER_S:,} facts a second, {WATCHED} watched: the same", _shares(idle_to, busy_to, taken)],
        ["a fact, p50 / p99 ms", _spread(times)],
        ["facts acknowledged a second", f"{len(times) / taken:,.0f}"],
    ]  # fmt: skip
    late = await _starts(crowd)
    if late:
        spread = (
            f"{median(late):.0f} / {percentile(late, 99):.0f} / {max(late):.0f}; {STARTS - len(late)} lost"
        )
        rows.append([f"{STARTS:,} starts in one second, ms late p50 / p99 / most", spread])
    return table(["many tournaments", "one machine"], rows), dict(rows)


def _spread(times: list[float]) -> str:
    return f"{median(times):.0f} / {percentile(times, 99):.0f}"


def _shares(before: dict[str, float], after: dict[str, float], seconds: float) -> str:
    return " / ".join(f"{(after[part] - before[part]) / seconds:.0%}" for part in after)


def driver(run: dict[str, Any], work: Callable[[Any, Any], Awaitable[T]], shared_owners: int = 2) -> T:
    """Join the cluster of a house as its front ends do; `work` gets the directory and the journal."""

    async def all_of(ray_directory: Any) -> T:
        pool = await open_pool(run["database_url"], 16)
        journal = PostgresJournal(pool)
        directory = ray_directory.RayDirectory(
            journal, SystemClock(), policy=Policy(), shared_owners=shared_owners
        )
        await directory.start_shared()
        try:
            assert await directory.ask("nowhere", ReadSummary()) is not None
            return await work(directory, journal)
        finally:
            await pool.close()

    of_api = psutil.Process(run["pids"]["api"]).environ()
    os.environ.update({name: value for name, value in of_api.items() if name.startswith("RAY_")})
    ray_directory = importlib.import_module("actors.on_ray.ray_directory")
    importlib.import_module("actors.on_ray.driver").join(run["ray_address"])
    try:
        return asyncio.run(all_of(ray_directory))
    finally:
        ray_directory.ray.shutdown()


def measure(open_ones: int = 5_000, playing_ones: int = 2_000) -> tuple[str, dict[str, Any]]:
    """The table and its figures; one run."""
    with up(PITBOSS_OWNERS="adaptive") as run:

        async def all_of(directory: Any, _: Any) -> tuple[str, dict[str, Any]]:
            return await _measure(Crowd(directory, FactBatcher(directory), run), open_ones, playing_ones)

        return driver(run, all_of)


if __name__ == "__main__":
    os.environ.setdefault("PITBOSS_LOG_LEVEL", "WARNING")
    parser = argparse.ArgumentParser(prog="python -m tests.load.crowd")
    parser.add_argument("--open", type=int, default=5_000)
    parser.add_argument("--playing", type=int, default=2_000)
    asked = parser.parse_args()
    print(measure(asked.open, asked.playing)[0])
