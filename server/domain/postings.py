"""Double-entry movements. A movement is a list of postings that adds up to zero per currency.

Accounts of one tournament: `player:<no>` (what the casino holds for that player; negative while the
player has paid in), `pool`, and the house's `fee`, `overlay`, `seed`, `surplus`, `retained`, `waived`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

POOL = "pool"
HOUSE_FEE = "house:fee"
HOUSE_OVERLAY = "house:overlay"
HOUSE_SEED = "house:seed"
HOUSE_SURPLUS = "house:surplus"
HOUSE_RETAINED = "house:retained"
HOUSE_WAIVED = "house:waived"


@dataclass(frozen=True, slots=True)
class Posting:
    """One line: `amount_minor` is added to `account`. `kind` says what for, `tender` in what."""

    account: str
    currency: str
    amount_minor: int
    kind: str
    tender: str = "cash"


@dataclass(frozen=True, slots=True)
class Transfer:
    """`amount_minor` (not negative) out of one account into another."""

    debit: str
    credit: str
    amount_minor: int
    kind: str
    tender: str = "cash"


def player_account(player_no: int) -> str:
    """The account of one entry of the tournament."""
    return f"player:{player_no}"


def postings_of(transfers: Iterable[Transfer], currency: str) -> list[Posting]:
    """Transfers as balanced posting pairs; transfers of nothing leave no line."""
    lines: list[Posting] = []
    for move in transfers:
        assert move.amount_minor >= 0, "a transfer has a direction, not a sign"
        if move.amount_minor:
            lines.append(Posting(move.debit, currency, -move.amount_minor, move.kind, move.tender))
            lines.append(Posting(move.credit, currency, move.amount_minor, move.kind, move.tender))
    assert is_balanced(lines)
    return lines


def is_balanced(lines: Sequence[Posting]) -> bool:
    """Whether every currency sums to zero."""
    sums: dict[str, int] = {}
    for line in lines:
        sums[line.currency] = sums.get(line.currency, 0) + line.amount_minor
    return not any(sums.values())
