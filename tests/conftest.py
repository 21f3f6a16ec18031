"""Servers that tests share: one Postgres and one Ray a session, both on loopback, both stopped."""

import asyncio
import logging
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog

from server.storage.embedded import EmbeddedPostgres
from server.storage.postgres.engine import migrate


@pytest.fixture(scope="session")
def home() -> Iterator[Path]:
    """A folder of this session, with a short path: Unix sockets live in it."""
    folder = Path(tempfile.mkdtemp(prefix="pit-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres(home: Path) -> Iterator[str]:
    """URL of a migrated database: the one in PITBOSS_DATABASE_URL, else an embedded one."""
    given = os.environ.pop("PITBOSS_DATABASE_URL", None)
    if given is not None:
        migrate(given)
        yield given
        return
    with EmbeddedPostgres(home / "pg") as url:
        migrate(url)
        yield url


class _Unforeseen(logging.Handler):
    """Collects what our own code logged as an exception."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.seen: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info and record.name.split(".")[0] in ("api", "actors", "server", "workers"):
            self.seen.append(f"{record.getMessage()}: {record.exc_info[1]!r}")

    def take(self, _: Any, __: str, event: Any) -> Any:
        """The same as a processor of structlog, which writes past the loggers of the library in tests."""
        if event.get("exc_info"):
            self.seen.append(f"{event['event']}: {event['exc_info']!r}")
        return event


@pytest.fixture(autouse=True)
def _nothing_unforeseen(request: pytest.FixtureRequest) -> Iterator[None]:
    """Loops that go on after a fault must not hide it: only tests marked `unforeseen` may plant one."""
    handler = _Unforeseen()
    logging.getLogger().addHandler(handler)
    plain = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[handler.take, structlog.processors.add_log_level, plain])
    yield
    logging.getLogger().removeHandler(handler)
    if request.node.get_closest_marker("unforeseen") is None:
        assert handler.seen == []


@pytest.fixture
async def settled() -> AsyncIterator[None]:
    """Fails a test that leaves tasks running."""
    yield
    left = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    assert not left, left
