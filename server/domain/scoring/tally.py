"""The running score of one player, and one function a model that takes the next fact into it.

Every function gives the same tally for the same facts in any order: time is the game's (`ms`), and where
the game gives none it is ours with the journal position (`seq`, else 0). Facts of one player at one instant
are ordered by their values; ids never decide.
"""

from bisect import bisect_right, insort
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import assert_never

from server.domain.money import POINT_SCALE
from server.domain.scoring.models import SUM_MAX, Scoring

Add = Callable[["Tally", int, int, int], None]


@dataclass(slots=True)
class Tally:
    """`points` (scaled) were reached at (`reached_ms`, `reached_seq`). `rounds` counts facts; `wagered`,
    `won`, `top_win` and `top_multiplier` are kept when the scoring asks for them. `held` is what the model
    must remember of single facts, `run` the length of a streak that goes on. The attempt began at
    (`start_ms`, `start_seq`). `unsettled` within a block of facts: what is held must be gone through again
    (`settler_of`), once a block and not once a fact."""

    start_ms: int = 0
    start_seq: int = 0
    reached_ms: int = 0
    reached_seq: int = 0
    points: int = 0
    rounds: int = 0
    wagered: int = 0
    won: int = 0
    top_win: int = 0
    top_multiplier: int = 0
    run: int = 0
    held: list[tuple[int, int, int]] = field(default_factory=list)
    unsettled: bool = False


def fresh(at_ms: int, seq: int) -> Tally:
    """The tally of somebody who has not played since (`at_ms`, `seq`). Nothing was reached yet, so any fact
    is later, whatever its clock says; among those who have not played the earlier one comes first."""
    return Tally(at_ms, seq, 0, seq)


def copied(tally: Tally) -> Tally:
    """The same, apart: stored events share nothing with the state."""
    values = {name: getattr(tally, name) for name in Tally.__dataclass_fields__}
    return Tally(**values | {"held": list(tally.held)})


def settler_of(scoring: Scoring) -> Callable[[Tally], None] | None:
    """What brings the score of an unsettled tally up to date; None for models that never leave one."""
    if scoring.model == "streak":
        return _streak_again
    if scoring.is_race:
        return lambda tally: retally(tally, scoring.target or 0)
    return None


def add_of(scoring: Scoring) -> Add:
    """The function of a model."""
    n, target = scoring.n or 0, scoring.target or 0
    match scoring.model:
        case "points_based" | "total_win" | "net_win" | "wager_sum" | "round_count" | "multiplier_times_bet":
            return _sum
        case "highest_win" | "highest_multiplier":
            return _highest
        case "win_to_stake":
            return _ratio
        case "best_n":
            return _best_of(n, 1 if scoring.direction == "highest" else -1)
        case "first_n":
            return _first_of(n)
        case "last_n":
            return _last_of(n)
        case "streak":
            return _streak
        case "race_to_target":
            return _race_to(target)
        case _:
            assert_never(scoring.model)


def _reach(tally: Tally, ms: int, seq: int) -> None:
    """The score changed at this moment, or at a later one that is known already."""
    if ms > tally.reached_ms or (ms == tally.reached_ms and seq > tally.reached_seq):
        tally.reached_ms, tally.reached_seq = ms, seq


def _sum(tally: Tally, value: int, ms: int, seq: int) -> None:
    """Sum of values. A value of nothing keeps the moment at which the score was reached."""
    if value:
        tally.points += value
        if ms > tally.reached_ms or (ms == tally.reached_ms and seq > tally.reached_seq):
            tally.reached_ms, tally.reached_seq = ms, seq


def _highest(tally: Tally, value: int, ms: int, seq: int) -> None:
    """The greatest value, reached by the earliest fact that had it."""
    if value > tally.points:
        tally.points, tally.reached_ms, tally.reached_seq = value, ms, seq
    elif value == tally.points and value and (ms, seq) < (tally.reached_ms, tally.reached_seq):
        tally.reached_ms, tally.reached_seq = ms, seq


def _ratio(tally: Tally, value: int, ms: int, seq: int) -> None:
    """Sum of wins over sum of bets, rounded down to four places; the scorer has added the bet already. A ratio
    beyond every score is the greatest score."""
    tally.won += value
    ratio = tally.won * POINT_SCALE // tally.wagered if tally.wagered else 0
    tally.points = min(max(ratio, -SUM_MAX), SUM_MAX)
    _reach(tally, ms, seq)


