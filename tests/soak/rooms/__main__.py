"""`python -m tests.soak.rooms --players 500 --rounds 5`: starts a house of its own, and reports."""

import argparse
import asyncio
import json
import shutil
import sys
import tempfile
from pathlib import Path

from tests.on_ray.conftest import start_up, stop_up
from tests.soak.rooms.run import soak_room

KINDS = ["owner", "api", "postgres_away", "owner+api", "owner+postgres"]


def main() -> int:
    """Soak; 1 when a promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak.rooms")
    parser.add_argument("--players", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=5, help="of all kinds of kills")
    parser.add_argument("--kinds", default=",".join(KINDS))
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="pit-rooms-"))
    home.chmod(0o755)
    up = start_up(home, "--no-demo", PITBOSS_REQUESTS_PER_ADDRESS="0")
    try:
        kinds = asked.kinds.split(",") * asked.rounds
        report = asyncio.run(soak_room(home, kinds, asked.players, asked.seed))
    finally:
        stop_up(up)
        shutil.rmtree(home, ignore_errors=True)
    print(json.dumps(report.summary(), indent=2))
    return 1 if report.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
