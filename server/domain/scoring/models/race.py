"""The first player whose sum reaches a target wins."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from server.domain.scoring.bounds import VALUE_MAX
from server.domain.scoring.explain import by_time
from server.domain.scoring.fact import Scored
from server.domain.scoring.spec import Add, ModelSpec, Parameters, Settle, Shares, Truncate
from server.domain.scoring.tally import Tally
from server.domain.scoring.ties import TIES_DEFAULT


def _target(declared: Parameters) -> int:
    return declared.target or 0


def _add_of(declared: Parameters) -> Add:
    """Sum of values until it reaches the target, where it stays. `held` is (ms, seq, -value) in order of
    time; `run` counts those up to the crossing, 0 before it."""
    target = _target(declared)

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


def _truncate(tally: Tally, target: int, cutoff_ms: int) -> None:
    """Forget what a race saw at its cutoff or later."""
    if tally.held and tally.held[-1][0] >= cutoff_ms:
        del tally.held[bisect_left(tally.held, cutoff_ms, key=lambda item: item[0]) :]
        tally.rounds = len(tally.held)
        retally(tally, target)


def _until(facts: Sequence[Scored], target: int, cutoff_ms: int | None) -> list[int]:
    """Values in order of time; the one that crosses the target gives only what was missing."""
    shares, total = [0] * len(facts), 0
    for index in sorted(range(len(facts)), key=lambda i: by_time(facts[i], -1)):
        one = facts[index]
        if total >= target or (cutoff_ms is not None and one.moment[0] >= cutoff_ms):
            break
        shares[index] = min(one.value, target - total)
        total += shares[index]
    return shares


def _truncate_of(declared: Parameters) -> Truncate:
    target = _target(declared)
    return lambda tally, cutoff_ms: _truncate(tally, target, cutoff_ms)


def _settle_of(declared: Parameters) -> Settle:
    target = _target(declared)
    return lambda tally: retally(tally, target)


def _shares_of(declared: Parameters) -> Shares:
    target = _target(declared)
    return lambda facts, cutoff_ms: _until(facts, target, cutoff_ms)


def _faults(declared: Parameters) -> dict[str, str]:
    """A race is decided by who gets there first, and by nothing else."""
    faults: dict[str, str] = {}
    if not 0 < _target(declared) <= VALUE_MAX:
        faults["target"] = "race_to_target needs a target above 0"
    if declared.direction == "lowest":
        faults["direction"] = "In a race to a target the highest score wins"
    if not declared.qualifies_all:
        faults["qualify"] = "In a race to a target every player qualifies"
    if declared.ties != TIES_DEFAULT:
        faults["ties"] = f"In a race to a target they are {', '.join(TIES_DEFAULT)}"
    return faults


SPECS = (
    ModelSpec(
        "race_to_target",
        1,
        "The first player whose sum of {metric} reaches {target} wins.",
        None,
        _add_of,
        _shares_of,
        ("target", "metric"),
        settle=_settle_of,
        truncate=_truncate_of,
        faults=_faults,
    ),
)
