"""`python -m tests.simulator --seeds 10000 --first 0`: as many evenings as asked; names every seed that
breaks."""

import argparse
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.simulator.placed_world import PlacedWorld
from tests.simulator.rooms.world import simulate_room
from tests.simulator.world import World, simulate


def main() -> int:
    """Run them all; 1 when any broke."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulator")
    parser.add_argument("--seeds", type=int, default=1_000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--rooms", action="store_true", help="evenings in a room")
    parser.add_argument("--cluster", action="store_true", help="evenings in a cluster that moves tournaments")
    asked = parser.parse_args()
    notes: Counter[str] = Counter()
    broken, begun = [], time.monotonic()
    home = Path(tempfile.mkdtemp(prefix="pitboss-simulator-"))
    for seed in range(asked.first, asked.first + asked.seeds):
        try:
            world = PlacedWorld if asked.cluster else World
            report = simulate_room(seed, home) if asked.rooms else simulate(seed, world)
        except AssertionError as error:
            broken.append(seed)
            print(f"seed {seed}: {error}", flush=True)
            continue
        notes.update(report.notes)
        notes.update({"facts acknowledged": report.facts, "boards or answers seen": report.frames})
    print(f"{asked.seeds} seeds in {time.monotonic() - begun:.0f} s, broken: {broken or 'none'}")
    for what, count in notes.most_common():
        print(f"{count:>10,}  {what}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
