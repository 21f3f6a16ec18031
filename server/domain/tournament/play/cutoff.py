"""Which facts still count: the bell of the running round or of the whole, and the grace behind it."""

from typing import NamedTuple

from server.domain.scoring.fact import Fact, Outcome
from server.domain.scoring.scorer import Scorer
from server.domain.tournament.lifecycle import ResultsStatus, Status
from server.domain.tournament.state import Tournament


class Window(NamedTuple):
    """Rounds opened from `opens_ms` to before `bell_ms` count when their facts come before `closes_ms`."""

    opens_ms: int
    bell_ms: int
    closes_ms: int


_SHUT = Window(0, 0, 0)


def window_of(state: Tournament) -> Window:
    """The window as the state stands. Only events move it, so it holds for a whole block of facts."""
    opens_ms = state.round_started_ms if state.round_no > 1 else 0
    grace_ms = state.rules.grace_ms
    if state.status is Status.IN_PROGRESS:
        bell_ms = bell_of(state)
        return Window(opens_ms, bell_ms, bell_ms + grace_ms)
    open_still = state.status is Status.COMPLETED and state.results_status is ResultsStatus.PROVISIONAL
    if open_still and state.bell_ms is not None and state.completed_at_ms is not None:
        return Window(opens_ms, state.bell_ms, state.completed_at_ms + grace_ms)
    return _SHUT


def bell_of(state: Tournament) -> int:
    """When the running round ends, else when play ends."""
    rounds = state.rules.rounds
    if rounds is not None:
        by_clock_ms = state.round_started_ms + rounds.duration_ms
        return by_clock_ms if state.round_ended_ms is None else min(by_clock_ms, state.round_ended_ms)
    return state.rules.planned_end_ms(state.started_at_ms)


def outcome_of(scorer: Scorer, window: Window, fact: Fact, at_ms: int) -> Outcome:
    """What becomes of a fact of a player in play that came at `at_ms`: it counts, or it is recorded only.

    Where the game does not say when its round was opened, the fact's own time stands for it, else ours. A
    race goes by the fact's time alone, because that is what decides it.
    """
    opened_ms = None if scorer.scoring.is_race else fact.opened_at_ms
    if opened_ms is None:
        opened_ms = fact.occurred_at_ms
        if opened_ms is None:
            opened_ms = at_ms
    if not window.opens_ms <= opened_ms < window.bell_ms or at_ms >= window.closes_ms:
        return Outcome.AFTER_BELL
    if scorer.may_score is not None and not scorer.may_score(fact):
        return Outcome.OUT_OF_RANGE
    return Outcome.ACCEPTED
