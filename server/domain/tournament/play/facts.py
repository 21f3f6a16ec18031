"""The hot path: facts that games report, judged and counted in blocks.

A block of facts takes one journal position per recorded fact. Judging reads, counting changes, and both
are loops over plain tuples, because this runs tens of thousands of times a second.
"""

from collections.abc import Sequence
from hashlib import blake2b
from typing import Final, NamedTuple

from server.domain.scoring.bounds import SUM_MAX
from server.domain.scoring.fact import ELIMINATION, Counted, Fact, Outcome
from server.domain.scoring.tally import Tally
from server.domain.tournament.lifecycle import Status
from server.domain.tournament.play.cutoff import outcome_of, window_of
from server.domain.tournament.state import Entry, Tournament

DIGEST_BYTES: Final = 15
# A game's clock and ours may differ by so much before a fact counts as from before the start, or as from the
# future.
EARLY_MS: Final = 1_000
AHEAD_MS: Final = 60_000


class Judged(NamedTuple):
    """`outcomes` has one answer per fact in order; `counted` those to be journalled, with their digests."""

    outcomes: list[Outcome]
    counted: list[Counted]
    digests: list[bytes]


class _Times(NamedTuple):
    """From when to when facts may say that they happened; from `surely_ms` on for every player."""

    began_ms: int
    surely_ms: int
    latest_ms: int


_ANY_TIME: Final = _Times(-(1 << 62), -(1 << 62), 1 << 62)


def digest_of(event_id: str) -> bytes:
    """120 bits of BLAKE2b: duplicates are found for the tournament's whole life without keeping ids.

    Two different ids among a billion collide with a chance below 1e-18, by accident or on purpose. One byte
    less than 16 saves 16 bytes of memory a fact.
    """
    return blake2b(event_id.encode(), digest_size=DIGEST_BYTES).digest()


def judge(state: Tournament, facts: Sequence[Fact], now_ms: int, *, any_time: bool = False) -> Judged:
    """Say of each fact what becomes of it, in order. A repeated event id is a duplicate for ever, also
    after the bell; one that was only recorded is told what it was told first.

    What no score could hold, and what is from before its player could play or from the future, is refused and
    not recorded; with `any_time` times are left aside. What `_unfit` asks is asked here first,
    because a call costs 5 %.
    """
    times = _ANY_TIME if any_time else _times_of(state, now_ms)
    _, surely_ms, latest_ms = times
    outcomes: list[Outcome] = []
    counted: list[Counted] = []
    fresh: dict[bytes, Outcome] = {}
    seen, noted, no_of, entries, full = state.seen, state.noted, state.no_of, state.entries, state.full
    closed, scorer, window = _closed_outcome(state), state.scorer, window_of(state)
    value_of, taken = scorer.value, counted.append
    for fact in facts:
        digest = blake2b(fact.event_id.encode(), digest_size=DIGEST_BYTES).digest()
        if digest in seen:
            outcome = Outcome.DUPLICATE
        elif digest in noted:
            outcome = noted[digest]
        elif digest in fresh:
            outcome = Outcome.DUPLICATE if fresh[digest] is Outcome.ACCEPTED else fresh[digest]
        elif closed is not None:
            outcome = closed
        else:
            name = fact.player
            player_no = no_of[name] if name in no_of else state.player_no_of(name)
            if player_no is None:
                outcome = Outcome.UNKNOWN_PLAYER
            elif (
                (entry := entries[player_no]).removed
                or entry.eliminated_round is not None
                or fact.kind == ELIMINATION
                or value_of(fact) is None
                or player_no in full
                or not ((ms := fact.opened_at_ms) is None or surely_ms <= ms <= latest_ms)
                or not ((ms := fact.occurred_at_ms) is None or surely_ms <= ms <= latest_ms)
            ) and (unfit := _unfit(state, entry, fact, times)) is not None:
                outcome = unfit
            else:
                fresh[digest] = outcome = outcome_of(scorer, window, fact, now_ms)
                taken(Counted(player_no, fact, now_ms))
        outcomes.append(outcome)
    return Judged(outcomes, counted, list(fresh))


