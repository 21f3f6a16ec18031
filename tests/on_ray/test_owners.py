"""Owners on real Ray and real Postgres: killed, stopped, fought over; and nothing is lost."""

import asyncio
import importlib
import inspect
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from actors.fact_batcher import FactBatcher
from actors.on_ray.cluster import environment, prepare
from actors.replies import BoardAnswer, Done, Refused, TournamentAnswer
from actors.requests import ReadBoard, ReadSummary
from actors.shared.policy import OWN, Policy
from server.domain.money import POINT_SCALE
from server.domain.scoring.fact import Outcome
from server.domain.scoring.tally import fresh
from server.domain.tournament import commands
from server.domain.tournament.play.facts import count, judge
from server.domain.tournament.state import Tournament
from server.encoding import codec
from server.encoding.codec import state_digest
from server.journal.replay import replay
from server.ports import Commit, EventRow, Fenced
from server.runtime.clock import SystemClock
from server.storage.postgres.journal import PostgresJournal, open_pool
from tests.on_ray.conftest import Up
from tests.support.builders import HOUR_MS, command_request, create, points, register

pytestmark = pytest.mark.on_ray
PLAYERS = [f"u{n}" for n in range(8)]


@dataclass(slots=True)
class Cluster:
    """A driver of the running cluster."""

    directory: Any
    journal: PostgresJournal
    courier: FactBatcher

    async def play(self, tournament_id: str) -> None:
        """Create, fill, start."""
        now_ms = SystemClock().now_ms()
        made = await self.directory.create(
            command_request(create(tournament_id, start_at_ms=now_ms + HOUR_MS))
        )
        assert isinstance(made, Done), made
        for user in PLAYERS:
            reply = await self.directory.ask(tournament_id, command_request(register(user)))
            assert isinstance(reply, Done), reply
        await self.directory.ask(tournament_id, command_request(commands.Start()))

    async def pid(self, tournament_id: str) -> int:
        """The owner's process."""
        return int((await self.directory.ping(tournament_id))["pid"])

    async def board(self, tournament_id: str) -> BoardAnswer:
        """The whole board."""
        reply = await self.directory.ask(tournament_id, ReadBoard(0, 100))
        assert isinstance(reply, Done), reply
        return codec.decode(reply.value, BoardAnswer)

    async def replayed(self, tournament_id: str) -> Tournament:
        """The state of the journal alone, folded here."""
        state: Tournament | None = None
        async for row in self.journal.tail(tournament_id, 0):  # type: ignore[arg-type]
            state = replay(state, row)
        assert state is not None
        return state


@pytest.fixture(scope="module")
def joined(up: Up) -> Iterator[Any]:
    """The module that speaks Ray, once this process is a driver."""
    run = up.run()
    assert run["engine"] == "ray", up.log.read_text()
    before = dict(os.environ)
    if "ray" in sys.modules:
        os.environ.update(environment(up.home))
    else:
        prepare(up.home)
    ray_directory = importlib.import_module("actors.on_ray.ray_directory")
    importlib.import_module("actors.on_ray.driver").join(run["ray_address"])
    yield ray_directory
    ray_directory.ray.shutdown()
    for name in set(os.environ) - set(before):
        del os.environ[name]


@pytest.fixture
async def cluster(up: Up, joined: Any) -> AsyncIterator[Cluster]:
    database_url = up.run()["database_url"]
    pool = await open_pool(database_url, 4)
    journal = PostgresJournal(pool)
    directory = joined.RayDirectory(journal, SystemClock(), policy=Policy("dedicated"))
    yield Cluster(directory, journal, FactBatcher(directory))
    await pool.close()


