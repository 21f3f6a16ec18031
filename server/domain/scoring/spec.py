"""What a scoring model is made of. Each model is one `ModelSpec` in `models/`, listed in `registry`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from server.domain.scoring.fact import Fact, Scored
from server.domain.scoring.tally import Tally

Parameter = Literal["n", "target", "metric"]


class Parameters(Protocol):
    """What a model may ask of the declaration that it was sold under (`declaration.Scoring`)."""

    @property
    def n(self) -> int | None: ...
    @property
    def target(self) -> int | None: ...
    @property
    def direction(self) -> Literal["highest", "lowest"]: ...
    @property
    def ties(self) -> tuple[str, ...]: ...
    @property
    def qualifies_all(self) -> bool: ...


# Takes a value (scaled) that happened at (ms, seq) into a tally.
Add = Callable[[Tally, int, int, int], None]
Settle = Callable[[Tally], None]
Value = Callable[[Fact], int | None]
# Forgets the facts of a tally that happened at a moment (ms) or later.
Truncate = Callable[[Tally, int], None]
# The points that each fact gave, in the order of the facts; a race forgets what came from a moment on.
Shares = Callable[[Sequence[Scored], int | None], list[int]]


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """A model and a version of it. A formula that changes is a new version: tournaments keep the one that they
    were sold under.

    `value` is what a fact is worth, None where the declaration names a metric. `add` gives the same tally for
    the same facts in any order. `settle` brings the score of an unsettled tally up to date, for models that
    leave one. `truncate` is for models whose cutoff may move back (races). `shares` explains a score fact by
    fact. `faults` names parameters that do not fit, by field. `sentence` is for players, with `{n}`,
    `{metric}` and `{target}`. `needs_bets`: sums of bets are kept.
    """

    model: str
    version: int
    sentence: str
    value: Value | None
    add: Callable[[Parameters], Add]
    shares: Callable[[Parameters], Shares]
    parameters: tuple[Parameter, ...] = ()
    settle: Callable[[Parameters], Settle] | None = None
    truncate: Callable[[Parameters], Truncate] | None = None
    faults: Callable[[Parameters], dict[str, str]] | None = None
    needs_bets: bool = False


def without_parameters(
    model: str, value: Value, sentence: str, add: Add, shares: Shares, settle: Settle | None = None
) -> ModelSpec:
    """The first version of a model that asks nothing of its declaration."""
    settle_of = None if settle is None else lambda declared: settle
    return ModelSpec(
        model, 1, sentence, value, lambda declared: add, lambda declared: shares, settle=settle_of
    )
