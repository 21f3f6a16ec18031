"""What the clock makes due. Pure: the worker, the owner and the listing row all ask here."""

from typing import Literal, assert_never

from server.domain.tournament.lifecycle import ResultsStatus, Status
from server.domain.tournament.play.cutoff import bell_of
from server.domain.tournament.play.facts import crossing_ms
from server.domain.tournament.state import Tournament

Step = Literal[
    "open", "start", "too_few", "missed",
    "round_bell", "round_over", "last_round", "end_time", "last_player", "target", "last_flight",
    "final",
]  # fmt: skip


def due_step(state: Tournament, now_ms: int) -> Step | None:
    """The one step that is due now; call again after applying it."""
    match state.status:
        case Status.SCHEDULED:
            return "open" if now_ms >= state.rules.entry_opens_ms(state.created_at_ms) else None
        case Status.OPEN:
            return _start_step(state, now_ms)
        case Status.IN_PROGRESS:
            return _play_step(state, now_ms)
        case Status.COMPLETED:
            final = next_due_ms(state)
            return "final" if final is not None and now_ms >= final else None
        case Status.CANCELLED:
            return None
    assert_never(state.status)


def _start_step(state: Tournament, now_ms: int) -> Step | None:
    if state.rules.format == "hop_on_off":
        return "start" if state.seated >= state.rules.min_players else None
    if now_ms < state.rules.start_at_ms:
        return None
    if state.seated < state.rules.min_players:
        missed = state.rules.on_min_players_missed
        if missed == "wait" and now_ms < (state.rules.wait_until_ms or 0):
            return None
        if missed != "start" or not state.seated:
            return "too_few"
    # After an outage over the whole planned time no player has played: prizes for nothing would be wrong.
    return "missed" if now_ms >= state.rules.planned_end_ms(now_ms) else "start"


def _play_step(state: Tournament, now_ms: int) -> Step | None:
    if state.room.in_air:
        return None  # whatever is due waits until the flight is settled, which is by the bell
    if state.room.is_done:
        return "last_flight"
    thinned = state.left_in_play or state.in_play < len(state.ranking)
    if thinned and state.in_play <= 1:
        return "last_player"
    if state.scorer.scoring.is_race and crossing_ms(state) is not None:
        return "target"
    rounds = state.rules.rounds
    if rounds is None:
        return "end_time" if now_ms >= bell_of(state) else None
    if state.between_rounds:
        return None  # the game starts the next one
    if state.round_no >= rounds.count:
        return "last_round" if now_ms >= bell_of(state) else None
    if state.round_ended_ms is None:
        return "round_bell" if now_ms >= bell_of(state) else None
    return "round_over" if now_ms >= bell_of(state) + state.rules.grace_ms else None


def next_due_ms(state: Tournament) -> int | None:
    """When the next step by the clock is due; None when only callers can move this tournament."""
    match state.status:
        case Status.SCHEDULED:
            return state.rules.entry_opens_ms(state.created_at_ms)
        case Status.OPEN:
            return _start_due_ms(state)
        case Status.IN_PROGRESS if state.between_rounds:
            return None
        case Status.IN_PROGRESS:
            return bell_of(state) + (0 if state.round_ended_ms is None else state.rules.grace_ms)
        case Status.COMPLETED if state.results_status is ResultsStatus.PROVISIONAL:
            auto = state.rules.payout_approval == "auto"
            return grace_over_ms(state) if auto else None
        case Status.COMPLETED | Status.CANCELLED:
            return None
    assert_never(state.status)


def grace_over_ms(state: Tournament) -> int:
    """When no late fact can count any more; only of a completed tournament."""
    assert state.completed_at_ms is not None, "the grace follows completion"
    return state.completed_at_ms + state.rules.grace_ms


def _start_due_ms(state: Tournament) -> int | None:
    """The start time; while it waits for players, the end of the waiting. The player who
    completes the number in between starts it by registering."""
    rules = state.rules
    if rules.format == "hop_on_off":
        return None
    waits = rules.on_min_players_missed == "wait" and state.seated < rules.min_players
    return rules.wait_until_ms if waits and rules.wait_until_ms is not None else rules.start_at_ms
