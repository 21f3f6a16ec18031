"""`python -m tests.simulator --seeds 10000 --first 0`: as many evenings as asked; names every seed that
breaks."""

import argparse
import sys
import time
from collections import Counter

from tests.simulator.world import simulate


def main() -> int:
    """Run them all; 1 when any broke."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulator")
    parser.add_argument("--seeds", type=int, default=1_000)
    parser.add_argument("--first", type=int, default=0)
    asked = parser.parse_args()
    notes: Counter[str] = Counter()
    broken, begun = [], time.monotonic()
    for seed in range(asked.first, asked.first + asked.seeds):
        try:
            report = simulate(seed)
        except AssertionError as error:
            broken.append(seed)
            print(f"seed {seed}: {error}", flush=True)
            continue
        notes.update(report.notes)
        notes.update({"facts acknowledged": report.facts, "boards seen": report.frames})
    print(f"{asked.seeds} seeds in {time.monotonic() - begun:.0f} s, broken: {broken or 'none'}")
    for what, count in notes.most_common():
        print(f"{count:>10,}  {what}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
