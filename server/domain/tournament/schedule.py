"""What the clock makes due. Pure: the worker, the keeper and the listing row all ask here."""

from typing import Literal

from server.domain.tournament.lifecycle import Status
from server.domain.tournament.state import Tournament

Step = Literal["open", "start", "too_few", "missed", "end_time", "last_player"]


def due_step(state: Tournament, now_ms: int) -> Step | None:
    """The one step that is due now; call again after applying it."""
    if state.status is Status.SCHEDULED:
        return "open" if now_ms >= state.rules.entry_opens_ms(state.created_at_ms) else None
    if state.status is Status.OPEN and now_ms >= state.rules.start_at_ms:
        return _start_step(state, now_ms)
    if state.status is Status.IN_PROGRESS:
        if state.left_in_play and len(state.ranking) <= 1:
            return "last_player"
        return "end_time" if now_ms >= state.rules.planned_end_ms(state.started_at_ms) else None
    return None


def _start_step(state: Tournament, now_ms: int) -> Step | None:
    if state.seated < state.rules.min_players:
        match state.rules.on_min_players_missed:
            case "wait" if now_ms < (state.rules.wait_until_ms or 0):
                return None
            case "start" if state.seated:
                pass
            case _:
                return "too_few"
    # After an outage over the whole planned time nobody has played: prizes for nothing would be wrong.
    return "missed" if now_ms >= state.rules.planned_end_ms(now_ms) else "start"


def next_due_ms(state: Tournament) -> int | None:
    """When the next step by the clock is due; None when only callers can move this tournament."""
    match state.status:
        case Status.SCHEDULED:
            return state.rules.entry_opens_ms(state.created_at_ms)
        case Status.OPEN:
            return _start_due_ms(state)
        case Status.IN_PROGRESS:
            return state.rules.planned_end_ms(state.started_at_ms)
        case _:
            return None


def _start_due_ms(state: Tournament) -> int:
    """The start time; while it waits for players, the end of the waiting. Whoever completes the number in
    between starts it by registering."""
    rules = state.rules
    waits = rules.on_min_players_missed == "wait" and state.seated < rules.min_players
    return rules.wait_until_ms if waits and rules.wait_until_ms is not None else rules.start_at_ms
