"""`python -m tests.on_ray.three_nodes FOLDER`: a cluster of a head and two nodes of owners on 127.0.0.1 to .3,
under load. One node is told to stop, and hands over; it comes again, and the other one is stopped by SIGSTOP,
as a machine that hangs or is cut off. Prints what callers saw as JSON."""

import asyncio
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from actors.fact_batcher import FactBatcher
from actors.on_ray.cluster import end_group, prepare, ray_command
from actors.replies import BoardAnswer, Done
from actors.requests import ReadBoard
from actors.shared.policy import OWN, Policy
from config import log_lines, owner_limits
from server.domain.ids import TournamentId
from server.domain.money import POINT_SCALE
from server.domain.scoring.fact import Outcome
from server.domain.tournament import commands
from server.encoding import codec
from server.runtime.clock import SystemClock
from server.runtime.loops import go_round
from server.storage.embedded import EmbeddedPostgres
from server.storage.postgres.engine import migrate
from server.storage.postgres.journal import PostgresJournal, open_pool
from tests.support.builders import HOUR_MS, command_request, create, points, register

SMALL, LARGE = 40, 4
FACT_EVERY_S = 0.5
PATIENCE_S = 180.0
# As on the head in docker-compose.yml: Ray notices a lost node in some 5 s.
HEAD = {
    "RAY_health_check_initial_delay_ms": "1000",
    "RAY_health_check_period_ms": "1000",
    "RAY_health_check_timeout_ms": "2000",
    "RAY_health_check_failure_threshold": "3",
}


@dataclass(slots=True)
class Player:
    """Reports one fact after the other to one tournament, and notes how long each took."""

    name: str
    acked: int = 0
    waits: list[tuple[float, float]] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    async def play(self, courier: FactBatcher, ends: asyncio.Event) -> None:
        while not ends.is_set():
            began = time.monotonic()
            told = await courier.send(self.name, [points(f"{self.name}-{self.acked}", "u0", 1)])
            self.waits.append((began, time.monotonic() - began))
            if isinstance(told, list) and told[0] in (Outcome.ACCEPTED, Outcome.DUPLICATE):
                self.acked += 1
            else:
                self.wrong.append(repr(told))
            await asyncio.sleep(FACT_EVERY_S)

    def longest_since(self, moment: float) -> float:
        """The longest wait of facts that were under way then or came later."""
        return max((wait for began, wait in self.waits if began + wait > moment), default=0.0)


@contextmanager
def running(command: list[str], log: Path, ready: str, **env: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process that has said that it is ready; ended with its group."""
    with log.open("ab") as out:
        said = log.stat().st_size
        process = subprocess.Popen(
            command, stdout=out, stderr=out, start_new_session=True, env=os.environ | env
        )
    try:
        deadline = time.monotonic() + PATIENCE_S
        while ready not in log.read_text(errors="replace")[said:]:
            assert process.poll() is None and time.monotonic() < deadline, log.read_text(errors="replace")
            time.sleep(0.1)
        yield process
    finally:
        for child in family(process.pid):
            child.send_signal(signal.SIGCONT)
            child.kill()
        end_group(process)


def family(pid: int) -> list[psutil.Process]:
    """A process and all that it started."""
    if not psutil.pid_exists(pid):
        return []
    top = psutil.Process(pid)
    return [top, *top.children(recursive=True)]


def a_node(stack: ExitStack, folder: Path, number: int, address: str) -> subprocess.Popen[bytes]:
    """`pitboss node owners` on an address of its own."""
    command = [sys.executable, "-m", "workers.cli", "node", "owners", "--ip", f"127.0.0.{number}"]
    name = f"node-{number}"
    env = {"PITBOSS_NODE_NAME": name, "PITBOSS_RAY_ADDRESS": address}
    return stack.enter_context(running(command, folder / f"{name}.log", "--block", **env))


def a_head(stack: ExitStack, folder: Path) -> str:
    """The address of a head without room for owners."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    command = ray_command(
        *("start", "--head", "--block", "--node-ip-address=127.0.0.1", f"--port={address.partition(':')[2]}"),
        *("--num-cpus=0", "--include-dashboard=false", "--include-log-monitor=false"),
        *("--disable-usage-stats", "--object-store-memory=100000000", f"--temp-dir={folder / 'ray'}"),
    )
    stack.enter_context(running(command, folder / "head.log", "--block", **HEAD))
    return address


async def start(directory: Any, name: str, **changes: Any) -> None:
    """A tournament in play."""
    start_ms = SystemClock().now_ms() + HOUR_MS
    for order in (
        create(name, start_at_ms=start_ms, **changes),
        register("u0"),
        register("u1"),
        commands.Start(),
    ):
        request = command_request(order)
        is_new = isinstance(order, commands.Create)
        reply = await (directory.create(request) if is_new else directory.ask(name, request))
        assert isinstance(reply, Done), reply