def _best_of(n: int, sign: int) -> Add:
    """Sum of the n best values; of equal ones the earliest count. `held` is (-value * sign, ms, seq)."""

    def add(tally: Tally, value: int, ms: int, seq: int) -> None:
        held, item = tally.held, (-sign * value, ms, seq)
        gone = None
        if len(held) == n:
            if item >= held[-1]:
                return
            gone = held.pop()
            tally.points += sign * gone[0]
        insort(held, item)
        tally.points += value
        if gone is not None and (gone[1], gone[2]) == (tally.reached_ms, tally.reached_seq):
            _reach_again(tally, [(at, position) for worth, at, position in held if worth])
        elif value:
            _reach(tally, ms, seq)

    return add


def _first_of(n: int) -> Add:
    """Sum of the first n values. `held` is (ms, seq, -value)."""

    def add(tally: Tally, value: int, ms: int, seq: int) -> None:
        held, item = tally.held, (ms, seq, -value)
        full = len(held) == n
        if full:
            if item >= held[-1]:
                return
            tally.points += held.pop()[2]
        insort(held, item)
        tally.points += value
        if full:
            _reach_again(tally, [(at, position) for at, position, worth in held if worth])
        elif value:
            _reach(tally, ms, seq)

    return add


def _reach_again(tally: Tally, moments: list[tuple[int, int]]) -> None:
    """The score is made of facts of these moments alone."""
    tally.reached_ms, tally.reached_seq = 0, tally.start_seq
    if moments:
        _reach(tally, *max(moments))


def _last_of(n: int) -> Add:
    """Sum of the last n values; the newest fact decides the moment. `held` is (ms, seq, value)."""

    def add(tally: Tally, value: int, ms: int, seq: int) -> None:
        held = tally.held
        insort(held, (ms, seq, value))
        tally.points += value
        if len(held) > n:
            tally.points -= held.pop(0)[2]
        tally.reached_ms, tally.reached_seq, _ = held[-1]

    return add


def _streak(tally: Tally, value: int, ms: int, seq: int) -> None:
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


def _streak_again(tally: Tally) -> None:
    tally.points = tally.run = 0
    tally.reached_ms, tally.reached_seq = 0, tally.start_seq
    for one in tally.held:
        _run_on(tally, one)


def _run_on(tally: Tally, item: tuple[int, int, int]) -> None:
    tally.run = tally.run + 1 if item[2] else 0
    if tally.run * POINT_SCALE > tally.points:
        tally.points, tally.reached_ms, tally.reached_seq = tally.run * POINT_SCALE, item[0], item[1]


def _race_to(target: int) -> Add:
    """Sum of values until it reaches the target, where it stays. `held` is (ms, seq, -value) in order of
    time; `run` counts those up to the crossing, 0 before it."""

    def add(tally: Tally, value: int, ms: int, seq: int) -> None:
        held, item = tally.held, (ms, seq, -value)
        at = bisect_right(held, item)
        held.insert(at, item)
        if tally.unsettled or (tally.run and at >= tally.run):
            return
        if at == len(held) - 1 and not tally.run:
            _step(tally, item, at, target)
        else:
            tally.unsettled = True

    return add


def retally(tally: Tally, target: int) -> None:
    """The score of a race again, from what is held."""
    tally.points = tally.run = 0
    tally.reached_ms, tally.reached_seq = 0, tally.start_seq
    for at, item in enumerate(tally.held):
        if tally.run:
            return
        _step(tally, item, at, target)


def _step(tally: Tally, item: tuple[int, int, int], at: int, target: int) -> None:
    ms, seq, worth = item
    if worth:
        tally.points -= worth
        tally.reached_ms, tally.reached_seq = ms, seq
    if tally.points >= target:
        tally.points, tally.run = target, at + 1


def truncate(tally: Tally, target: int, bell_ms: int) -> None:
    """Forget what a race saw behind its bell."""
    if tally.held and tally.held[-1][0] > bell_ms:
        del tally.held[bisect_right(tally.held, bell_ms, key=lambda item: item[0]) :]
        tally.rounds = len(tally.held)
        retally(tally, target)
