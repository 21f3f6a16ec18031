"""The embedded Postgres: starts anywhere, keeps its data, survives SIGKILL, lets nobody else in."""

import os
import signal
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import asyncpg
import psutil
import pytest

from server.storage.embedded import EmbeddedPostgres


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="pit boss's ") as name:
        Path(name).chmod(0o755)
        yield Path(name)


async def number(url: str, write: int | None = None) -> int:
    connection = await asyncpg.connect(url)
    await connection.execute("CREATE TABLE IF NOT EXISTS kept (n int)")
    if write is not None:
        await connection.execute("INSERT INTO kept VALUES ($1)", write)
    found: int = await connection.fetchval("SELECT sum(n) FROM kept")
    await connection.close()
    return found


async def test_a_path_with_spaces_and_quotes_and_a_second_start(folder: Path) -> None:
    for turn in (1, 2):
        database = EmbeddedPostgres(folder / "pg")
        with database as url:
            assert await number(url, 5) == 5 * turn
            assert database.pid is not None
        assert database.pid is None


async def test_a_long_path_gets_a_short_and_private_socket_folder(folder: Path) -> None:
    with EmbeddedPostgres(folder / ("x" * 90) / "pg") as url:
        assert await number(url, 7) == 7
        for private in (Path(unquote(url.partition("host=")[2])), folder / ("x" * 90) / "pg"):
            assert stat.S_IMODE(os.stat(private).st_mode) == 0o700  # noqa: PTH116 - not in a coroutine


async def test_it_recovers_after_sigkill_of_every_process(folder: Path) -> None:
    killed = EmbeddedPostgres(folder / "pg")
    url = killed.__enter__()
    assert await number(url, 3) == 3
    assert killed.pid is not None
    server = psutil.Process(killed.pid)
    for process in [server, *server.children(recursive=True)]:
        os.kill(process.pid, signal.SIGKILL)
    with EmbeddedPostgres(folder / "pg") as again:
        assert await number(again) == 3
    killed.__exit__(None, None, None)
