"""What models explain a score with, fact by fact: the points given add up to the score."""

from collections.abc import Iterable, Sequence

from server.domain.scoring.fact import Scored


def earliest_best(one: Scored, sign: int = 1) -> tuple[int, int, int]:
    """Sorts the best value first, with a `sign` of -1 the lowest; of equal ones the earliest."""
    return (-sign * one.value, *one.moment)


def by_time(one: Scored, sign: int = 1) -> tuple[int, int, int]:
    """Sorts by time, at one moment by value; with a `sign` of -1 the greater one first."""
    return (*one.moment, sign * one.value)


def chosen(facts: Sequence[Scored], indices: Iterable[int]) -> list[int]:
    """The chosen facts give their values, the others nothing."""
    counts = set(indices)
    return [one.value if index in counts else 0 for index, one in enumerate(facts)]
