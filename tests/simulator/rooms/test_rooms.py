"""Two hundred evenings in a room, and every planted bug found."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.simulator.checks import Broken
from tests.simulator.loop import EndlessRun
from tests.simulator.rooms.planted import PLANTED
from tests.simulator.rooms.world import simulate_room

SEEDS, PER_TEST = 200, 20
FOUND_WITHIN = 200


@pytest.mark.parametrize("first", range(0, SEEDS, PER_TEST))
def test_no_seed_takes_a_bet_or_gives_one(first: int, tmp_path: Path) -> None:
    reports = [simulate_room(seed, tmp_path) for seed in range(first, first + PER_TEST)]
    assert sum(report.facts for report in reports) > 80, "flights were flown"
    assert sum(report.kills for report in reports) > 10, "owners died"
    assert sum(report.frames for report in reports) > 300, "moves were answered"


def test_between_them_the_seeds_meet_every_trouble(tmp_path: Path) -> None:
    met = set()
    for seed in range(60):
        met |= set(simulate_room(seed, tmp_path).notes)
    assert {
        "owner killed",
        "front end killed",
        "late commit refused: Fenced",
        "move: played",
        "move: arrived_too_late",
        "move: already_cashed_out",
        "move: flight_over",
        "move: removed",
        "move: room_closed",
        "Rebuy: Done",
        "Remove: Done",
        "Finish: Done",
        "Cancel: Done",
        "salted by a beacon",
    } <= met


def test_a_seed_repeats_the_run(tmp_path: Path) -> None:
    first, second = (simulate_room(7, tmp_path).digest for _ in range(2))
    assert first == second


@pytest.mark.parametrize("plant", PLANTED, ids=lambda plant: plant.__name__)
def test_a_planted_bug_is_found(
    plant: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    plant(monkeypatch)
    for seed in range(FOUND_WITHIN):
        try:
            simulate_room(seed, tmp_path)
        except (Broken, AssertionError):
            return
        except EndlessRun:
            continue
    pytest.fail(f"not found within {FOUND_WITHIN} seeds")
