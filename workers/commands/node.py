"""`pitboss node owners|api|workers`: one role of a cluster, as the first process of a container or service.

Every process that calls owners must sit on a Ray node. So `api` and `workers` join the cluster with a node of
their own, run beside it, and take the node out of the cluster when they are told to stop.
"""

import os
import signal
import subprocess
import sys
import threading
from contextlib import ExitStack, suppress
from enum import StrEnum
from typing import Annotated

import typer

from actors.on_ray.cluster import NODE_ENVIRONMENT, end_group
from actors.on_ray.node import NodeDidNotJoin, RayNode, join_command
from config import settings
from config.node import node_name
from config.owner_limits import DRAIN_WITHIN_S, OWNERS_PER_NODE_MAX
from workers.commands.drain import admit
from workers.commands.running import finished

# Joining Ray takes a while; with it a node ends within the minute that compose gives it.
_DRAIN_STARTS_S = 8.0


class Role(StrEnum):
    """What a node does."""

    OWNERS = "owners"
    API = "api"
    WORKERS = "workers"


def node(
    role: Annotated[Role, typer.Argument(help="owners (of tournaments), api (a front end) or workers.")],
    tournaments: Annotated[
        int, typer.Option(min=1, max=10_000, help="Room for so many tournaments (owners).")
    ] = OWNERS_PER_NODE_MAX,
    ip: Annotated[
        str | None,
        typer.Option(help="Address at which others reach this node (owners)."),
    ] = None,
) -> None:
    """Run one node of a cluster until SIGTERM. Needs PITBOSS_RAY_ADDRESS and PITBOSS_DATABASE_URL."""
    loaded = settings.load_or_exit()
    missing = [name for name in ("ray_address", "database_url") if getattr(loaded, name) is None]
    if loaded.ray_address is None or loaded.database_url is None:
        names = " and ".join(f"PITBOSS_{name.upper()}" for name in missing)
        raise typer.Exit(settings.complain(f"{names} must be set for a node of a cluster"))
    if role is Role.OWNERS:
        raise typer.Exit(_own(join_command(loaded.ray_address, tournaments, ip), loaded.database_url))
    raise typer.Exit(_beside_a_node(role.value, loaded.ray_address))


def _own(command: list[str], database_url: str) -> int:
    """Run a node of owners; told to stop it hands over what it owns first. Its exit code."""
    stopping = threading.Event()
    for sign in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sign, lambda *_: stopping.set())
    finished(admit(database_url, node_name()))
    ray_node = subprocess.Popen(command, start_new_session=True, env=NODE_ENVIRONMENT | os.environ)
    while ray_node.poll() is None and not stopping.wait(0.2):
        pass
    if ray_node.poll() is None:
        command = [sys.executable, "-m", "workers.cli", "drain", node_name()]
        with suppress(subprocess.TimeoutExpired):  # a node that cannot hand over leaves all the same
            subprocess.run(command, check=False, timeout=DRAIN_WITHIN_S + _DRAIN_STARTS_S)
    end_group(ray_node)
    return 0 if stopping.is_set() else ray_node.returncode


def _beside_a_node(module: str, address: str) -> int:
    """Run a module on a node of its own; its exit code."""
    stopped: list[int] = []
    children: list[subprocess.Popen[bytes]] = []

    def stop(number: int, _: object) -> None:
        stopped.append(number)
        for child in children:
            child.send_signal(signal.SIGTERM)

    for sign in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sign, stop)
    with ExitStack() as stack:
        try:
            stack.enter_context(RayNode(address))
        except NodeDidNotJoin as why:
            settings.complain(str(why))
            return 1
        if stopped:
            return 0
        children.append(subprocess.Popen([sys.executable, "-m", module]))
        return children[0].wait()
