"""The one place that starts Ray, and what a process needs to join it.

Our own `ray start` in its own process group, so that ending the group leaves nothing behind; token
authentication with a token only we can read; every port on loopback; no dashboard page, no log monitor,
no usage statistics. Starting can fail on a loaded machine (ray-project/ray#65983): it is retried.

Ray reads its environment when it is imported, so this module does not import it: `prepare` comes first,
then the import of `driver`.
"""

import json
import logging
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from config.limits import RAY_START_TIMEOUT_S, RAY_START_TRIES
from config.node import node_name
from config.owner_limits import OWNERS_PER_NODE_MAX, SHARED_OWNERS_PER_NODE_MAX
from server.runtime.randomness import SystemIds

log = logging.getLogger(__name__)

_SESSION_FILE = "ray-session"
OBJECT_STORE_BYTES = 100_000_000
NAME_RESOURCE = "pitboss_node:"
_INNER = "r"
_STARTED = re.compile(r"--address=['\"]?([0-9.]+:[0-9]+)")

# What Ray counts and records of each call, for tools that nothing here uses: 5 % of a call.
_QUIET = {
    "RAY_task_events_report_interval_ms": "0",
    "RAY_event_stats": "0",
    "RAY_enable_timeline": "0",
    "RAY_enable_metrics_collection": "0",
}
NODE_ENVIRONMENT = _QUIET | {
    # On a machine that front ends share, owners would starve behind them: the default is 15.
    "RAY_worker_niceness": "0",
    # A process that calls none need not look ten times a second for calls without an answer: 0.4 % of a core.
    "RAY_core_worker_internal_heartbeat_ms": "1000",
}
"""Of a node's own processes and of owners on it."""


class RayDidNotStart(Exception):  # noqa: N818 - told to a person
    """After all tries; the message carries the raylet's own last words."""


def environment(home: Path) -> dict[str, str]:
    """What every process needs to start or join our Ray: the token, loopback, silence. A token or a
    cluster mode that is given in the environment stays."""
    given = "RAY_AUTH_TOKEN" in os.environ or "RAY_AUTH_TOKEN_PATH" in os.environ
    token = {} if given else {"RAY_AUTH_TOKEN_PATH": str(_token_path(home))}
    return (
        token
        | _QUIET
        | {
            "RAY_AUTH_MODE": "token",
            # Otherwise loopback is rewritten to the machine's address, which other machines can reach.
            "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": os.environ.get("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0"),
            "RAY_USAGE_STATS_ENABLED": "0",
            "RAY_DEDUP_LOGS": "0",
            "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
            # A call to a dead owner fails once Ray knows why it died, or after this; looked at this often. The
            # defaults are a second each, which was most of a recovery: 1.5 s became 0.6 s.
            "RAY_timeout_ms_task_wait_for_death_info": "100",
            "RAY_core_worker_internal_heartbeat_ms": "100",
        }
    )


def prepare(home: Path) -> None:
    """Put `environment` into this process. Must come before the first `import ray`: it reads it once."""
    assert "ray" not in sys.modules, "too late: ray is imported"
    os.environ.update(environment(home))


def _token_path(home: Path) -> Path:
    return (home / "ray-token").resolve()


def ensure_token(home: Path) -> None:
    """Make the shared token, readable by us alone, when it is missing."""
    path = _token_path(home)
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        with os.fdopen(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600), "w") as file:
            file.write(SystemIds().secret())


def resources_for(tournaments: int) -> str:
    """What a node declares that has room for so many owners, and for those that share; and its name."""
    room = {"tournament": tournaments, "shared_owner": SHARED_OWNERS_PER_NODE_MAX}
    return json.dumps(room | {NAME_RESOURCE + node_name(): 1})


def ray_command(*arguments: str) -> list[str]:
    """Ray's command line, in the interpreter that runs us: its script need not be on PATH."""
    return [sys.executable, "-m", "ray.scripts.scripts", *arguments]


