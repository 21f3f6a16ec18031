"""`make bench-check`: the single request beside the plain servers, against what was recorded.

A ratio that is more than a fifth below the recorded one in each of three runs fails. Ratios, because both
sides are measured on the same machine in the same minute; three runs, because machines stall.
"""

import json
import sys
from typing import Any

from tests.load.single import DOCS, THREE, one_run, ratios

LEAST = 0.8


def fallen(recorded: dict[str, float], runs: list[dict[str, float]]) -> list[str]:
    """What fell too far in every run; a peer that cannot be measured here is left out."""
    return [
        f"{name}: {before:.2f} was recorded, now {', '.join(f'{run[name]:.2f}' for run in runs)}"
        for name, before in recorded.items()
        if all(name in run and run[name] < LEAST * before for run in runs)
    ]


def main() -> int:
    """Measure and compare; at the first run in which nothing fell it is over."""
    kept: dict[str, Any] = json.loads((DOCS / "benchmarks.json").read_text())
    recorded, runs = kept["Single requests"]["figures"]["ratios"], list[dict[str, float]]()
    for n in range(THREE):
        runs.append(ratios(one_run()))
        print(json.dumps({name: round(ratio, 2) for name, ratio in runs[-1].items()}, indent=1), flush=True)
        if not (found := fallen(recorded, runs)):
            print(f"run {n + 1}: no ratio is more than a fifth below the recorded one")
            return 0
    print("\n".join(found), file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
