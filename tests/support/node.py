"""`python -m tests.support.node ADDRESS`: a second node of a running Ray, on loopback.

Ray's own command rewrites loopback to the machine's address when nodes may be many; its classes do not.
"""

import sys
import threading

from ray._private.node import Node
from ray._private.parameter import RayParams


def start(address: str) -> Node:
    """A raylet that has room for owners."""
    return Node(
        RayParams(
            gcs_address=address,
            node_ip_address="127.0.0.1",
            num_cpus=2,
            num_gpus=0,
            object_store_memory=100_000_000,
            resources={"tournament": 100},
            include_log_monitor=False,
        ),
        head=False,
        spawn_reaper=False,
    )


if __name__ == "__main__":
    node = start(sys.argv[1])
    print("up", flush=True)  # noqa: T201 - who started it waits for this
    threading.Event().wait()
