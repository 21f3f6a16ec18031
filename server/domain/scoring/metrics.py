"""What one fact is worth: the value of a metric, with game weights. Integers scaled by POINT_SCALE."""

from collections.abc import Callable
from operator import attrgetter
from typing import Final

from server.domain.money import POINT_SCALE
from server.domain.scoring.fact import Fact
from server.domain.scoring.models import VALUE_MAX, Scoring

Value = Callable[[Fact], int | None]


def _net_win(fact: Fact) -> int | None:
    return None if fact.win is None or fact.bet is None else fact.win - fact.bet


def _multiplier_times_bet(fact: Fact) -> int | None:
    """Rounded down to four places."""
    if fact.multiplier is None or fact.bet is None:
        return None
    return fact.multiplier * fact.bet // POINT_SCALE


def _round(fact: Fact) -> int | None:
    return POINT_SCALE


def _win_with_bet(fact: Fact) -> int | None:
    """The win of a fact that also says its bet: a ratio needs both."""
    return None if fact.bet is None else fact.win


_METRICS: Final[dict[str, Value]] = {
    "points": attrgetter("points"),
    "win": attrgetter("win"),
    "net_win": _net_win,
    "bet": attrgetter("bet"),
    "multiplier": attrgetter("multiplier"),
    "multiplier_times_bet": _multiplier_times_bet,
    "round": _round,
    "win_with_bet": _win_with_bet,
}
_METRIC_OF: Final[dict[str, str]] = {
    "points_based": "points",
    "total_win": "win",
    "net_win": "net_win",
    "wager_sum": "bet",
    "round_count": "round",
    "highest_win": "win",
    "highest_multiplier": "multiplier",
    "win_to_stake": "win_with_bet",
    "multiplier_times_bet": "multiplier_times_bet",
    "streak": "win",
}


def metric_of(scoring: Scoring) -> str:
    """What the model looks at: its own metric, or the declared one."""
    return _METRIC_OF.get(scoring.model, scoring.metric)


def value_of(scoring: Scoring) -> Value:
    """The function from a fact to its value; None when the fact does not say what the model needs."""
    value = _METRICS[metric_of(scoring)]
    if not scoring.game_weights:
        return value
    weights = dict(scoring.game_weights)

    def weighted(fact: Fact) -> int | None:
        plain = value(fact)
        weight = weights.get(fact.game or "", POINT_SCALE)
        return None if plain is None else plain * weight // POINT_SCALE

    return weighted


def range_of(scoring: Scoring) -> Callable[[Fact], bool] | None:
    """Whether a fact may score at all; None when nothing is declared and no value can be too large."""
    least, most = scoring.min_bet or 0, VALUE_MAX if scoring.max_bet is None else scoring.max_bet
    unbounded = scoring.min_bet is None and scoring.max_bet is None
    large = metric_of(scoring) == "multiplier_times_bet" or bool(scoring.game_weights)
    if unbounded and not large:
        return None
    value = value_of(scoring)

    def may_score(fact: Fact) -> bool:
        if not unbounded and not (fact.bet is not None and least <= fact.bet <= most):
            return False
        return not large or abs(value(fact) or 0) <= VALUE_MAX

    return may_score
