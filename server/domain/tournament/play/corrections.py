"""Changing a score by hand: new events with a reason, never edits of what is stored."""

from collections.abc import Iterable
from typing import assert_never

from server.domain.refusal import Code, Detail, Refusal
from server.domain.scoring.bounds import ADJUSTED_MAX
from server.domain.scoring.fact import Scored
from server.domain.scoring.tally import Tally, copied, fresh
from server.domain.tournament import commands, events
from server.domain.tournament.lifecycle import ResultsStatus, Status
from server.domain.tournament.play.facts import attempt_at, digest_of
from server.domain.tournament.state import Entry, Tournament


def correct(state: Tournament, command: commands.Correct, now_ms: int) -> list[events.Event]:
    """One correction. After results are final it becomes a review item, never a silent change."""
    if state.status not in (Status.IN_PROGRESS, Status.COMPLETED):
        detail: Detail = {"status": state.status.value}
        raise Refusal(Code.INVALID_STATUS, "There are no scores to correct", detail)
    entry = _entry_of(state, command)
    if entry.removed:
        raise Refusal(Code.PLAYER_REMOVED, "The player is off the board", {"player_id": entry.player_id})
    if command.action == "adjust" and abs(entry.adjusted + command.points) > ADJUSTED_MAX:
        fields = {"points": "All corrections and add-ons of a player are too much together"}
        raise Refusal(Code.VALIDATION_FAILED, "The correction is too large", {"fields": fields})
    attempts = replayed(state, entry, _without(command)) if command.action == "void" else ()
    if state.results_status is ResultsStatus.FINAL:
        return [_asked(entry, command, attempts)]
    match command.action:
        case "adjust":
            return [_corrected(entry, command, entry.points + command.points)]
        case "reset":
            return [_corrected(entry, command, 0)]
        case "void":
            best = max if state.rules.scoring.direction == "highest" else min
            shown = best(tally.points for tally in attempts) + entry.adjusted
            return [_corrected(entry, command, shown, attempts)]
    assert_never(command.action)


def _asked(entry: Entry, command: commands.Correct, attempts: tuple[Tally, ...]) -> events.ReviewRequested:
    points = command.points if command.action == "adjust" else 0
    return events.ReviewRequested(
        command.action, entry.player_no, command.reason, command.event_id, points, command.by, attempts
    )


def alter(
    entry: Entry, action: str, at_ms: int, seq: int, *, delta: int = 0, attempts: tuple[Tally, ...] = ()
) -> None:
    """What a correction does to an entry; its place on the board is not moved yet."""
    match action:
        case "adjust":
            if delta:
                entry.adjusted += delta
                entry.adjusted_ms, entry.adjusted_seq = at_ms, seq
        case "reset":
            entry.tally, entry.former = fresh(at_ms, seq), ()
            entry.adjusted = entry.adjusted_ms = entry.adjusted_seq = 0
            entry.reset_seq = seq
        case "void":
            entry.tally, *former = [copied(tally) for tally in attempts]
            entry.former = tuple(former)
        case _:
            raise AssertionError(f"no such correction: {action}")


def _entry_of(state: Tournament, command: commands.Correct) -> Entry:
    """The player, named or found through the fact. A fact is voided once."""
    if command.action == "void":
        found = command.history
        known = command.event_id is not None and digest_of(command.event_id) not in state.voided
        if not found or not known:
            detail: Detail = {"event_id": command.event_id}
            raise Refusal(Code.FACT_NOT_FOUND, "No fact with this id counts in this tournament", detail)
    assert command.player is not None, "the door asks for a player"
    return state.entry_named(command.player)


def _without(command: commands.Correct) -> Iterable[Scored]:
    return (one for one in command.history or () if one.fact.event_id != command.event_id)


def _corrected(
    entry: Entry, command: commands.Correct, points: int, attempts: tuple[Tally, ...] = ()
) -> events.ScoreCorrected:
    return events.ScoreCorrected(
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
    for attempt in (tally, *former):
        state.scorer.settle(attempt)
    return (tally, *former)