def _times_of(state: Tournament, now_ms: int) -> _Times:
    """A planned start counts even when we recorded it late: the game could not know."""
    began_ms, rules = state.started_at_ms, state.rules
    if began_ms is None:
        return _ANY_TIME
    if rules.format == "scheduled" and rules.on_min_players_missed != "wait":
        began_ms = min(began_ms, rules.start_at_ms)
    return _Times(began_ms, max(began_ms, state.last_registered_ms) - EARLY_MS, now_ms + AHEAD_MS)


def _unfit(state: Tournament, entry: Entry, fact: Fact, times: _Times) -> Outcome | None:
    """Why a fact cannot be taken at all. What is recorded is never judged by this again."""
    if (gone := _gone(entry)) is not None:
        return gone
    if fact.kind == ELIMINATION:
        return Outcome.NOT_ALLOWED  # where it is, it never comes this way
    if state.scorer.value(fact) is None:
        return Outcome.MISSING_VALUE
    if entry.player_no in state.full:
        return Outcome.OUT_OF_RANGE
    earliest_ms = max(times.began_ms, entry.registered_at_ms) - EARLY_MS
    for at_ms in (fact.opened_at_ms, fact.occurred_at_ms):
        if at_ms is not None and at_ms < earliest_ms:
            return Outcome.NOT_STARTED
        if at_ms is not None and at_ms > times.latest_ms:
            return Outcome.OUT_OF_RANGE
    return None


def outcome_before(state: Tournament, fact: Fact, digest: bytes) -> Outcome | None:
    """Why a single fact changes nothing: known, not in play, not a player, gone. None when it may."""
    if digest in state.seen:
        return Outcome.DUPLICATE
    if (known := state.noted.get(digest)) is not None:
        return known
    if (closed := _closed_outcome(state)) is not None:
        return closed
    player_no = state.player_no_of(fact.player)
    return Outcome.UNKNOWN_PLAYER if player_no is None else _gone(state.entries[player_no])


def _closed_outcome(state: Tournament) -> Outcome | None:
    """The answer to every new fact before and after play; a room takes none from outside."""
    if state.rules.room is not None:
        return Outcome.NOT_ALLOWED
    match state.status:
        case Status.CANCELLED:
            return Outcome.CANCELLED
        case Status.IN_PROGRESS | Status.COMPLETED:
            return None
    return Outcome.NOT_STARTED


def _gone(entry: Entry) -> Outcome | None:
    """Why a player's facts are not even recorded."""
    if entry.removed:
        return Outcome.PLAYER_REMOVED
    return None if entry.eliminated_round is None else Outcome.PLAYER_ELIMINATED


def count(
    state: Tournament,
    block: Sequence[Counted],
    digests: Sequence[bytes] | None = None,
    *,
    remember: bool = True,
) -> None:
    """Apply recorded facts; the only code that scores them. Each takes the next journal position.
    `digests` are those of their ids, where they are known already; without `remember` no caller can send the
    same ids again and they are not kept.

    The board moves once per player and block, which is what makes large blocks cheap.
    """
    if digests is None:
        digests = [digest_of(counted.fact.event_id) for counted in block]
    scorer, entries, seen, seq = state.scorer, state.entries, state.seen, state.seq
    value_of, fold, window = scorer.value, scorer.fold, window_of(state)
    touched: set[int] = set()
    for (player_no, fact, at_ms), digest in zip(block, digests, strict=True):
        seq += 1
        outcome = outcome_of(scorer, window, fact, at_ms)
        if outcome is not Outcome.ACCEPTED:
            if remember:
                state.noted[digest] = outcome
            continue
        if remember:
            seen.add(digest)
        entry = entries[player_no]
        tally = entry.tally if not entry.former else attempt_at(entry, fact, at_ms, seq)
        fold(tally, fact, value_of(fact) or 0, at_ms, seq)
        touched.add(player_no)
    state.facts_counted += seq - state.seq
    state.seq = seq
    for player_no in touched:
        entry = entries[player_no]
        if scorer.settles:
            for attempt in (entry.tally, *entry.former):
                scorer.settle(attempt)
        place(state, entry)
    if scorer.scoring.is_race and state.bell_ms is not None:
        ring_earlier(state)


