"""Why a player's score is what it is: every fact and correction with the points that it gave.

The points of all lines add up to the score on the board.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from server.domain.scoring.fact import Counted, Fact, Outcome, Scored
from server.domain.scoring.tally import Tally
from server.domain.tournament import events
from server.domain.tournament.play.cutoff import outcome_of, window_of
from server.domain.tournament.play.facts import attempt_at, digest_of, standing_of
from server.domain.tournament.state import Entry, Tournament


@dataclass(frozen=True, slots=True)
class TraceLine:
    """One line: `kind` is fact, add_on, adjust or reset. `value` is what a fact is worth, `points` what it
    gave to the score (both scaled). `why` says what became of it: counted, not_counted (the model took
    others), after_bell, out_of_range, voided, reset, other_attempt; for corrections their reason."""

    seq: int
    at_ms: int
    kind: str
    why: str
    points: int = 0
    value: int = 0
    fact: Fact | None = None


def fact_lines(state: Tournament, player_no: int, block: Iterable[Counted]) -> list[TraceLine]:
    """Lines of one player's facts in a block, `state` as it stood before it; points are not shared yet."""
    lines, scorer, window = [], state.scorer, window_of(state)
    for seq, (owner, one, at_ms) in enumerate(block, start=state.seq + 1):
        if owner == player_no:
            outcome = outcome_of(scorer, window, one, at_ms)
            why = "counted" if outcome is Outcome.ACCEPTED else outcome.name.lower()
            lines.append(TraceLine(seq, at_ms, "fact", why, value=scorer.value(one) or 0, fact=one))
    return lines


def event_line(event: events.Event, state: Tournament, player_no: int, at_ms: int) -> TraceLine | None:
    """The line of an event that changed this player's score by hand, `state` as it stands after it."""
    seq = state.seq
    match event:
        case events.ReviewDecided(decision="uphold"):
            review = state.reviews[event.number - 1]
            if review.player_no != player_no or review.action not in ("adjust", "reset"):
                return None
            return TraceLine(seq, at_ms, review.action, event.reason, review.delta)
        case events.AddOnBought() if event.player_no == player_no:
            return TraceLine(seq, at_ms, "add_on", "add_on", event.points)
        case events.ScoreCorrected(action="adjust") if event.player_no == player_no:
            return TraceLine(seq, at_ms, "adjust", event.reason, event.delta)
        case events.ScoreCorrected(action="reset") if event.player_no == player_no:
            return TraceLine(seq, at_ms, "reset", event.reason)
    return None


def scored(state: Tournament, entry: Entry, lines: Iterable[TraceLine]) -> list[Scored]:
    """The facts that count for the player now: neither voided nor before a reset."""
    return [
        Scored(line.fact, line.value, line.at_ms, line.seq)
        for line in lines
        if line.fact is not None and _standing(state, entry, line) == "counted"
    ]


def _standing(state: Tournament, entry: Entry, line: TraceLine) -> str:
    if line.why == "counted" and line.fact is not None:
        if digest_of(line.fact.event_id) in state.voided:
            return "voided"
        if line.seq <= entry.reset_seq:
            return "reset"
    return line.why


def traced(state: Tournament, entry: Entry, lines: Sequence[TraceLine]) -> list[TraceLine]:
    """The lines with their points: facts share what their attempt gives, corrections give their own."""
    lines = [replace(line, why=_standing(state, entry, line)) for line in lines]
    best, _ = standing_of(state, entry)
    shared: dict[int, TraceLine] = {}
    for attempt in (entry.tally, *entry.former):
        counted = [line for line in lines if line.why == "counted" and _attempt(entry, line) is attempt]
        for line in _shared(state, counted) if attempt is best else _of_another(counted):
            shared[line.seq] = line
    return [shared.get(line.seq) or _by_hand(entry, line) for line in lines]


def _attempt(entry: Entry, line: TraceLine) -> Tally:
    assert line.fact is not None, "only facts belong to attempts"
    return attempt_at(entry, line.fact, line.at_ms, line.seq) if entry.former else entry.tally


def _shared(state: Tournament, lines: list[TraceLine]) -> list[TraceLine]:
    facts = [Scored(line.fact, line.value, line.at_ms, line.seq) for line in lines if line.fact is not None]
    bell_ms = state.bell_ms if state.scorer.scoring.is_race else None
    shares = state.scorer.shares(facts, bell_ms)
    return [
        replace(line, points=share, why="counted" if share or not line.value else "not_counted")
        for line, share in zip(lines, shares, strict=True)
    ]


def _of_another(lines: list[TraceLine]) -> list[TraceLine]:
    return [replace(line, why="other_attempt") for line in lines]


def _by_hand(entry: Entry, line: TraceLine) -> TraceLine:
    """Add-ons and adjustments before a reset are gone with it."""
    return replace(line, points=0) if line.seq <= entry.reset_seq else line
