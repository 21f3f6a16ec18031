"""The score is what was won for each unit that was bet."""

from collections.abc import Sequence
from dataclasses import replace

from server.domain.money import POINT_SCALE, split
from server.domain.scoring import metrics
from server.domain.scoring.bounds import SUM_MAX
from server.domain.scoring.fact import Scored
from server.domain.scoring.spec import without_parameters
from server.domain.scoring.tally import Tally, reach


def add(tally: Tally, value: int, ms: int, seq: int) -> None:
    """Sum of wins over sum of bets, rounded down to four places; the scorer has added the bet already. A ratio
    beyond every score is the greatest score."""
    tally.won += value
    ratio = tally.won * POINT_SCALE // tally.wagered if tally.wagered else 0
    if ratio > SUM_MAX or ratio < -SUM_MAX:
        ratio = SUM_MAX if ratio > 0 else -SUM_MAX
    tally.points = ratio
    reach(tally, ms, seq)


def shares(facts: Sequence[Scored], cutoff_ms: int | None) -> list[int]:
    """The ratio shared by wins: each fact's part of the sum of wins over all bets."""
    won, wagered = sum(one.value for one in facts), sum(one.fact.bet or 0 for one in facts)
    if wagered <= 0 or any(one.value < 0 for one in facts) or not won:
        last = won * POINT_SCALE // wagered if wagered else 0
        return [0] * (len(facts) - 1) + [last] if facts else []
    return split(won * POINT_SCALE // wagered, [one.value for one in facts])


_SPEC = without_parameters(
    "win_to_stake",
    metrics.win_with_bet,
    "The score is all wins divided by all bets, to four places, rounded down.",
    add,
    shares,
)
SPECS = (replace(_SPEC, needs_bets=True),)
