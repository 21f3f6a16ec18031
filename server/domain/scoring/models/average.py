"""The score is the average of all facts."""

from collections.abc import Sequence

from server.domain.money import split
from server.domain.scoring.fact import Scored
from server.domain.scoring.spec import ModelSpec
from server.domain.scoring.tally import Tally, reach


def add(tally: Tally, value: int, ms: int, seq: int) -> None:
    """Sum of values over their number, rounded down; the scorer has counted the fact already."""
    tally.won += value
    tally.points = tally.won // tally.rounds
    reach(tally, ms, seq)


def shares(facts: Sequence[Scored], cutoff_ms: int | None) -> list[int]:
    """Each fact's part of the average; where values are negative the last fact gives all of it."""
    total = sum(one.value for one in facts)
    if total <= 0 or any(one.value < 0 for one in facts):
        return [0] * (len(facts) - 1) + [total // len(facts)] if facts else []
    return split(total // len(facts), [one.value for one in facts])


SPECS = (
    ModelSpec(
        "average",
        1,
        "The score is the average {metric} of all game rounds, to four places, rounded down.",
        None,
        lambda declared: add,
        lambda declared: shares,
        ("metric",),
    ),
)