def attempt_at(entry: Entry, fact: Fact, at_ms: int, seq: int) -> Tally:
    """The attempt that was running when the fact's round was opened, of those there were when it came."""
    opened_ms = next((ms for ms in (fact.opened_at_ms, fact.occurred_at_ms) if ms is not None), at_ms)
    attempts = (entry.tally, *reversed(entry.former))
    fitting = (one for one in attempts if one.start_seq < seq and one.start_ms <= opened_ms)
    return next(fitting, attempts[-1])


def place(state: Tournament, entry: Entry) -> None:
    """Put a player where the score says; who is gone stays off the board."""
    best = entry.tally
    if entry.former or entry.adjusted_seq or entry.eliminated_round is not None:
        best, order = standing_of(state, entry)
        entry.points = best.points + entry.adjusted
    else:
        entry.points = best.points
        order = state.scorer.order(best, best.points, best.reached_ms, best.reached_seq)
    if is_full(entry):
        state.full.add(entry.player_no)
    elif state.full:
        state.full.discard(entry.player_no)
    if not entry.removed:
        state.ranking.place(entry.player_no, entry.points, order)


def is_full(entry: Entry) -> bool:
    """Whether a sum of this player is so large that no fact may be added to it."""
    for tally in (entry.tally, *entry.former) if entry.former else (entry.tally,):
        if not -SUM_MAX <= tally.points <= SUM_MAX or tally.wagered > SUM_MAX or tally.won > SUM_MAX:
            return True
    return False


def take_off(state: Tournament, entry: Entry) -> None:
    """The player is out, and off the board."""
    state.in_play -= entry.is_in_play
    entry.removed = True
    state.ranking.remove(entry.player_no)


def standing_of(state: Tournament, entry: Entry) -> tuple[Tally, int]:
    """The attempt that counts, and the place it gives. Eliminated players stand behind those in play, later
    rounds first."""
    group = 0
    if entry.eliminated_round is not None and state.rules.rounds is not None:
        group = state.rules.rounds.count + 1 - entry.eliminated_round
    best, order = entry.tally, _order(state, entry, entry.tally, group)
    for tally in entry.former:
        other = _order(state, entry, tally, group)
        if other < order:
            best, order = tally, other
    return best, order


def _order(state: Tournament, entry: Entry, tally: Tally, group: int) -> int:
    moment = (tally.reached_ms, tally.reached_seq)
    if entry.adjusted_seq:
        moment = max(moment, (entry.adjusted_ms, entry.adjusted_seq))
    return state.scorer.order(tally, tally.points + entry.adjusted, *moment, group)


def crossing_ms(state: Tournament) -> int | None:
    """The earliest moment at which a player reached the target of a race."""
    target = state.scorer.scoring.target
    if target is None or not len(state.ranking):
        return None
    leader = state.entries[state.ranking.page(0, 1)[0].player_no]
    if leader.points < target:
        return None
    best, _ = standing_of(state, leader)
    return max(best.reached_ms, leader.adjusted_ms)


def ring_earlier(state: Tournament) -> None:
    """In a race that is over, a fact that came late may show an earlier crossing: the bell moves back to it
    and what came behind it is forgotten, so that the order of arrival changes nothing."""
    crossed_ms, truncate = crossing_ms(state), state.scorer.truncate
    assert state.bell_ms is not None and truncate is not None, "the race is over"
    if crossed_ms is not None:
        state.bell_ms = min(state.bell_ms, crossed_ms + 1)
    for entry in state.entries:
        for tally in (entry.tally, *entry.former):
            truncate(tally, state.bell_ms)
        place(state, entry)
