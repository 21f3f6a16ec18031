"""The declaration of a scoring: model, parameters, modifiers, ties; checked as a whole at create."""

from dataclasses import dataclass
from typing import Final, Literal, get_args

from server.domain.money import POINT_SCALE

Model = Literal[
    "points_based",
    "total_win",
    "net_win",
    "wager_sum",
    "round_count",
    "highest_win",
    "highest_multiplier",
    "win_to_stake",
    "multiplier_times_bet",
    "best_n",
    "first_n",
    "last_n",
    "streak",
    "race_to_target",
]
Metric = Literal["points", "win", "net_win", "bet", "multiplier", "multiplier_times_bet", "round"]
Direction = Literal["highest", "lowest"]
Tie = Literal[
    "points",
    "highest_win",
    "highest_multiplier",
    "most_rounds",
    "fewest_rounds",
    "most_wagered",
    "least_wagered",
    "first_to_reach",
    "registration",
]
MODELS: Final[tuple[str, ...]] = get_args(Model)
METRICS: Final[tuple[str, ...]] = get_args(Metric)
TIES: Final[tuple[str, ...]] = get_args(Tie)
TIES_DEFAULT: Final[tuple[Tie, ...]] = ("points", "first_to_reach", "registration")
# The newest version of every model. A changed formula gets a new number; old tournaments keep theirs.
VERSION: Final = 1
N_MAX: Final = 100
GAMES_MAX: Final = 100
WEIGHT_MAX: Final = 1_000 * POINT_SCALE
# One fact's contribution stays below ten to the ten points: sums stay exact in every JSON reader.
VALUE_MAX: Final = 10**10 * POINT_SCALE
# A tally whose sums are beyond this takes no further fact. One batch adds at most FACTS_AT_ONCE_MAX values to
# it, and corrections and add-ons ADJUSTED_MAX: every score stays below 2^63, so it can be stored and encoded.
SUM_MAX: Final = 8 * 10**14 * POINT_SCALE
FACTS_AT_ONCE_MAX: Final = 5_000
ADJUSTED_MAX: Final = 2 * 10**13 * POINT_SCALE
assert SUM_MAX + FACTS_AT_ONCE_MAX * VALUE_MAX + ADJUSTED_MAX < 1 << 63
ROUNDS_NEEDED_MAX: Final = 10**9
GAME_CHARS_MAX: Final = 128

_OF_N: Final = ("best_n", "first_n", "last_n")
_WITH_METRIC: Final = (*_OF_N, "race_to_target")


@dataclass(frozen=True, slots=True)
class Qualify:
    """What a player must have to win a prize; below it the player is listed behind those who have.

    `min_rounds` counts facts, `min_wagered` is the sum of bets, `min_score` the score; the last two scaled.
    """

    min_rounds: int = 0
    min_wagered: int = 0
    min_score: int | None = None


EVERYBODY: Final = Qualify()


@dataclass(frozen=True, slots=True)
class Scoring:
    """`n` belongs to best_n, first_n and last_n; `target` (scaled) to race_to_target; `metric` says what
    those four add up. Bets outside `min_bet` to `max_bet` (scaled) do not score. `game_weights` multiplies
    a fact's value by its game's weight (scaled), 1 for games not named. `ties` are the comparators, first
    one first."""

    model: Model = "points_based"
    version: int = VERSION
    n: int | None = None
    target: int | None = None
    metric: Metric = "points"
    min_bet: int | None = None
    max_bet: int | None = None
    game_weights: tuple[tuple[str, int], ...] = ()
    qualify: Qualify = EVERYBODY
    direction: Direction = "highest"
    ties: tuple[Tie, ...] = TIES_DEFAULT

    @property
    def is_race(self) -> bool:
        """Whether reaching the target ends the tournament."""
        return self.model == "race_to_target"

    @property
    def qualifies_all(self) -> bool:
        """Whether nobody can fail to qualify."""
        return self.qualify == EVERYBODY


