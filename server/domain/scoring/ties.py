"""Comparators that order players with equal scores."""

from typing import Final, Literal, get_args

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
TIES: Final[tuple[str, ...]] = get_args(Tie)
TIES_DEFAULT: Final[tuple[Tie, ...]] = ("points", "first_to_reach", "registration")


def why_bad_ties(ties: tuple[Tie, ...]) -> str | None:
    """Points first; time and registration close the list, because nothing can follow them."""
    if any(tie not in TIES for tie in ties):
        return f"Unknown comparator; known: {', '.join(TIES)}"
    if not ties or ties[0] != "points" or len(set(ties)) != len(ties):
        return "Must begin with points and name no comparator twice"
    closing = [tie for tie in TIES_DEFAULT[1:] if tie in ties]
    if list(ties[len(ties) - len(closing) :]) != closing:
        return "first_to_reach and registration come last, in this order"
    return None
