"""One node of a Ray cluster that others lead: what a container brings along to own tournaments, or to reach
their owners. Does not import Ray."""

import os
import subprocess
import sys
import threading
from types import TracebackType

from actors.on_ray.cluster import NODE_ENVIRONMENT, OBJECT_STORE_BYTES, end_group, ray_command, resources_for


class NodeDidNotJoin(Exception):  # noqa: N818 - told to a person
    """The node ended before it had joined; what it printed is on standard error."""


def join_command(address: str, tournaments: int, ip: str | None = None) -> list[str]:
    """Starts a node with room for so many owners; one without room is for a process that only calls them. `ip`
    is the address at which others reach it, where the host has several."""
    room = ["--num-cpus=0"] if not tournaments else [f"--resources={resources_for(tournaments)}"]
    quiet = ("--include-log-monitor=false", "--disable-usage-stats")
    store = f"--object-store-memory={OBJECT_STORE_BYTES}"
    where = [] if ip is None else [f"--node-ip-address={ip}"]
    return ray_command("start", f"--address={address}", "--block", *quiet, store, *room, *where)


class RayNode:
    """A node beside this process. Joined on `__enter__`; on `__exit__` it leaves the cluster, so that no one
    waits until Ray finds out that it is gone."""

    def __init__(self, address: str) -> None:
        self._command = join_command(address, 0)
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "RayNode":
        """Raises `NodeDidNotJoin`."""
        process = self._process = subprocess.Popen(
            self._command,
            stdout=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            env=NODE_ENVIRONMENT | os.environ,
        )
        assert process.stdout is not None, "asked for"
        for line in process.stdout:
            if b"--block" in line:
                # What it prints later must be read: a full pipe would stop it.
                threading.Thread(target=process.stdout.read, daemon=True).start()
                return self
            sys.stderr.buffer.write(line)
        raise NodeDidNotJoin(f"The Ray node did not join: it ended with {process.wait()}")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            end_group(self._process)