def faults_of(scoring: Scoring) -> dict[str, str]:
    """Every fault by field name."""
    faults: dict[str, str] = {}
    if scoring.model not in MODELS:
        return {"model": f"Unknown scoring model; known: {', '.join(MODELS)}"}
    if scoring.version != VERSION:
        faults["version"] = f"Unknown version of {scoring.model}; known: {VERSION}"
    _check_parameters(scoring, faults)
    _check_modifiers(scoring, faults)
    if why := _why_bad_ties(scoring.ties):
        faults["ties"] = why
    return faults


def _check_parameters(scoring: Scoring, faults: dict[str, str]) -> None:
    model = scoring.model
    if model in _OF_N and not 1 <= (scoring.n or 0) <= N_MAX:
        faults["n"] = f"{model} needs n from 1 to {N_MAX}"
    elif model not in _OF_N and scoring.n is not None:
        faults["n"] = f"{model} has no n"
    if scoring.is_race and not 0 < (scoring.target or 0) <= VALUE_MAX:
        faults["target"] = "race_to_target needs a target above 0"
    elif not scoring.is_race and scoring.target is not None:
        faults["target"] = f"{model} has no target"
    if scoring.metric not in METRICS:
        faults["metric"] = f"Unknown metric; known: {', '.join(METRICS)}"
    elif model not in _WITH_METRIC and scoring.metric != "points":
        faults["metric"] = f"{model} has no metric"


def _check_modifiers(scoring: Scoring, faults: dict[str, str]) -> None:
    least, most = scoring.min_bet, scoring.max_bet
    if least is not None and not 0 <= least <= VALUE_MAX:
        faults["min_bet"] = "Must not be negative and not beyond the limit"
    if most is not None and not (least or 0) <= most <= VALUE_MAX:
        faults["max_bet"] = "Must not be below the minimum bet and not beyond the limit"
    games = [game for game, _ in scoring.game_weights]
    if len(games) > GAMES_MAX or len(set(games)) != len(games):
        faults["game_weights"] = f"Must name at most {GAMES_MAX} games, each once"
    elif any(not 0 <= weight <= WEIGHT_MAX for _, weight in scoring.game_weights):
        faults["game_weights"] = f"Weights must be from 0 to {WEIGHT_MAX // POINT_SCALE}"
    if any(not 1 <= len(game) <= GAME_CHARS_MAX for game in games):
        faults["game_weights"] = f"Games must have 1 to {GAME_CHARS_MAX} characters"
    need = scoring.qualify
    if not (0 <= need.min_rounds <= ROUNDS_NEEDED_MAX and 0 <= need.min_wagered <= VALUE_MAX):
        faults["qualify"] = "Must not be negative and not beyond the limit"
    elif need.min_score is not None and abs(need.min_score) > VALUE_MAX:
        faults["qualify"] = "The score needed must be within the limit"
    if scoring.is_race:
        _check_race(scoring, faults)


def _check_race(scoring: Scoring, faults: dict[str, str]) -> None:
    """A race is decided by who gets there first, and by nothing else."""
    if scoring.direction == "lowest":
        faults["direction"] = "In a race to a target the highest score wins"
    if not scoring.qualifies_all:
        faults["qualify"] = "In a race to a target everybody qualifies"
    if scoring.ties != TIES_DEFAULT:
        faults["ties"] = f"In a race to a target they are {', '.join(TIES_DEFAULT)}"


def _why_bad_ties(ties: tuple[Tie, ...]) -> str | None:
    """Points first; time and registration close the list, because nothing can follow them."""
    if any(tie not in TIES for tie in ties):
        return f"Unknown comparator; known: {', '.join(TIES)}"
    if not ties or ties[0] != "points" or len(set(ties)) != len(ties):
        return "Must begin with points and name no comparator twice"
    closing = [tie for tie in TIES_DEFAULT[1:] if tie in ties]
    if list(ties[len(ties) - len(closing) :]) != closing:
        return "first_to_reach and registration come last, in this order"
    return None