async def alone(journal: PostgresJournal, names: list[str]) -> None:
    """Wait until all have processes of their own."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            placed = [await journal.placed(TournamentId(name)) for name in names]
            if all(one is not None and one.placement == OWN for one in placed):
                return
            await asyncio.sleep(0.5)


async def scene(stack: ExitStack, folder: Path, url: str, address: str) -> dict[str, Any]:
    import ray

    from actors.on_ray.owner_process import NAMESPACE
    from actors.on_ray.ray_directory import RayDirectory

    # On the head's raylet: the others are stopped.
    ray.init(address, namespace=NAMESPACE, log_to_driver=False, _node_ip_address="127.0.0.1")
    nodes = {number: a_node(stack, folder, number, address) for number in (2, 3)}
    pool = await open_pool(url, 16)
    journal, clock = PostgresJournal(pool), SystemClock()
    directory = RayDirectory(journal, clock, policy=Policy("adaptive"), shared_owners=2)
    courier = FactBatcher(directory)
    await directory.start_shared()
    small = [f"table-{number}" for number in range(SMALL)]
    large = [f"cup-{number}" for number in range(LARGE)]
    await asyncio.gather(*(start(directory, name, max_players=20) for name in small))
    await asyncio.gather(*(start(directory, name) for name in large))
    await alone(journal, large)
    ends = asyncio.Event()
    players = [Player(name) for name in (*small, *large)]
    tasks = [asyncio.create_task(player.play(courier, ends)) for player in players]
    tasks.append(asyncio.create_task(go_round(clock, 1.0, directory.rescue, "cannot_rescue")))
    tasks.append(asyncio.create_task(go_round(clock, 10.0, directory.keep_up, "cannot_keep_up")))
    await asyncio.sleep(5)
    figures: dict[str, Any] = {"before": seen(players, time.monotonic() - 5)}

    told_to_stop = time.monotonic()
    nodes[2].terminate()
    while nodes[2].poll() is None:
        await asyncio.sleep(0.2)
    figures["drain"] = {"seconds": round(time.monotonic() - told_to_stop, 1), "exit": nodes[2].returncode}
    figures["left_on_drained"] = await on_node(journal, "node-2")
    await asyncio.sleep(5)
    figures["drain"] |= seen(players, told_to_stop)

    nodes[2] = await asyncio.to_thread(a_node, stack, folder, 2, address)
    figures["admitted"] = "node-2" not in await journal.draining()
    more = [f"more-{number}" for number in range(LARGE)]
    await asyncio.gather(*(start(directory, name) for name in more))
    await asyncio.sleep(owner_limits.MOVE_AGAIN_MS / 1_000)
    figures["lost_had"] = await on_node(journal, "node-3")
    figures["shared_stand_on"] = sorted(one.node for one in await journal.processes())
    for process in family(nodes[3].pid):
        process.send_signal(signal.SIGSTOP)
    stopped = time.monotonic()
    await asyncio.sleep(30)
    figures["lost"] = seen(players, stopped)
    figures["left_on_lost"] = await on_node(journal, "node-3")
    ends.set()
    await asyncio.gather(*tasks[: len(players)])
    for task in tasks:
        task.cancel()
    figures["counted_wrong"] = [player.name for player in players if not await is_right(directory, player)]
    figures["wrong_answers"] = [wrong for player in players for wrong in player.wrong]
    figures["facts"] = sum(player.acked for player in players)
    await directory.close()
    await pool.close()
    return figures


async def on_node(journal: PostgresJournal, node: str) -> int:
    """How many tournaments are awake there."""
    shared = [one.tournaments for one in await journal.processes() if one.node == node and one.silent_s < 4]
    return sum(shared) + len(await journal.own_on(node))


async def is_right(directory: Any, player: Player) -> bool:
    reply = await directory.ask(player.name, ReadBoard(0, 10))
    assert isinstance(reply, Done), reply
    rows = codec.decode(reply.value, BoardAnswer).rows
    return {row.points for row in rows if row.user_id == "u0"} == {player.acked * POINT_SCALE}


def seen(players: list[Player], since: float) -> dict[str, float]:
    """What callers waited."""
    longest = sorted(player.longest_since(since) for player in players)
    late = [wait for wait in longest if wait > 1.0]
    return {
        "longest_s": round(longest[-1], 2),
        "noticed": len(late),
        "noticed_p50_s": round(statistics.median(late), 2) if late else 0.0,
    }


def main() -> None:
    folder = Path(sys.argv[1])
    os.environ |= {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "1"}
    with ExitStack() as stack:
        url = stack.enter_context(EmbeddedPostgres(folder / "pg"))
        migrate(url)
        os.environ |= {"PITBOSS_DATABASE_URL": url, "PITBOSS_HOME": str(folder)}
        from actors.on_ray.cluster import ensure_token

        ensure_token(folder)
        prepare(folder)
        log_lines.configure("INFO", "three-nodes")
        address = a_head(stack, folder)
        figures = asyncio.run(scene(stack, folder, url, address))
    print(json.dumps(figures))  # noqa: T201 - what it is for


if __name__ == "__main__":
    main()
