"""A scoring made ready to run: which facts count, how a tally takes them, where it stands on the board."""

from collections.abc import Callable

from server.domain.money import POINT_SCALE
from server.domain.scoring.bounds import VALUE_MAX
from server.domain.scoring.declaration import Scoring
from server.domain.scoring.fact import Fact
from server.domain.scoring.metrics import METRICS, multiplier_times_bet
from server.domain.scoring.registry import spec_of
from server.domain.scoring.spec import Value
from server.domain.scoring.tally import Tally

# A place on the board is one integer, smaller is better: from the top whether the player qualifies, the
# elimination group, points, comparators of merit, then the moment. The widths hold any sum of facts.
MOMENT_MS_BITS = 48
MOMENT_SEQ_BITS = 40
MOMENT_BITS = MOMENT_MS_BITS + MOMENT_SEQ_BITS
_POINTS_BITS = 160
_STAT_BITS = 96
_GROUP_BITS = 16

_STATS: dict[str, Callable[[Tally], int]] = {
    "highest_win": lambda tally: -tally.top_win,
    "highest_multiplier": lambda tally: -tally.top_multiplier,
    "most_rounds": lambda tally: -tally.rounds,
    "fewest_rounds": lambda tally: tally.rounds,
    "most_wagered": lambda tally: -tally.wagered,
    "least_wagered": lambda tally: tally.wagered,
}
_PLAIN = ("most_rounds", "fewest_rounds")


class Scorer:
    """The one fold behind live play, replay, dry run, trace and corrections. `shares` explains the score of
    one attempt fact by fact; `truncate` forgets what a race saw from a cutoff on."""

    def __init__(self, scoring: Scoring) -> None:
        spec = spec_of(scoring.model, scoring.version)
        self.scoring = scoring
        self.value = _value_of(scoring, spec.value or METRICS[scoring.metric])
        self.may_score = _range_of(scoring, self.value)
        self._add = spec.add(scoring)
        self._settle = spec.settle and spec.settle(scoring)
        self.settles = self._settle is not None
        self.shares = spec.shares(scoring)
        self.truncate = spec.truncate and spec.truncate(scoring)
        merits = [tie for tie in scoring.ties if tie in _STATS]
        self._merits = [_STATS[tie] for tie in merits]
        self._moment = "first_to_reach" in scoring.ties
        self._sign = -1 if scoring.direction == "highest" else 1
        needs_bets = spec.needs_bets or scoring.qualify.min_wagered > 0
        self._tracks = needs_bets or any(tie not in _PLAIN for tie in merits)
        self._group_shift = _POINTS_BITS + _STAT_BITS * len(merits)
        self._unqualified_shift = self._group_shift + _GROUP_BITS + 2
        self._plain = not merits and self._moment and self._sign < 0 and scoring.qualifies_all

    def fold(self, tally: Tally, fact: Fact, value: int, at_ms: int, seq: int) -> None:
        """Take one fact that counts, worth `value`, which came at `at_ms` as journal position `seq`."""
        tally.rounds += 1
        if self._tracks:
            _track(tally, fact)
        ms = fact.occurred_at_ms
        if ms is None:
            self._add(tally, value, at_ms, seq)
        else:
            self._add(tally, value, ms, 0)

    def settle(self, tally: Tally) -> None:
        """After the last `fold` of a block: facts that came out of order are gone through once for all."""
        if tally.unsettled and self._settle is not None:
            self._settle(tally)
            tally.unsettled = False

    def qualifies(self, tally: Tally, points: int) -> bool:
        """Whether a player with this tally and score may win a prize."""
        need = self.scoring.qualify
        if tally.rounds < need.min_rounds or tally.wagered < need.min_wagered:
            return False
        if need.min_score is None:
            return True
        return points >= need.min_score if self._sign < 0 else points <= need.min_score

    def order(self, tally: Tally, points: int, ms: int, seq: int, group: int = 0) -> int:
        """The place of a score that was reached at (`ms`, `seq`); `group` 0 is in play, others behind it."""
        if self._plain and not group:
            return ((-points << MOMENT_MS_BITS) + ms << MOMENT_SEQ_BITS) + seq
        place = self._sign * points
        if self._sign > 0 and not tally.rounds and not points:
            # Where the lowest score wins, not to have played is no score at all.
            place = 1 << _POINTS_BITS - 1
        for stat in self._merits:
            place = (place << _STAT_BITS) + stat(tally)
        place += group << self._group_shift
        if not self.scoring.qualifies_all and not self.qualifies(tally, points):
            place += 1 << self._unqualified_shift
        if not self._moment:
            ms = seq = 0
        return ((place << MOMENT_MS_BITS) + ms << MOMENT_SEQ_BITS) + seq

    @property
    def unqualified_from(self) -> int | None:
        """Places from here on belong to players who do not qualify; None when all do."""
        return None if self.scoring.qualifies_all else 1 << self._unqualified_shift - 1 + MOMENT_BITS


def _value_of(scoring: Scoring, plain: Value) -> Value:
    """The value of a fact (scaled), times the weight of its game; None when the fact does not say it."""
    if not scoring.game_weights:
        return plain
    weights = dict(scoring.game_weights)

    def weighted(fact: Fact) -> int | None:
        value = plain(fact)
        weight = weights.get(fact.game or "", POINT_SCALE)
        return None if value is None else value * weight // POINT_SCALE

    return weighted


def _range_of(scoring: Scoring, value: Value) -> Callable[[Fact], bool] | None:
    """Whether a fact may score at all; None when nothing is declared and no value can be too large."""
    least, most = scoring.min_bet or 0, VALUE_MAX if scoring.max_bet is None else scoring.max_bet
    unbounded = scoring.min_bet is None and scoring.max_bet is None
    large = value is multiplier_times_bet or bool(scoring.game_weights)
    if unbounded and not large:
        return None

    def may_score(fact: Fact) -> bool:
        if not unbounded and not (fact.bet is not None and least <= fact.bet <= most):
            return False
        return not large or abs(value(fact) or 0) <= VALUE_MAX

    return may_score


def _track(tally: Tally, fact: Fact) -> None:
    tally.wagered += fact.bet or 0
    if fact.win is not None and fact.win > tally.top_win:
        tally.top_win = fact.win
    if fact.multiplier is not None and fact.multiplier > tally.top_multiplier:
        tally.top_multiplier = fact.multiplier
