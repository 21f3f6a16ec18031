"""`python -m tests.soak --owners 20`: starts a house of its own, with Redis, and reports."""

import argparse
import asyncio
import shutil
import sys
import tempfile
from pathlib import Path

from tests.on_ray.conftest import start_up, stop_up
from tests.soak.run import soak
from tests.support.servers import RestartingRedis


def main() -> int:
    """Soak; 1 when a promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak")
    for kind, count in (("owners", 20), ("apis", 3), ("workers", 3), ("postgres", 2), ("redis", 2)):
        parser.add_argument(f"--{kind}", type=int, default=count, help=f"SIGKILLs of {kind}")
    parser.add_argument("--pause", type=float, default=2.0, help="seconds between two kills, about")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    kinds = [
        *["owner"] * asked.owners, *["api"] * asked.apis, *["workers"] * asked.workers,
        *["postgres"] * asked.postgres, *["redis"] * asked.redis,
    ]  # fmt: skip
    home = Path(tempfile.mkdtemp(prefix="pit-soak-"))
    home.chmod(0o755)
    with RestartingRedis() as redis:
        up = start_up(home, "--no-demo", PITBOSS_REDIS_URL=redis.url)
        try:
            work = soak(home, kinds, pause_s=asked.pause, seed=asked.seed, restart_redis=redis.restart)
            report = asyncio.run(work)
        finally:
            stop_up(up)
            shutil.rmtree(home, ignore_errors=True)
    print(report.text())
    return 1 if report.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
