"""The hot path: facts that games report, judged and counted in blocks.

A block of facts takes one journal position per accepted fact. Judging reads, counting changes, and
both are loops over plain tuples, because this runs tens of thousands of times a second.
"""

from collections.abc import Iterable, Sequence
from enum import IntEnum
from hashlib import blake2b
from typing import NamedTuple

from server.domain.tournament.lifecycle import Status, is_over
from server.domain.tournament.state import Tournament


class Fact(NamedTuple):
    """What a game reports. Decimals are integers scaled by POINT_SCALE, instants UTC milliseconds."""

    event_id: str
    player: str
    kind: str
    points: int | None
    bet: int | None
    win: int | None
    multiplier: int | None
    round_id: str | None
    opened_at_ms: int | None
    occurred_at_ms: int | None


class Counted(NamedTuple):
    """An accepted fact as it is journalled: whose it is, and the fact itself."""

    player_no: int
    fact: Fact


class Outcome(IntEnum):
    """The answer to one fact. Only ACCEPTED changes anything."""

    ACCEPTED = 0
    DUPLICATE = 1
    UNKNOWN_PLAYER = 2
    PLAYER_REMOVED = 3
    NOT_STARTED = 4
    AFTER_BELL = 5
    CANCELLED = 6
    MISSING_POINTS = 7


class Judged(NamedTuple):
    """`outcomes` has one answer per fact in order; `counted` those to be journalled."""

    outcomes: list[Outcome]
    counted: list[Counted]


def digest_of(event_id: str) -> bytes:
    """128 bits of BLAKE2b: duplicates are found for the tournament's whole life without keeping ids.

    Two different ids among a billion collide with a chance below 1e-20, by accident or on purpose.
    """
    return blake2b(event_id.encode(), digest_size=16).digest()


def judge(state: Tournament, facts: Sequence[Fact], now_ms: int) -> Judged:
    """Say of each fact what becomes of it, in order. A repeated event id is a duplicate for ever,
    also after the bell, so that a late retry of a counted fact is told that it counted.
    """
    closed = _closed_outcome(state, now_ms)
    outcomes: list[Outcome] = []
    counted: list[Counted] = []
    seen, no_of, entries = state.seen, state.no_of, state.entries
    fresh: set[bytes] = set()
    for fact in facts:
        digest = digest_of(fact.event_id)
        player_no = no_of.get(fact.player)
        if digest in seen or digest in fresh:
            outcomes.append(Outcome.DUPLICATE)
        elif closed is not None:
            outcomes.append(closed)
        elif player_no is None:
            outcomes.append(Outcome.UNKNOWN_PLAYER)
        elif entries[player_no].removed:
            outcomes.append(Outcome.PLAYER_REMOVED)
        elif fact.points is None:
            outcomes.append(Outcome.MISSING_POINTS)
        else:
            fresh.add(digest)
            counted.append(Counted(player_no, fact))
            outcomes.append(Outcome.ACCEPTED)
    return Judged(outcomes, counted)


def _closed_outcome(state: Tournament, now_ms: int) -> Outcome | None:
    if state.status is Status.CANCELLED:
        return Outcome.CANCELLED
    if is_over(state.status):
        return Outcome.AFTER_BELL
    if state.status is not Status.IN_PROGRESS:
        return Outcome.NOT_STARTED
    return Outcome.AFTER_BELL if now_ms >= state.rules.planned_end_ms(state.started_at_ms) else None


def count(state: Tournament, block: Iterable[Counted]) -> None:
    """Apply accepted facts; the only code that changes scores. Each takes the next journal position.

    `points_based`: a score is the sum of points; a fact of no points keeps the moment it was reached.
    """
    seen, entries, place = state.seen, state.entries, state.ranking.place
    seq = state.seq
    for player_no, fact in block:
        seq += 1
        seen.add(digest_of(fact.event_id))
        if fact.points:
            entry = entries[player_no]
            entry.points += fact.points
            entry.reached_seq = seq
            if not entry.removed:
                place(player_no, entry.points, seq)
    state.facts_counted += seq - state.seq
    state.seq = seq
