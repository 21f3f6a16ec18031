"""The score is a sum over all facts."""

from collections.abc import Sequence

from server.domain.scoring import metrics
from server.domain.scoring.fact import Scored
from server.domain.scoring.spec import Add, ModelSpec, Parameters, Shares, Value
from server.domain.scoring.tally import Tally


def add(tally: Tally, value: int, ms: int, seq: int) -> None:
    """Sum of values. A value of nothing keeps the moment at which the score was reached."""
    if value:
        tally.points += value
        if ms > tally.reached_ms or (ms == tally.reached_ms and seq > tally.reached_seq):
            tally.reached_ms, tally.reached_seq = ms, seq


def _shares(facts: Sequence[Scored], cutoff_ms: int | None) -> list[int]:
    return [one.value for one in facts]


def _add_of(declared: Parameters) -> Add:
    return add


def _shares_of(declared: Parameters) -> Shares:
    return _shares


def _sum_of(model: str, value: Value, sentence: str) -> ModelSpec:
    return ModelSpec(model, 1, sentence, value, _add_of, _shares_of)


SPECS = (
    _sum_of("points_based", metrics.points, "The score is the sum of the points that the game gives."),
    _sum_of("total_win", metrics.win, "The score is the sum of all wins."),
    _sum_of("net_win", metrics.net_win, "The score is the sum of all wins less all bets."),
    _sum_of("wager_sum", metrics.bet, "The score is the sum of all bets."),
    _sum_of("round_count", metrics.one_round, "The score is the number of game rounds played."),
    _sum_of(
        "multiplier_times_bet",
        metrics.multiplier_times_bet,
        "The score is the sum of multiplier times bet over all game rounds.",
    ),
)