class RayCluster:
    """A head node on this machine. `start` returns its address, `stop` ends its whole process group.

    `node_settings` are variables of the environment that owners read on their node (`config.node`).
    """

    def __init__(
        self,
        home: Path,
        tell: Callable[[str], None] = log.info,
        node_settings: Mapping[str, str] | None = None,
    ) -> None:
        self._home = home
        self._tell = tell
        self._node_settings = dict(node_settings or {})
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The leader of the process group."""
        return None if self._process is None else self._process.pid

    def is_running(self) -> bool:
        """Whether the head lives; its leader ends when a part of it has died."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> str:
        """Start, with retries. Raises `RayDidNotStart` with one clear sentence; leaves no process."""
        ensure_token(self._home)
        self._remove_session()
        last_words = ""
        for attempt in range(1, RAY_START_TRIES + 1):
            self._tell(f"starting Ray, attempt {attempt} of {RAY_START_TRIES}")
            session = self._session_folder()
            address = self._try(session)
            if address is not None:
                check_private(session)
                return address
            last_words = _last_words(session)
            self.stop()
            self._tell(f"Ray did not start: {last_words}")
        raise RayDidNotStart(f"Ray did not start in {RAY_START_TRIES} attempts: {last_words}")

    def _session_folder(self) -> Path:
        # Ray puts Unix sockets here and their paths may have 107 bytes: a short folder of our own. Ray opens
        # its own folder to all users (0777), so it gets one inside of ours, which only we can enter.
        folder = Path("/tmp") / f"pitboss-ray-{os.getuid()}-{SystemIds().short_id(8)}"
        folder.mkdir(mode=0o700)
        check_private(folder)
        (self._home / _SESSION_FILE).write_text(str(folder))
        return folder

    def _remove_session(self) -> None:
        """Remove the last session's files, also those of a run that was killed."""
        known = self._home / _SESSION_FILE
        if known.exists():
            shutil.rmtree(known.read_text(), ignore_errors=True)
            known.unlink()

    def _try(self, session: Path) -> str | None:
        command = ray_command(
            *("start", "--head", "--block", "--node-ip-address=127.0.0.1", "--port=0"),
            *("--include-dashboard=false", "--include-log-monitor=false", "--disable-usage-stats"),
            f"--temp-dir={session / _INNER}",
            f"--object-store-memory={OBJECT_STORE_BYTES}",
            f"--resources={resources_for(OWNERS_PER_NODE_MAX)}",
        )
        logfile = session / "start.log"
        with logfile.open("wb") as out:
            self._process = subprocess.Popen(
                command,
                stdout=out,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                env=os.environ | environment(self._home) | NODE_ENVIRONMENT | self._node_settings,
            )
        deadline = time.monotonic() + RAY_START_TIMEOUT_S
        while time.monotonic() < deadline and self._process.poll() is None:
            text = logfile.read_text(errors="replace")
            if "--block" in text and (found := _address(session, text)):
                return found
            time.sleep(0.2)
        return None

    def stop(self) -> None:
        """SIGTERM to the group, SIGKILL to what is left after ten seconds. Safe to call twice."""
        process, self._process = self._process, None
        if process is not None:
            end_group(process)
        self._remove_session()


def end_group(process: subprocess.Popen[bytes]) -> None:
    """End a process that leads its group, and the group: SIGTERM, then SIGKILL to what is left."""
    for sign, patience_s in ((signal.SIGTERM, 10.0), (signal.SIGKILL, 10.0)):
        if not _signal_group(process, sign):
            return
        deadline = time.monotonic() + patience_s
        while time.monotonic() < deadline:
            process.poll()
            if not _signal_group(process, 0):
                return
            time.sleep(0.1)


def check_private(folder: Path) -> None:
    """Raises `RuntimeError` unless the folder is a real one of ours that no other user can enter."""
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise RuntimeError(f"{folder} is not private to this user; remove it and start again")


def _signal_group(process: subprocess.Popen[bytes], sign: int) -> bool:
    try:
        os.killpg(process.pid, sign)
    except ProcessLookupError:
        return False
    return True


def _address(session: Path, text: str) -> str | None:
    found = _STARTED.search(text)
    if found:
        return found.group(1)
    marker = session / _INNER / "ray_current_cluster"
    return marker.read_text().strip() if marker.exists() else None


def _last_words(session: Path) -> str:
    """The raylet's own last error line, else the last line of the start log."""
    logs = f"{_INNER}/session_latest/logs"
    for name in (f"{logs}/raylet.err", f"{logs}/raylet.out", "start.log"):
        path = session / name
        lines = path.read_text(errors="replace").splitlines() if path.exists() else []
        wrong = [line for line in lines if re.search(r"error|fail|fatal|check", line, re.IGNORECASE)]
        if wrong:
            return wrong[-1].strip()[:300]
    return "no error was written; the machine may be too busy"
