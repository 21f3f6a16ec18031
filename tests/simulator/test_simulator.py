"""Hundreds of evenings without a broken promise, and every planted bug found."""

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable

import pytest

from tests.simulator.checks import Broken
from tests.simulator.loop import EndlessRun
from tests.simulator.placed_world import PlacedWorld
from tests.simulator.planted import PLANTED, PLANTED_IN_A_CLUSTER
from tests.simulator.world import World, simulate

SEEDS, PER_TEST = 500, 20
FOUND_WITHIN = 200


@pytest.mark.parametrize("first", range(0, SEEDS, PER_TEST))
def test_no_seed_breaks_an_invariant(first: int) -> None:
    reports = [simulate(seed) for seed in range(first, first + PER_TEST)]
    assert sum(report.facts for report in reports) > 500, "games were played"
    assert sum(report.kills for report in reports) > 10, "owners died"
    assert sum(report.frames for report in reports) > 500, "boards were watched"


@pytest.mark.parametrize("first", range(0, SEEDS, PER_TEST))
def test_no_seed_breaks_an_invariant_in_a_cluster_that_moves(first: int) -> None:
    notes: Counter[str] = Counter()
    for seed in range(first, first + PER_TEST):
        notes.update(simulate(seed, PlacedWorld).notes)
    assert notes["moved"] > 20 and notes["zombie"] > 10 and notes["kill"] > 20, notes


def test_between_them_the_seeds_meet_every_trouble() -> None:
    met = set()
    for seed in range(60):
        met |= set(simulate(seed).notes)
    assert {
        "kill",
        "clock set",
        "database restored",
        "frame forged",
        "late commit refused: Fenced",
        "fact: ACCEPTED",
        "fact: DUPLICATE",
        "fact: AFTER_BELL",
        "facts: Unavailable",
        "Register: Done",
        "Rebuy: Done",
        "Correct: Done",
        "Disqualify: Done",
        "Cancel: Done",
    } <= met


def test_a_seed_repeats_the_run_to_the_byte_in_any_process() -> None:
    code = "from tests.simulator.world import simulate; print([simulate(n).digest for n in (3, 4, 5)])"
    here = [simulate(seed).digest for seed in (3, 4, 5)]
    for hash_seed in ("1", "2"):
        env = os.environ | {"PYTHONHASHSEED": hash_seed}
        told = subprocess.run(
            [sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True
        )
        assert told.stdout.strip() == str(here)
    assert len(set(here)) == 3


def is_found(world: type[World]) -> bool:
    """Whether one of the seeds breaks."""
    for seed in range(FOUND_WITHIN):
        try:
            simulate(seed, world)
        except Broken:
            return True
        except EndlessRun:
            continue
    return False


@pytest.mark.parametrize("plant", PLANTED, ids=lambda plant: plant.__name__)
def test_a_planted_bug_is_found(
    plant: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch)
    assert is_found(World)


@pytest.mark.parametrize("plant", PLANTED_IN_A_CLUSTER, ids=lambda plant: plant.__name__)
def test_a_bug_planted_in_the_cluster_is_found(
    plant: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch)
    assert is_found(PlacedWorld)
