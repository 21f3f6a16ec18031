"""The score is the longest run of wins."""

from bisect import insort
from collections.abc import Sequence
from itertools import groupby

from server.domain.money import POINT_SCALE
from server.domain.scoring import metrics
from server.domain.scoring.fact import Scored
from server.domain.scoring.spec import without_parameters
from server.domain.scoring.tally import Tally


def add(tally: Tally, value: int, ms: int, seq: int) -> None:
    """The longest run of facts with a win above zero. `held` is (ms, seq, 1 or 0), losses before wins
    within one instant."""
    item = (ms, seq, 1 if value > 0 else 0)
    held = tally.held
    if not held or item >= held[-1]:
        held.append(item)
        if not tally.unsettled:
            _run_on(tally, item)
        return
    insort(held, item)
    tally.unsettled = True


def settle(tally: Tally) -> None:
    tally.points = tally.run = 0
    tally.reached_ms, tally.reached_seq = 0, tally.start_seq
    for one in tally.held:
        _run_on(tally, one)


def _run_on(tally: Tally, item: tuple[int, int, int]) -> None:
    tally.run = tally.run + 1 if item[2] else 0
    if tally.run * POINT_SCALE > tally.points:
        tally.points, tally.reached_ms, tally.reached_seq = tally.run * POINT_SCALE, item[0], item[1]


def shares(facts: Sequence[Scored], cutoff_ms: int | None) -> list[int]:
    """One point for every win of the longest run, the earliest of equal ones."""
    in_time = sorted(range(len(facts)), key=lambda i: (*facts[i].moment, facts[i].value > 0))
    runs = [list(run) for won, run in groupby(in_time, key=lambda i: facts[i].value > 0) if won]
    longest = max(runs, key=len) if runs else []
    return [POINT_SCALE if index in longest else 0 for index in range(len(facts))]


SPECS = (
    without_parameters(
        "streak",
        metrics.win,
        "The score is the longest run of game rounds in a row with a win above zero.",
        add,
        shares,
        settle,
    ),
)
