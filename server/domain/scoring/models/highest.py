"""The score is the greatest value of a single fact."""

from collections.abc import Sequence

from server.domain.scoring import metrics
from server.domain.scoring.explain import chosen, earliest_best
from server.domain.scoring.fact import Scored
from server.domain.scoring.spec import Add, ModelSpec, Parameters, Shares, Value
from server.domain.scoring.tally import Tally


def add(tally: Tally, value: int, ms: int, seq: int) -> None:
    """The greatest value, reached by the earliest fact that had it."""
    if value > tally.points:
        tally.points, tally.reached_ms, tally.reached_seq = value, ms, seq
    elif value == tally.points and value and (ms, seq) < (tally.reached_ms, tally.reached_seq):
        tally.reached_ms, tally.reached_seq = ms, seq


def _shares(facts: Sequence[Scored], cutoff_ms: int | None) -> list[int]:
    return chosen(facts, sorted(range(len(facts)), key=lambda i: earliest_best(facts[i]))[:1])


def _add_of(declared: Parameters) -> Add:
    return add


def _shares_of(declared: Parameters) -> Shares:
    return _shares


def _highest_of(model: str, value: Value, sentence: str) -> ModelSpec:
    return ModelSpec(model, 1, sentence, value, _add_of, _shares_of)


SPECS = (
    _highest_of("highest_win", metrics.win, "The score is the highest single win."),
    _highest_of("highest_multiplier", metrics.multiplier, "The score is the highest multiplier."),
)
