"""One whole house for all tests of this ring: `pitboss up` with Ray, its database, a joined driver."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

PATIENCE_S = 240.0
ROOT = Path(__file__).parents[2]


@dataclass(slots=True)
class Up:
    """A running `pitboss up`."""

    process: subprocess.Popen[bytes]
    home: Path
    log: Path

    def run(self) -> dict[str, Any]:
        """What `run.json` says now."""
        body: dict[str, Any] = json.loads((self.home / "run.json").read_text())
        return body


def start_up(home: Path, *arguments: str, **env: str) -> Up:
    """Start and wait until it is ready."""
    home.mkdir(parents=True, exist_ok=True)
    log = home / "up.log"
    settings = {"PITBOSS_HOME": str(home), "PITBOSS_PORT": "0"} | env
    with log.open("ab") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "workers.cli", "up", *arguments],
            stdout=out,
            stderr=out,
            stdin=subprocess.DEVNULL,
            cwd=ROOT,
            env={k: v for k, v in os.environ.items() if not k.startswith(("PITBOSS_", "RAY_"))} | settings,
        )
    deadline = time.monotonic() + PATIENCE_S
    while not (home / "run.json").exists() or "Pitboss is up" not in log.read_text():
        assert process.poll() is None and time.monotonic() < deadline, log.read_text()
        time.sleep(0.1)
    return Up(process, home, log)


def stop_up(up: Up) -> None:
    """Ctrl-C, and wait."""
    up.process.terminate()
    assert up.process.wait(PATIENCE_S) == 0, up.log.read_text()


@pytest.fixture(scope="session")
def up(home: Path) -> Iterator[Up]:
    """With Ray and demo tournaments of half a minute."""
    running = start_up(home / "up", PITBOSS_DEMO_MINUTES="0.6")
    try:
        yield running
    finally:
        stop_up(running)
