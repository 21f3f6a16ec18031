"""The declaration of a scoring: model, parameters, modifiers, ties; checked as a whole at create."""

from dataclasses import dataclass
from typing import Final, Literal

from server.domain.money import POINT_SCALE
from server.domain.scoring.bounds import GAME_CHARS_MAX, GAMES_MAX, ROUNDS_NEEDED_MAX, VALUE_MAX, WEIGHT_MAX
from server.domain.scoring.metrics import METRIC_NAMES, Metric
from server.domain.scoring.registry import MODELS, SPECS, Model, newest
from server.domain.scoring.spec import ModelSpec, Parameter
from server.domain.scoring.ties import TIES_DEFAULT, Tie, why_bad_ties

Direction = Literal["highest", "lowest"]
_UNSET: Final[dict[Parameter, int | str | None]] = {"n": None, "target": None, "metric": "points"}


@dataclass(frozen=True, slots=True)
class Qualify:
    """What a player must have to win a prize; below it the player is listed behind those who have.

    `min_rounds` counts facts, `min_wagered` is the sum of bets, `min_score` the score; the last two scaled.
    """

    min_rounds: int = 0
    min_wagered: int = 0
    min_score: int | None = None


ALL_QUALIFY: Final = Qualify()


@dataclass(frozen=True, slots=True)
class Scoring:
    """`n` belongs to best_n, first_n and last_n; `target` (scaled) to race_to_target; `metric` says what
    those four add up. Bets outside `min_bet` to `max_bet` (scaled) do not score. `game_weights` multiplies
    a fact's value by its game's weight (scaled), 1 for games not named. `ties` are the comparators, first
    one first. The version of a stored declaration that names none is 1."""

    model: Model = "points_based"
    version: int = 1
    n: int | None = None
    target: int | None = None
    metric: Metric = "points"
    min_bet: int | None = None
    max_bet: int | None = None
    game_weights: tuple[tuple[str, int], ...] = ()
    qualify: Qualify = ALL_QUALIFY
    direction: Direction = "highest"
    ties: tuple[Tie, ...] = TIES_DEFAULT

    @property
    def is_race(self) -> bool:
        """Whether reaching the target ends the tournament."""
        return self.model == "race_to_target"

    @property
    def qualifies_all(self) -> bool:
        """Whether every player qualifies."""
        return self.qualify == ALL_QUALIFY


def declared(model: Model = "points_based") -> Scoring:
    """A model in its newest version with its own defaults: what a tournament is sold under from now on."""
    return Scoring(model=model, version=newest(model))


def faults_of(scoring: Scoring) -> dict[str, str]:
    """Every fault by field name."""
    if scoring.model not in MODELS:
        return {"model": f"Unknown scoring model; known: {', '.join(MODELS)}"}
    known = [version for model, version in SPECS if model == scoring.model]
    spec = SPECS.get((scoring.model, scoring.version)) or SPECS[scoring.model, newest(scoring.model)]
    faults = _parameters_not_of(spec, scoring) | (spec.faults(scoring) if spec.faults else {})
    if scoring.version not in known:
        faults["version"] = f"Unknown version of {scoring.model}; known: {', '.join(map(str, known))}"
    if scoring.metric not in METRIC_NAMES:
        faults["metric"] = f"Unknown metric; known: {', '.join(METRIC_NAMES)}"
    _check_modifiers(scoring, faults)
    if why := why_bad_ties(scoring.ties):
        faults["ties"] = why
    return faults


def _parameters_not_of(spec: ModelSpec, scoring: Scoring) -> dict[str, str]:
    return {
        name: f"{spec.model} has no {name}"
        for name, unset in _UNSET.items()
        if name not in spec.parameters and getattr(scoring, name) != unset
    }


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
