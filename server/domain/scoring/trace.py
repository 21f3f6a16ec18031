"""Why a score is what it is: every fact of one attempt with the points that it gave. They add up."""

from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple, assert_never

from server.domain.money import POINT_SCALE, split
from server.domain.scoring.fact import Fact
from server.domain.scoring.scorer import Scorer, moment_of


class Scored(NamedTuple):
    """A fact that counts, worth `value`, which came at `at_ms` as journal position `seq`."""

    fact: Fact
    value: int
    at_ms: int
    seq: int

    @property
    def moment(self) -> tuple[int, int]:
        """When it happened, as the tallies see it."""
        return moment_of(self.fact, self.at_ms, self.seq)


def shares_of(scorer: Scorer, facts: Sequence[Scored], bell_ms: int | None = None) -> list[int]:
    """The points that each fact gave to the score of one attempt, in the order of `facts`.

    A race with `bell_ms` forgets what came from then on.
    """
    scoring = scorer.scoring
    match scoring.model:
        case "points_based" | "total_win" | "net_win" | "wager_sum" | "round_count" | "multiplier_times_bet":
            return [one.value for one in facts]
        case "highest_win" | "highest_multiplier":
            return _chosen(facts, sorted(_indices(facts), key=lambda i: _first_best(facts[i]))[:1])
        case "win_to_stake":
            return _ratio(facts)
        case "best_n":
            sign = 1 if scoring.direction == "highest" else -1
            best = sorted(_indices(facts), key=lambda i: _first_best(facts[i], sign))
            return _chosen(facts, best[: scoring.n])
        case "first_n":
            return _chosen(facts, sorted(_indices(facts), key=lambda i: _by_time(facts[i], -1))[: scoring.n])
        case "last_n":
            in_time = sorted(_indices(facts), key=lambda i: _by_time(facts[i]))
            return _chosen(facts, in_time[-(scoring.n or 0) :])
        case "streak":
            return _longest(facts)
        case "race_to_target":
            return _until(facts, scoring.target or 0, bell_ms)
        case _:
            assert_never(scoring.model)


def _indices(facts: Sequence[Scored]) -> range:
    return range(len(facts))


def _first_best(one: Scored, sign: int = 1) -> tuple[int, int, int]:
    return (-sign * one.value, *one.moment)


def _by_time(one: Scored, sign: int = 1) -> tuple[int, int, int]:
    return (*one.moment, sign * one.value)


def _chosen(facts: Sequence[Scored], indices: Sequence[int]) -> list[int]:
    chosen = set(indices)
    return [one.value if index in chosen else 0 for index, one in enumerate(facts)]


def _ratio(facts: Sequence[Scored]) -> list[int]:
    """The ratio shared by wins: each fact's part of the sum of wins over all bets."""
    won, wagered = sum(one.value for one in facts), sum(one.fact.bet or 0 for one in facts)
    if wagered <= 0 or any(one.value < 0 for one in facts) or not won:
        last = won * POINT_SCALE // wagered if wagered else 0
        return [0] * (len(facts) - 1) + [last] if facts else []
    return split(won * POINT_SCALE // wagered, [one.value for one in facts])


def _longest(facts: Sequence[Scored]) -> list[int]:
    """One point for every win of the longest run, the earliest of equal ones."""
    in_time = sorted(_indices(facts), key=lambda i: (*facts[i].moment, facts[i].value > 0))
    runs = [list(run) for won, run in groupby(in_time, key=lambda i: facts[i].value > 0) if won]
    longest = max(runs, key=len) if runs else []
    return [POINT_SCALE if index in longest else 0 for index in _indices(facts)]


def _until(facts: Sequence[Scored], target: int, bell_ms: int | None) -> list[int]:
    """Values in order of time; the one that crosses the target gives only what was missing."""
    shares, total = [0] * len(facts), 0
    for index in sorted(_indices(facts), key=lambda i: _by_time(facts[i], -1)):
        one = facts[index]
        if total >= target or (bell_ms is not None and one.moment[0] >= bell_ms):
            break
        shares[index] = min(one.value, target - total)
        total += shares[index]
    return shares
