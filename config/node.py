"""Settings of the node that an owner runs on.

Owner processes are many, so they do without the settings library: they read single variables of the
environment that the node was started with.
"""

import os
import socket


def node_setting(name: str) -> str | None:
    """The value of `PITBOSS_<name>` on this node; None when it is not set or empty."""
    return os.environ.get(f"PITBOSS_{name}") or None


def node_name() -> str:
    """The name of this node: as it is set, else the host's."""
    return node_setting("NODE_NAME") or socket.gethostname()
