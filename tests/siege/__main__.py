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

import psutil

from tests.siege.siege import Report, besiege
from tests.support.served import free_port

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
            calm = _besiege(run, asked, 0, asked.seconds / 4)
            before = _megabytes(up.pid)
            report = _besiege(run, asked, asked.hostile, asked.seconds)
            memory = f"memory {before} MB, then {_megabytes(up.pid)} MB"
            verify = [sys.executable, "-m", "workers.cli", "verify"]
            books = subprocess.run(verify, env=env, capture_output=True, text=True, timeout=_START_S)
        finally:
            up.send_signal(signal.SIGTERM)
            up.wait()
    print(f"{engine}, in peace: {calm}", flush=True)
    print(f"{engine}: {report}; {memory}; verify: {books.stdout.strip()}{books.stderr[-500:]}", flush=True)
    traces = sum(log.read_text().count('"exception"') for log in (home / "logs").glob("*.log"))
    wrong = calm.told.wrong + report.told.wrong + [f"{traces} traces in the logs"] * bool(traces)
    for line in wrong[:20]:
        print(f"  {line}", flush=True)
    return len(wrong) + books.returncode


def _besiege(run: Any, asked: Any, hostile: int, seconds: float) -> Report:
    keys = run["operators"][0]
    return asyncio.run(
        besiege(
            run["url"],
            keys["api_key"],
            keys["game_platform_key"],
            hostile=hostile,
            honest=asked.honest,
            seconds=seconds,
        )
    )


def _megabytes(pid: int) -> int:
    """What the Python processes of the house hold; databases and the raylet do not count."""
    house = psutil.Process(pid)
    own = [one for one in (house, *house.children(recursive=True)) if "python" in one.name()]
    return sum(one.memory_info().rss for one in own) >> 20


def _started(home: Path, up: "subprocess.Popen[bytes]") -> Any:
    deadline = time.monotonic() + _START_S
    while time.monotonic() < deadline and up.poll() is None:
        if (home / "run.json").exists():
            return json.loads((home / "run.json").read_text())
        time.sleep(0.5)
    raise SystemExit(f"the house did not start; see {home}/up.log")


if __name__ == "__main__":
    sys.exit(main())
