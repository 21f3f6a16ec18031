"""Settings of the node that an owner runs on.

Owner processes are many, so they do without the settings library: they read single variables of the
environment that the node was started with, or files.
"""

import os
import socket
from pathlib import Path

SECRETS_DIR = Path("/run/secrets")
"""Where Docker and Kubernetes put secrets."""


def secrets_dir() -> Path:
    """Where settings may lie as files."""
    return Path(os.environ.get("PITBOSS_SECRETS_DIR") or SECRETS_DIR)


def node_setting(name: str) -> str | None:
    """The value of `PITBOSS_<name>` on this node: of the environment, else of a file; None when it is not set
    or empty."""
    if given := os.environ.get(f"PITBOSS_{name}"):
        return given
    secret = secrets_dir() / f"pitboss_{name.lower()}"
    return (secret.read_text().strip() or None) if secret.is_file() else None


def node_name() -> str:
    """The name of this node: as it is set, else the host's."""
    return node_setting("NODE_NAME") or socket.gethostname()
