"""`pitboss node owners|api|workers`: one role of a cluster, as the first process of a container or service.

Every process that calls owners must sit on a Ray node. So `api` and `workers` join the cluster with a node of
their own, run beside it, and take the node out of the cluster when they are told to stop.
"""

import os
import signal
import subprocess
import sys
from contextlib import ExitStack
from enum import StrEnum
from typing import Annotated

import typer

from actors.on_ray.node import NodeDidNotJoin, RayNode, join_command
from config import settings
from config.limits import OWNERS_PER_NODE_MAX


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
) -> None:
    """Run one node of a cluster until SIGTERM. Needs PITBOSS_RAY_ADDRESS and PITBOSS_DATABASE_URL."""
    loaded = settings.load_or_exit()
    missing = [name for name in ("ray_address", "database_url") if getattr(loaded, name) is None]
    if missing or loaded.ray_address is None:
        names = " and ".join(f"PITBOSS_{name.upper()}" for name in missing)
        raise typer.Exit(settings.complain(f"{names} must be set for a node of a cluster"))
    if role is Role.OWNERS:
        command = join_command(loaded.ray_address, tournaments)
        os.execv(command[0], command)
    raise typer.Exit(_beside_a_node(role.value, loaded.ray_address))


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
