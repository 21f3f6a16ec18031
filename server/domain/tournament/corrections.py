"""Changing a score by hand: new events with a reason, never edits of what is stored."""

from collections.abc import Iterable

from server.domain.refusal import Code, Refusal
from server.domain.scoring.tally import Tally, fresh
from server.domain.scoring.trace import Scored
from server.domain.tournament import commands as ask
from server.domain.tournament import events as fact
from server.domain.tournament.facts import attempt_at, digest_of
from server.domain.tournament.lifecycle import ResultsStatus, Status
from server.domain.tournament.state import Entry, Tournament


def correct(state: Tournament, command: ask.Correct, now_ms: int) -> list[fact.Event]:
    """One correction. After results are final it becomes a review item, never a silent change."""
    if state.status not in (Status.IN_PROGRESS, Status.COMPLETED):
        detail = {"status": state.status.value}
        raise Refusal(Code.INVALID_STATUS, "There are no scores to correct", detail)
    entry = _entry_of(state, command)
    if state.results_status is ResultsStatus.FINAL:
        points = command.points if command.action == "adjust" else 0
        return [
            fact.ReviewRequested(command.action, entry.player_no, command.reason, command.event_id, points)
        ]
    if entry.removed:
        raise Refusal(Code.PLAYER_REMOVED, "The player is off the board", {"player_id": entry.player_id})
    match command.action:
        case "adjust":
            return [_corrected(entry, command, entry.points + command.points)]
        case "reset":
            return [_corrected(entry, command, 0)]
    attempts = replayed(state, entry, _without(command))
    best = max if state.rules.scoring.direction == "highest" else min
    shown = best(tally.points for tally in attempts) + entry.adjusted
    return [_corrected(entry, command, shown, attempts)]


def _entry_of(state: Tournament, command: ask.Correct) -> Entry:
    """The player, named or found through the fact. A fact is voided once."""
    if command.action == "void":
        found = command.history
        known = command.event_id is not None and digest_of(command.event_id) not in state.voided
        if not found or not known:
            detail = {"event_id": command.event_id}
            raise Refusal(Code.FACT_NOT_FOUND, "No fact with this id counts in this tournament", detail)
    assert command.player is not None, "the door asks for a player"
    return state.entry_named(command.player)


def _without(command: ask.Correct) -> Iterable[Scored]:
    return (one for one in command.history or () if one.fact.event_id != command.event_id)


def _corrected(
    entry: Entry, command: ask.Correct, points: int, attempts: tuple[Tally, ...] = ()
) -> fact.ScoreCorrected:
    return fact.ScoreCorrected(
        action=command.action,
        player_no=entry.player_no,
        reason=command.reason,
        points_before=entry.points,
        points_after=points,
        event_id=command.event_id,
        delta=command.points if command.action == "adjust" else 0,
        attempts=attempts,
    )


def replayed(state: Tournament, entry: Entry, facts: Iterable[Scored]) -> tuple[Tally, ...]:
    """The player's attempts, current one first, as these facts alone would have made them."""
    tally, *former = [fresh(one.start_ms, one.start_seq) for one in (entry.tally, *entry.former)]
    again = Entry(0, "", entry.player_id, "", 0, 0, tally, tuple(former))
    race_over_ms = state.bell_ms if state.scorer.scoring.is_race else None
    for one in facts:
        if race_over_ms is not None and one.moment[0] >= race_over_ms:
            continue
        attempt = attempt_at(again, one.fact, one.at_ms, one.seq) if former else tally
        state.scorer.fold(attempt, one.fact, one.value, one.at_ms, one.seq)
    return (tally, *former)
