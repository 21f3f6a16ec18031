"""What one fact is worth by each metric (scaled by POINT_SCALE); None where the fact does not say it."""

from collections.abc import Callable
from operator import attrgetter
from typing import Final, Literal, get_args

from server.domain.money import POINT_SCALE
from server.domain.scoring.fact import Fact

Metric = Literal["points", "win", "net_win", "bet", "multiplier", "multiplier_times_bet", "round"]
METRIC_NAMES: Final[tuple[str, ...]] = get_args(Metric)

points: Callable[[Fact], int | None] = attrgetter("points")
win: Callable[[Fact], int | None] = attrgetter("win")
bet: Callable[[Fact], int | None] = attrgetter("bet")
multiplier: Callable[[Fact], int | None] = attrgetter("multiplier")


def net_win(fact: Fact) -> int | None:
    """The win less the bet."""
    return None if fact.win is None or fact.bet is None else fact.win - fact.bet


def multiplier_times_bet(fact: Fact) -> int | None:
    """Rounded down to four places."""
    if fact.multiplier is None or fact.bet is None:
        return None
    return fact.multiplier * fact.bet // POINT_SCALE


def one_round(fact: Fact) -> int | None:
    """One for every fact."""
    return POINT_SCALE


def win_with_bet(fact: Fact) -> int | None:
    """The win of a fact that also says its bet: a ratio needs both."""
    return None if fact.bet is None else fact.win


METRICS: Final[dict[Metric, Callable[[Fact], int | None]]] = {
    "points": points,
    "win": win,
    "net_win": net_win,
    "bet": bet,
    "multiplier": multiplier,
    "multiplier_times_bet": multiplier_times_bet,
    "round": one_round,
}
