"""`make test-compose`: the cluster of docker-compose.yml from nothing, under load, while its parts are killed,
cut off and restarted. Prints what callers saw; ends with 1 when anything was lost or told wrongly.

Where no Docker engine runs it says so and ends with 0, unless COMPOSE_TESTS=required.
"""

import asyncio
import json
import os
import statistics
import time
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import aiohttp
import typer

from tests.compose.casino import Casino, Platform
from tests.compose.docker import Project, why_not
from tests.compose.watcher import Watcher

WORKERS, FRONT_ENDS, SMALL, LARGE = 3, 2, 8, 4
READY_WITHIN_S = 300.0


class Cluster:
    """A running project under load."""

    def __init__(self, project: Project, casino: Casino) -> None:
        self.project = project
        self.casino = casino
        self.platforms: list[Platform] = []
        self.watchers: list[Watcher] = []
        self._ends = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def load(self) -> None:
        """Small tables, which share, and large ones, which get processes of their own."""
        names = [await self.casino.tournament(f"Table {n}", maxPlayers=10) for n in range(SMALL)]
        names += [await self.casino.tournament(f"Cup {n}") for n in range(LARGE)]
        self.platforms = [Platform(self.casino, name) for name in names]
        sockets = self.casino.url.replace("http", "ws", 1)
        self.watchers = [Watcher(f"{sockets}/ws/tournaments/{name}") for name in names]
        tasks = [platform.play(self._ends, 0.4) for platform in self.platforms]
        tasks += [watcher.watch(self._ends) for watcher in self.watchers]
        self._tasks = [asyncio.create_task(task) for task in tasks]

    async def during(self, work: Callable[[], Awaitable[None]], settle_s: float) -> dict[str, Any]:
        """What callers saw while something was done, and for a while after."""
        began, troubles = time.monotonic(), self.casino.troubles.copy()
        await work()
        done_s = time.monotonic() - began
        await asyncio.sleep(settle_s)
        for task in self._tasks:
            if task.done():
                task.result()
        longest = [platform.longest_since(began) for platform in self.platforms]
        late = [wait for wait in longest if wait > 1.0]
        return {
            "done_s": round(done_s, 1),
            "longest_s": round(max(longest), 1),
            "noticed": len(late),
            "noticed_p50_s": round(statistics.median(late), 1) if late else 0.0,
            "troubles": dict(self.casino.troubles - troubles),
        }

    async def accounts(self) -> dict[str, Any]:
        """The load ends; what is wrong."""
        self._ends.set()
        await asyncio.wait(self._tasks, timeout=60)
        wrong = [p.tournament_id for p in self.platforms if not await p.is_right()]
        return {
            "batches": sum(p.acknowledged for p in self.platforms),
            "frames": sum(w.frames for w in self.watchers),
            "reconnects": sum(w.reconnects for w in self.watchers),
            "boards_wrong": wrong,
            "frames_wrong": [text for watcher in self.watchers for text in watcher.wrong][:10],
        }


async def deeds(cluster: Cluster, head_away_s: float) -> dict[str, Any]:
    """Everything that goes wrong in a night, one after the other."""
    project = cluster.project
    owners = project.containers("ray-worker")

    async def shell(*arguments: str) -> None:
        await asyncio.to_thread(project.docker, *arguments)

    async def again(container: str) -> None:
        await shell("start", container)

    async def cut() -> None:
        network, _ = project.network(owners[1])
        await shell("network", "disconnect", network, owners[1])

    async def roll() -> None:
        for name in project.containers("api"):
            await shell("restart", name)
            while not await asyncio.to_thread(project.is_healthy, name):
                await asyncio.sleep(0.5)

    async def head() -> None:
        (name,) = project.containers("ray-head")
        await shell("kill", name)
        await asyncio.sleep(head_away_s)
        await cluster.casino.tournament("While the head is away", maxPlayers=10)
        await again(name)

    async def restart(service: str) -> None:
        await shell("restart", *project.containers(service))

    report = {"quiet": await cluster.during(lambda: asyncio.sleep(0), 10)}
    report["worker told to stop"] = await cluster.during(lambda: shell("stop", owners[2]), 10)
    await again(owners[2])
    await asyncio.sleep(30)
    report["worker killed"] = await cluster.during(lambda: shell("kill", owners[0]), 30)
    await again(owners[0])
    await asyncio.sleep(30)
    report["worker's network cut"] = await cluster.during(cut, 40)
    await shell("kill", owners[1])
    report["front ends rolled"] = await cluster.during(roll, 10)
    report[f"head away for {head_away_s:.0f} s"] = await cluster.during(head, 30)
    report["Postgres restarted"] = await cluster.during(lambda: restart("postgres"), 15)
    report["Redis restarted"] = await cluster.during(lambda: restart("redis"), 30)
    return report


async def ready(url: str) -> float:
    """Seconds until the front door has a front end that is ready."""
    began = time.monotonic()
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(5)) as http:
        while time.monotonic() - began < READY_WITHIN_S:
            try:
                async with http.get(f"{url}/readyz") as answer:
                    if answer.status == 200:
                        return time.monotonic() - began
            except (aiohttp.ClientError, TimeoutError, OSError):
                pass
            await asyncio.sleep(0.5)
    raise TimeoutError(f"not ready within {READY_WITHIN_S} s")


async def test(project: Project, head_away_s: float) -> dict[str, Any]:
    """Everything, on a project that is up."""
    url = project.url()
    await ready(url)
    game = "dice=https://games.example/dice#{jwt}"
    project.in_api("pitboss", "operators", "add", "casino", "Casino One", "--game", game)
    issue = ("pitboss", "keys", "issue", "casino", "--rate-factor", "1000", "--role")
    roles = ("full_access", "game_platform")
    full, platform = (project.in_api(*issue, role).strip().splitlines()[-1] for role in roles)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:
        cluster = Cluster(project, Casino(http, url, full, platform))
        await cluster.load()
        report = await deeds(cluster, head_away_s)
        return report | {"accounts": await cluster.accounts()}


def main(
    keep: Annotated[bool, typer.Option(help="Leave it running.")] = False,
    build: Annotated[bool, typer.Option(help="Build the image first.")] = True,
    head_away: Annotated[float, typer.Option(help="Seconds without Ray's head.")] = 90.0,
) -> None:
    """Run the cluster and everything that goes wrong in a night."""
    if (why := why_not()) is not None:
        print(f"not run: {why}")
        raise typer.Exit(1 if os.environ.get("COMPOSE_TESTS") == "required" else 0)
    project = Project()
    try:
        began = time.monotonic()
        if build:
            project.compose("build")
        built_s = time.monotonic() - began
        scale = ("--scale", f"ray-worker={WORKERS}", "--scale", f"api={FRONT_ENDS}")
        project.compose("up", "--detach", "--no-build", "--wait", *scale)
        report: dict[str, Any] = {"built_s": round(built_s), "up_s": round(time.monotonic() - began - built_s)}
        report |= asyncio.run(test(project, head_away))
    finally:
        if not keep:
            project.compose("down", "--volumes", "--timeout", "5")
    print(json.dumps(report, indent=2))
    accounts = report["accounts"]
    raise typer.Exit(1 if accounts["boards_wrong"] or accounts["frames_wrong"] else 0)


if __name__ == "__main__":
    typer.run(main)
