"""`pitboss up`: database, Ray, front end, workers and demo on this machine, watched and ended together.

Children that die are started again. What an earlier run left behind after a SIGKILL is ended by process
id, after a look at its start time, so that no stranger is hit.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

if TYPE_CHECKING:
    from server.storage.embedded import EmbeddedPostgres

from actors.on_ray.cluster import RayCluster, RayDidNotStart, environment
from config.settings import Settings
from workers.commands.masterdata import DemoOperator, write_private
from workers.commands.pulse import SILENT_S, Pulse

_STOP_PATIENCE_S = 15.0
_RESTART_PAUSE_S = 1.0
_TICK_S = 0.25


@dataclass(slots=True)
class Child:
    """One process of ours."""

    role: str
    command: list[str]
    environment: dict[str, str]
    process: subprocess.Popen[bytes] | None = None

    def start(self, log: Path) -> None:
        """Start, with its log appended to a file."""
        with log.open("ab") as out:
            self.process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                env=os.environ | self.environment,
                start_new_session=True,
            )

    def is_running(self) -> bool:
        """Whether it lives."""
        return self.process is not None and self.process.poll() is None


@dataclass(slots=True)
class House:
    """Everything that `up` started."""

    settings: Settings
    tell: Callable[[str], None]
    stack: ExitStack = field(default_factory=ExitStack)
    children: list[Child] = field(default_factory=list)
    pids: dict[str, int] = field(default_factory=dict)
    ray_address: str | None = None
    cluster: RayCluster | None = None
    database: "EmbeddedPostgres | None" = None

    @property
    def home(self) -> Path:
        """Where everything is kept."""
        return self.settings.home

    def log_of(self, role: str) -> Path:
        """The log file of a role."""
        folder = self.home / "logs"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
        return folder / f"{role}.log"

    def open_database(self) -> str:
        """The given database, or an embedded one."""
        if self.settings.database_url is not None:
            return self.settings.database_url
        self.tell("starting the embedded Postgres")
        from server.storage.embedded import EmbeddedPostgres  # only a house of one machine brings a database

        self.database = EmbeddedPostgres(self.home / "postgres")
        url = self.stack.enter_context(self.database)
        self._note_database(self.database)
        return url

    def _note_database(self, database: "EmbeddedPostgres") -> None:
        if database.pid is not None:
            self.pids["postgres"] = database.pid

    def open_engine(self, database_url: str) -> dict[str, str]:
        """Environment of the engine: a joined or started Ray, or none of it. Nodes that others started must
        have `PITBOSS_DATABASE_URL` in their own environment: owners read it there (`config.node`)."""
        if self.settings.engine == "local":
            return {"PITBOSS_ENGINE": "local"}
        if self.settings.ray_address is not None:
            self.ray_address = self.settings.ray_address
            return environment(self.home) | {"PITBOSS_RAY_ADDRESS": self.settings.ray_address}
        node = {"PITBOSS_DATABASE_URL": database_url, "PITBOSS_GAMES": self.settings.games}
        node["PITBOSS_SEAL_KEY_FILE"] = str(self.settings.seal_key_path().resolve())
        if self.settings.redis_url is not None:
            node["PITBOSS_REDIS_URL"] = self.settings.redis_url
        self.cluster = cluster = RayCluster(self.home, self.tell, node)
        self.stack.callback(cluster.stop)
        try:
            address = cluster.start()
        except RayDidNotStart as why:
            self.tell(f"{why}. Going on without Ray: all tournaments in one process (--engine local).")
            self.cluster = None
            return {"PITBOSS_ENGINE": "local"}
        if cluster.pid is not None:
            self.pids["ray"] = cluster.pid
        self.ray_address = address
        return environment(self.home) | {"PITBOSS_ENGINE": "ray", "PITBOSS_RAY_ADDRESS": address}

    def start(self, role: str, module: str, env: dict[str, str]) -> None:
        """Start a child and keep watching it."""
        child = Child(role, [sys.executable, "-m", module], env)
        child.start(self.log_of(role))
        self.children.append(child)
        self._note(child)

    def _note(self, child: Child) -> None:
        assert child.process is not None
        self.pids[child.role] = child.process.pid
        remember(self.home, self.pids)

    def watch(self, stop: Callable[[], bool], write: Callable[[], None], url: str) -> None:
        """Restart what dies, or what has stopped answering, until told to stop."""
        pulse = Pulse(url)
        while not stop():
            if pulse.is_silent() and self.children[0].process is not None:
                self.tell(f"the front end has not answered for {SILENT_S:.0f} s; killing it")
                self.children[0].process.kill()
                self.children[0].process.wait()
                pulse.begin_anew()
            if self.database is not None and not is_alive(self.pids["postgres"]):
                self.tell("Postgres ended; starting it again")
                self.database.__enter__()
                self._note_database(self.database)
                write()
            if self.cluster is not None and not self.cluster.is_running():
                self._restart_engine(self.cluster)
            for child in self.children:
                if not child.is_running():
                    pulse.begin_anew()
                    code = child.process.returncode if child.process else None
                    self.tell(f"{child.role} ended with {code}; starting it again")
                    time.sleep(_RESTART_PAUSE_S)
                    child.start(self.log_of(child.role))
                    self._note(child)
                    write()
            time.sleep(_TICK_S)

    def _restart_engine(self, cluster: RayCluster) -> None:
        """Ray's head died, and with it every owner: start a new one; the children join it when they are
        started again. The tournaments are in the database."""
        self.tell("Ray ended; starting it again")
        cluster.stop()
        self.ray_address = cluster.start()
        if cluster.pid is not None:
            self.pids["ray"] = cluster.pid
        for child in self.children:
            child.environment["PITBOSS_RAY_ADDRESS"] = self.ray_address
            if child.process is not None and child.is_running():
                child.process.kill()
                child.process.wait()

    def close(self) -> None:
        """End the children, then Ray, then the database; the data stays."""
        for child in reversed(self.children):
            if child.process is not None and child.is_running():
                child.process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + _STOP_PATIENCE_S
        while any(child.is_running() for child in self.children) and time.monotonic() < deadline:
            time.sleep(0.05)
        for child in self.children:
            if child.process is not None and child.is_running():
                child.process.kill()
        self.stack.close()
        (self.home / "processes.json").unlink(missing_ok=True)
        (self.home / "run.json").unlink(missing_ok=True)


def make_private(home: Path) -> None:
    """The home folder holds keys, logs and data: no other user may look into it. Run as root, the system user
    of the embedded Postgres must pass through it to its data, and cannot list it."""
    home.mkdir(parents=True, exist_ok=True)
    home.chmod(0o711 if os.getuid() == 0 else 0o700)


def is_alive(pid: int) -> bool:
    """Whether a process lives; one that is dead and not yet reaped does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def remember(home: Path, pids: dict[str, int]) -> None:
    """Keep process ids with their start times, to know them again after a SIGKILL."""
    rows = []
    for role, pid in pids.items():
        if role != "postgres" and psutil.pid_exists(pid):
            rows.append({"role": role, "pid": pid, "created": psutil.Process(pid).create_time()})
    write_private(home / "processes.json", json.dumps(rows))


