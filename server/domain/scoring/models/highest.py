"""The score is the greatest value of a single fact."""

from collections.abc import Sequence

from server.domain.scoring import metrics
from server.domain.scoring.explain import chosen, earliest_best
from server.domain.scoring.fact import Scored
from server.domain.scoring.spec import without_parameters
from server.domain.scoring.tally import Tally


def add(tally: Tally, value: int, ms: int, seq: int) -> None:
    """The greatest value, reached by the earliest fact that had it."""
    if value > tally.points:
        tally.points, tally.reached_ms, tally.reached_seq = value, ms, seq
    elif value == tally.points and value and (ms, seq) < (tally.reached_ms, tally.reached_seq):
        tally.reached_ms, tally.reached_seq = ms, seq


def shares(facts: Sequence[Scored], cutoff_ms: int | None) -> list[int]:
    """The earliest of the greatest facts gives all."""
    return chosen(facts, sorted(range(len(facts)), key=lambda i: earliest_best(facts[i]))[:1])


_MODELS = (
    ("highest_win", metrics.win, "The score is the highest single win."),
    ("highest_multiplier", metrics.multiplier, "The score is the highest multiplier."),
)
SPECS = tuple(without_parameters(*model, add, shares) for model in _MODELS)
