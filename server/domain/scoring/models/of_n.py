"""The score is a sum over n facts: the best, the first or the last ones."""

from bisect import insort
from collections.abc import Callable, Sequence

from server.domain.scoring.bounds import N_MAX
from server.domain.scoring.explain import by_time, chosen, earliest_best
from server.domain.scoring.fact import Scored
from server.domain.scoring.spec import Add, ModelSpec, Parameters, Shares
from server.domain.scoring.tally import Tally, reach, reach_again


def _n(declared: Parameters) -> int:
    return declared.n or 0


def _sign(declared: Parameters) -> int:
    return 1 if declared.direction == "highest" else -1


def _best(declared: Parameters) -> Add:
    """Sum of the n best values; of equal ones the earliest count. `held` is (-value * sign, ms, seq)."""
    n, sign = _n(declared), _sign(declared)

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
            reach_again(tally, [(at, position) for worth, at, position in held if worth])
        elif value:
            reach(tally, ms, seq)

    return add


def _first(declared: Parameters) -> Add:
    """Sum of the first n values. `held` is (ms, seq, -value)."""
    n = _n(declared)

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
            reach_again(tally, [(at, position) for at, position, worth in held if worth])
        elif value:
            reach(tally, ms, seq)

    return add


def _last(declared: Parameters) -> Add:
    """Sum of the last n values; the newest fact decides the moment. `held` is (ms, seq, value)."""
    n = _n(declared)

    def add(tally: Tally, value: int, ms: int, seq: int) -> None:
        held = tally.held
        insort(held, (ms, seq, value))
        tally.points += value
        if len(held) > n:
            tally.points -= held.pop(0)[2]
        tally.reached_ms, tally.reached_seq, _ = held[-1]

    return add


def _best_shares(declared: Parameters) -> Shares:
    n, sign = _n(declared), _sign(declared)
    return lambda facts, cutoff_ms: chosen(
        facts, sorted(range(len(facts)), key=lambda i: earliest_best(facts[i], sign))[:n]
    )


def _first_shares(declared: Parameters) -> Shares:
    n = _n(declared)
    return lambda facts, cutoff_ms: chosen(facts, _in_time(facts, -1)[:n])


def _last_shares(declared: Parameters) -> Shares:
    n = _n(declared)
    return lambda facts, cutoff_ms: chosen(facts, _in_time(facts, 1)[-n:])


def _in_time(facts: Sequence[Scored], sign: int) -> list[int]:
    return sorted(range(len(facts)), key=lambda i: by_time(facts[i], sign))


def _faults_of(model: str) -> Callable[[Parameters], dict[str, str]]:
    def faults(declared: Parameters) -> dict[str, str]:
        return {} if 1 <= _n(declared) <= N_MAX else {"n": f"{model} needs n from 1 to {N_MAX}"}

    return faults


def _of_n(which: str, add: Callable[[Parameters], Add], shares: Callable[[Parameters], Shares]) -> ModelSpec:
    model = f"{which}_n"
    return ModelSpec(
        model,
        1,
        f"The score is the sum of the {which} {{n}} game rounds, by {{metric}}.",
        None,
        add,
        shares,
        ("n", "metric"),
        faults=_faults_of(model),
    )


SPECS = (
    _of_n("best", _best, _best_shares),
    _of_n("first", _first, _first_shares),
    _of_n("last", _last, _last_shares),
)
