"""`python -m tests.siege --engine local --engine ray`: starts a house of each kind, besieges it, stops it."""

import argparse
import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.siege.siege import besiege
from tests.support.servers import free_port

_START_S = 240.0


def main() -> int:
    """0 when every honest request was answered right."""
    parser = argparse.ArgumentParser(prog="python -m tests.siege")
    parser.add_argument("--engine", action="append", choices=["local", "ray"])
    parser.add_argument("--hostile", type=int, default=100)
    parser.add_argument("--honest", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=60.0)
    asked = parser.parse_args()
    wrong = 0
    for engine in asked.engine or ["local"]:
        wrong += _one(engine, asked)
    return 1 if wrong else 0


def _one(engine: str, asked: Any) -> int:
    home = Path(tempfile.mkdtemp(prefix="siege-"))
    env = os.environ | {"PITBOSS_HOME": str(home), "PITBOSS_PORT": str(free_port("127.0.0.1"))}
    command = [sys.executable, "-m", "workers.cli", "up", "--no-demo", "--engine", engine]
    with (home / "up.log").open("wb") as log, subprocess.Popen(command, env=env, stdout=log, stderr=log) as up:
        try:
            run = _started(home, up)
            keys = run["operators"][0]
            report = asyncio.run(
                besiege(
                    run["url"],
                    keys["api_key"],
                    keys["game_platform_key"],
                    hostile=asked.hostile,
                    honest=asked.honest,
                    seconds=asked.seconds,
                )
            )
        finally:
            up.send_signal(signal.SIGTERM)
            up.wait()
    print(f"{engine}: {report}", flush=True)
    for line in report.told.wrong[:20]:
        print(f"  {line}", flush=True)
    return len(report.told.wrong)


def _started(home: Path, up: "subprocess.Popen[bytes]") -> Any:
    deadline = time.monotonic() + _START_S
    while time.monotonic() < deadline and up.poll() is None:
        if (home / "run.json").exists():
            return json.loads((home / "run.json").read_text())
        time.sleep(0.5)
    raise SystemExit(f"the house did not start; see {home}/up.log")


if __name__ == "__main__":
    sys.exit(main())