async def test_a_killed_owner_answers_again_and_no_acknowledged_fact_is_lost_or_doubled(
    cluster: Cluster,
) -> None:
    """SIGKILL while facts arrive; what was acknowledged is exactly what is stored and counted."""
    await cluster.play("killed")
    first = (await cluster.board("killed")).epoch
    acknowledged: dict[str, tuple[str, int]] = {}
    stop = asyncio.Event()

    async def report(source: int) -> None:
        serial = 0
        while not stop.is_set():
            batch = [(f"{source}-{serial + n}", PLAYERS[(serial + n) % 8], n % 7 + 1) for n in range(20)]
            serial += 20
            told = await cluster.courier.send("killed", [points(*fact) for fact in batch])
            assert isinstance(told, list), told
            assert set(told) <= {Outcome.ACCEPTED, Outcome.DUPLICATE}
            acknowledged.update({event_id: (player, gain) for event_id, player, gain in batch})

    sources = [asyncio.create_task(report(n)) for n in range(4)]
    for _ in range(3):
        before = len(acknowledged)
        while len(acknowledged) < before + 400:
            await asyncio.sleep(0.01)
        os.kill(await cluster.pid("killed"), signal.SIGKILL)
    stop.set()
    await asyncio.gather(*sources)
    board = await cluster.board("killed")
    assert board.epoch >= first + 3, "an owner for each kill"
    expected = dict.fromkeys(PLAYERS, 0)
    for player, gain in acknowledged.values():
        expected[player] += gain * POINT_SCALE
    assert {row.user_id: row.points for row in board.rows} == expected
    stored = await cluster.replayed("killed")
    assert stored.facts_counted == len(acknowledged) == len(stored.seen)
    offline = await _offline("killed", acknowledged, stored)
    assert {e.user_id: e.points for e in offline.entries} == expected


async def _offline(
    tournament_id: str, acknowledged: dict[str, tuple[str, int]], stored: Tournament
) -> Tournament:
    """The same facts in another order, counted without any owner."""
    copy = codec.decode_state(codec.encode_state(stored))
    for entry in copy.entries:
        entry.points, entry.tally = 0, fresh(entry.registered_at_ms, 0)
    copy.seen.clear()
    facts = [points(event_id, *rest) for event_id, rest in sorted(acknowledged.items())]
    count(copy, judge(copy, facts, SystemClock().now_ms()).counted)
    return copy


async def test_of_two_owners_the_older_ones_next_commit_is_refused(cluster: Cluster) -> None:
    await cluster.play("contested")
    older = (await cluster.board("contested")).epoch
    newer = await cluster.journal.take_over("contested", "rival")  # type: ignore[arg-type]
    assert newer is not None and newer > older
    late = EventRow(999, "started", 0, "zombie", b"{}", bytes(32))
    with pytest.raises(Fenced):
        await cluster.journal.commit(Commit("contested", older, events=[late]))  # type: ignore[arg-type]
    told = await cluster.courier.send("contested", [points("a", "u1", 3)])
    assert told == [Outcome.ACCEPTED]
    assert (await cluster.board("contested")).epoch > newer
    assert (await cluster.replayed("contested")).facts_counted == 1


async def test_an_owner_that_stands_still_is_replaced_and_its_zombie_is_harmless(cluster: Cluster) -> None:
    await cluster.play("stopped")
    first = (await cluster.board("stopped")).epoch
    assert await cluster.courier.send("stopped", [points("a", "u1", 3)]) == [Outcome.ACCEPTED]
    os.kill(await cluster.pid("stopped"), signal.SIGSTOP)
    assert await cluster.courier.send("stopped", [points("b", "u2", 4)]) == [Outcome.ACCEPTED]
    board = await cluster.board("stopped")
    assert board.epoch > first
    assert [(row.user_id, row.points) for row in board.rows[:2]] == [("u2", 40_000), ("u1", 30_000)]


async def test_a_retired_owner_leaves_its_process_and_comes_back_in_a_new_one(cluster: Cluster) -> None:
    await cluster.play("retired")
    first = (await cluster.board("retired")).epoch
    assert await cluster.courier.send("retired", [points("a", "u1", 3)]) == [Outcome.ACCEPTED]
    pid = await cluster.pid("retired")
    handle = await cluster.directory.handles.of(OWN, "retired")
    await handle.retire.remote()
    async with asyncio.timeout(60):
        while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
            await asyncio.sleep(0.05)
    assert (await cluster.journal.checkpoints("retired"))[0].seq == (await cluster.replayed("retired")).seq  # type: ignore[arg-type]
    board = await cluster.board("retired")
    assert board.rows[0].points == 30_000 and board.epoch > first
    assert await cluster.pid("retired") != pid


async def test_replies_are_data(cluster: Cluster) -> None:
    missing = await cluster.directory.ask("nowhere", ReadSummary())
    assert isinstance(missing, Refused) and missing.code == "tournament_not_found"
    await cluster.play("typed")
    twice = await cluster.directory.ask("typed", command_request(register("u1")))
    assert isinstance(twice, Refused) and twice.detail["user_id"] == "u1"
    done = await cluster.directory.ask("typed", command_request(commands.Finish()))
    assert codec.decode(done.value, TournamentAnswer).summary.status == "completed"