def sweep(home: Path, tell: Callable[[str], None]) -> None:
    """End what an earlier run of this home left behind. Postgres is not ended: it is taken over."""
    path = home / "processes.json"
    if not path.exists():
        return
    for row in json.loads(path.read_text()):
        for process in _family(row):
            tell(f"ending {row['role']} ({process.pid}), left by an earlier run")
            try:
                process.kill()
            except psutil.NoSuchProcess:
                continue
    path.unlink()


def _family(row: dict[str, Any]) -> list[psutil.Process]:
    """The remembered process, if it is still that one, and everything in its session."""
    found = []
    for process in psutil.process_iter():
        try:
            if os.getsid(process.pid) != row["pid"] or process.create_time() < row["created"] - 1:
                continue
        except (ProcessLookupError, PermissionError, psutil.Error):
            continue
        found.append(process)
    return found


def write_run_file(house: House, url: str, database_url: str, operators: list[DemoOperator]) -> None:
    """`run.json`: what scripts need to drive this house."""
    rows = [{name: getattr(row, name) for name in DemoOperator.__slots__} for row in operators]
    body = {
        "url": url,
        "operators": rows,
        "database_url": database_url,
        "engine": house.settings.engine,
        "ray_address": house.ray_address,
        "pids": house.pids | {"supervisor": os.getpid()},
    }
    write_private(house.home / "run.json", json.dumps(body, indent=2))
