"""The running score of one player. Models (`models/`) take facts into it.

Time is the game's (`ms`), and where the game gives none it is ours with the journal position (`seq`, else 0).
Facts of one player at one instant are ordered by their values; ids never decide.
"""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Tally:
    """`points` (scaled) were reached at (`reached_ms`, `reached_seq`). `rounds` counts facts; `wagered`,
    `won`, `top_win` and `top_multiplier` are kept when the scoring asks for them. `held` is what the model
    must remember of single facts, `run` the length of a streak that goes on. The attempt began at
    (`start_ms`, `start_seq`). `unsettled` within a block of facts: what is held must be gone through again
    (`ModelSpec.settle`), once a block and not once a fact."""

    start_ms: int = 0
    start_seq: int = 0
    reached_ms: int = 0
    reached_seq: int = 0
    points: int = 0
    rounds: int = 0
    wagered: int = 0
    won: int = 0
    top_win: int = 0
    top_multiplier: int = 0
    run: int = 0
    held: list[tuple[int, int, int]] = field(default_factory=list)
    unsettled: bool = False


def fresh(at_ms: int, seq: int) -> Tally:
    """The tally of a player who has not played since (`at_ms`, `seq`). Nothing was reached yet, so any fact
    is later, whatever its clock says; among those who have not played the earlier one comes first."""
    return Tally(at_ms, seq, 0, seq)


def copied(tally: Tally) -> Tally:
    """The same, apart: stored events share nothing with the state."""
    values = {name: getattr(tally, name) for name in Tally.__dataclass_fields__}
    return Tally(**values | {"held": list(tally.held)})


def reach(tally: Tally, ms: int, seq: int) -> None:
    """The score changed at this moment, or at a later one that is known already."""
    if ms > tally.reached_ms or (ms == tally.reached_ms and seq > tally.reached_seq):
        tally.reached_ms, tally.reached_seq = ms, seq


def reach_again(tally: Tally, moments: list[tuple[int, int]]) -> None:
    """The score is made of facts of these moments alone."""
    tally.reached_ms, tally.reached_seq = 0, tally.start_seq
    if moments:
        reach(tally, *max(moments))