async def test_a_recovered_owner_holds_the_state_of_the_journal(cluster: Cluster) -> None:
    await cluster.play("digest")
    for n in range(30):
        await cluster.courier.send("digest", [points(f"{n}-{k}", PLAYERS[k % 8], k) for k in range(50)])
    os.kill(await cluster.pid("digest"), signal.SIGKILL)
    board = await cluster.board("digest")
    state = await cluster.replayed("digest")
    assert board.seq == state.seq
    assert [row.points for row in board.rows] == [row.points for row in state.ranking.page(0, 100)]
    again = codec.decode_state(codec.encode_state(state))
    assert state_digest(again) == state_digest(state)


@contextmanager
def _another_node(run: dict[str, Any]) -> Iterator[subprocess.Popen[bytes]]:
    """A node with room for owners, in a session of its own. Owners read their node's settings."""
    command = [sys.executable, "-m", "tests.support.node", run["ray_address"]]
    env = os.environ | {"PITBOSS_DATABASE_URL": run["database_url"]}
    with subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True, env=env) as process:
        try:
            assert process.stdout is not None and process.stdout.readline() == b"up\n"
            yield process
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


async def test_a_node_that_is_gone_takes_no_tournament_with_it(cluster: Cluster, up: Up) -> None:
    """All of a node dies at once; its tournaments answer elsewhere, the others never notice."""
    with _another_node(up.run()) as node:
        there: list[str] = []
        here: list[str] = []
        while (not there or not here) and len(there) + len(here) < 16:
            name = f"node-{len(there) + len(here)}"
            await cluster.play(name)
            (there if os.getsid(await cluster.pid(name)) == node.pid else here).append(name)
        assert there, "no owner was given to the second node"
        before = {name: (await cluster.board(name)).epoch for name in there + here}
        for name in there + here:
            assert await cluster.courier.send(name, [points("a", "u1", 3)]) == [Outcome.ACCEPTED]
        os.killpg(node.pid, signal.SIGKILL)
        told = await asyncio.gather(
            *(
                cluster.courier.send(name, [points("a", "u1", 3), points("b", "u2", 4)])
                for name in there + here
            )
        )
    assert told == [[Outcome.DUPLICATE, Outcome.ACCEPTED]] * len(told)
    for name in there + here:
        board = await cluster.board(name)
        assert (board.epoch > before[name]) == (name in there)
        assert [(row.user_id, row.points) for row in board.rows[:2]] == [("u2", 40_000), ("u1", 30_000)]


async def test_every_port_of_ray_is_on_loopback(cluster: Cluster, up: Up) -> None:
    """Read from the listening sockets of every process that `up` started, owners included."""
    session = up.run()["pids"]["ray"]
    ours = [p for p in psutil.process_iter() if _session_of(p) == session]
    assert len(ours) >= 4
    listening = [c.laddr for p in ours for c in p.net_connections("inet") if c.status == psutil.CONN_LISTEN]
    assert listening
    assert {address.ip for address in listening} <= {"127.0.0.1", "::1", "::ffff:127.0.0.1"}
    token = up.home / "ray-token"
    assert token.stat().st_mode & 0o777 == 0o600
    assert socket.gethostbyname("localhost") == "127.0.0.1"


def test_nobody_else_gets_to_rays_sockets_and_logs(up: Up, joined: Any) -> None:
    """Ray opens its session folder to everybody; above it stands one that only we can enter."""
    outer = Path((up.home / "ray-session").read_text())
    sockets = [path for path in outer.rglob("sockets") if path.is_dir()]
    logs = [path for path in outer.rglob("logs") if path.is_dir()]
    assert sockets and logs
    for path in (*sockets, *logs):
        above = [folder for folder in path.parents if folder == outer or outer in folder.parents]
        assert any(folder.lstat().st_mode & 0o077 == 0 for folder in above), path


async def test_no_secret_is_an_argument_of_an_owner(cluster: Cluster) -> None:
    """Arguments of detached actors are kept in Ray's tables: the id of the tournament is all there is."""
    await cluster.play("silent")
    handle = await cluster.directory.handles.of(OWN, "silent")
    assert handle is not None
    from actors.on_ray.actor import TournamentActor

    ours = [n for n in inspect.signature(TournamentActor).parameters if not n.startswith("_ray")]
    assert ours == ["tournament_id"]


def _session_of(process: psutil.Process) -> int | None:
    try:
        return os.getsid(process.pid)
    except (ProcessLookupError, PermissionError):
        return None
