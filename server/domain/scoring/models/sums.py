"""The score is a sum over all facts."""

from collections.abc import Sequence

from server.domain.scoring import metrics
from server.domain.scoring.fact import Scored
from server.domain.scoring.spec import without_parameters
from server.domain.scoring.tally import Tally


def add(tally: Tally, value: int, ms: int, seq: int) -> None:
    """Sum of values. A value of nothing keeps the moment at which the score was reached."""
    if value:
        tally.points += value
        if ms > tally.reached_ms or (ms == tally.reached_ms and seq > tally.reached_seq):
            tally.reached_ms, tally.reached_seq = ms, seq


def shares(facts: Sequence[Scored], cutoff_ms: int | None) -> list[int]:
    """Each fact gives its value."""
    return [one.value for one in facts]


_MODELS = (
    ("points_based", metrics.points, "The score is the sum of the points that the game gives."),
    ("total_win", metrics.win, "The score is the sum of all wins."),
    ("net_win", metrics.net_win, "The score is the sum of all wins less all bets."),
    ("wager_sum", metrics.bet, "The score is the sum of all bets."),
    ("round_count", metrics.one_round, "The score is the number of game rounds played."),
    (
        "multiplier_times_bet",
        metrics.multiplier_times_bet,
        "The score is the sum of multiplier times bet over all game rounds.",
    ),
)
SPECS = tuple(without_parameters(*model, add, shares) for model in _MODELS)
