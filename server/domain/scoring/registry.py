"""All scoring models by name and version."""

from typing import Final, Literal, get_args

from server.domain.scoring.models import highest, of_n, race, ratio, streak, sums
from server.domain.scoring.spec import ModelSpec

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
MODELS: Final[tuple[Model, ...]] = get_args(Model)
# A changed formula is a new version beside the old ones: a log is replayed by the one that it names.
_ALL = (*sums.SPECS, *highest.SPECS, *ratio.SPECS, *of_n.SPECS, *streak.SPECS, *race.SPECS)
SPECS: Final[dict[tuple[str, int], ModelSpec]] = {(spec.model, spec.version): spec for spec in _ALL}


def newest(model: str) -> int:
    """The version that new tournaments are sold under; 1 for a model that is not known."""
    return max((version for name, version in SPECS if name == model), default=1)


def spec_of(model: str, version: int) -> ModelSpec:
    """The model of a declaration that was checked; KeyError for others."""
    return SPECS[model, version]
