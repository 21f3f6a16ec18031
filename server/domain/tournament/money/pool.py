"""What is to win, as declared: the prize pool, its distribution, prizes that are not money."""

from dataclasses import dataclass
from typing import Final, Literal

PERCENT_PLACES: Final = 4
PERCENT_SCALE: Final = 10**PERCENT_PLACES
WHOLE: Final = 100 * PERCENT_SCALE
# Below 2^53: every amount of the wire survives a client that reads JSON numbers as doubles.
AMOUNT_MAX_MINOR: Final = 10**14
# What a tournament may collect in all, fees included: with overlay and seed still below 2^53.
COLLECTED_MAX_MINOR: Final = 80 * AMOUNT_MAX_MINOR
# A weight of a place; any sum of them times any pool is an integer that Python shares exactly.
SHARE_MAX: Final = 10**9 * PERCENT_SCALE
FIELD_MAX: Final = (1 << 24) - 1
TEXT_MAX: Final = 200
# A prize table longer than this is a mistake; its sheet travels in one event.
PLACES_MAX: Final = 10_000
ITEMS_MAX: Final = 1_000
# The standard three-place table, used when a tournament is created without a prize pool.
SHARES_DEFAULT: Final = (50 * PERCENT_SCALE, 30 * PERCENT_SCALE, 20 * PERCENT_SCALE)

PoolKind = Literal["fixed", "percentage"]
ShareUnit = Literal["percent", "weight"]
Unclaimed = Literal["redistribute", "house"]
TiePrizes = Literal["earliest", "split", "top_place"]


@dataclass(frozen=True, slots=True)
class FieldShares:
    """The shares for a field of at least `min_players` players."""

    min_players: int
    shares: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Item:
    """A prize that is not money: `quantity` of `code` (spins, a ticket, goods) for each place from
    `first_place` to `last_place`."""

    first_place: int
    last_place: int
    kind: str
    code: str
    quantity: int = 1


@dataclass(frozen=True, slots=True)
class PrizePool:
    """`shares[i]` is what place `i + 1` gets: percent times PERCENT_SCALE that total WHOLE, or with the
    unit `weight` any weights times PERCENT_SCALE. `by_field` replaces them once enough players are in.

    `fixed` pays `total_minor` whatever was collected. `percentage` pays what the buy-ins, rebuys and add-ons
    collected, at least `guaranteed_minor`, plus `seed_minor`; both are the house's money. Shares of places
    that no player reached go to those present (`redistribute`) or stay with the `house`. `ties` says what
    players of one rank get: the better position its prize (`earliest`), their places' prizes in equal
    parts (`split`), or one place's prize in equal parts while the next rank takes the next (`top_place`).
    """

    kind: PoolKind = "percentage"
    total_minor: int = 0
    shares: tuple[int, ...] = SHARES_DEFAULT
    unit: ShareUnit = "percent"
    guaranteed_minor: int = 0
    seed_minor: int = 0
    unclaimed: Unclaimed = "redistribute"
    by_field: tuple[FieldShares, ...] = ()
    items: tuple[Item, ...] = ()
    ties: TiePrizes = "earliest"

    def shares_for(self, players: int) -> tuple[int, ...]:
        """The distribution for a field of this size."""
        fitting = [table.shares for table in self.by_field if table.min_players <= players]
        return fitting[-1] if fitting else self.shares


def faults_of(pool: PrizePool) -> dict[str, str]:
    """Every fault by field name."""
    faults: dict[str, str] = {}
    for name in ("total", "guaranteed", "seed"):
        if not 0 <= getattr(pool, f"{name}_minor") <= AMOUNT_MAX_MINOR:
            faults[name] = "Amount must not be negative and not beyond the limit"
    if why := _why_bad_shares(pool.shares, pool.unit):
        faults["distribution"] = why
    sizes = [table.min_players for table in pool.by_field]
    if sizes != sorted(set(sizes)) or any(not 1 <= size <= FIELD_MAX for size in sizes):
        faults["field_sizes"] = f"Tables must have rising minimum players, from 1 to {FIELD_MAX}"
    for table in pool.by_field:
        if why := _why_bad_shares(table.shares, pool.unit):
            faults["field_sizes"] = f"From {table.min_players} players: {why}"
    if why := _why_bad_items(pool.items):
        faults["items"] = why
    return faults


def _why_bad_shares(shares: tuple[int, ...], unit: ShareUnit) -> str | None:
    if not 1 <= len(shares) <= PLACES_MAX:
        return f"Must pay 1 to {PLACES_MAX} places"
    if any(not 0 <= share <= SHARE_MAX for share in shares) or not sum(shares):
        return f"Shares must be from 0 to {SHARE_MAX // PERCENT_SCALE} and not all zero"
    if unit == "percent" and sum(shares) != WHOLE:
        return "Percentages must total exactly 100"
    return None


def _why_bad_items(items: tuple[Item, ...]) -> str | None:
    if len(items) > ITEMS_MAX:
        return f"Must have at most {ITEMS_MAX} items"
    for item in items:
        if not 1 <= item.first_place <= item.last_place <= PLACES_MAX:
            return f"Places must be from 1 to {PLACES_MAX}, first one first"
        if not 1 <= item.quantity <= AMOUNT_MAX_MINOR:
            return f"Quantities must be from 1 to {AMOUNT_MAX_MINOR}"
        if ":" in item.kind:
            # Payouts are named by kind:code, and two names must never be one.
            return "The kind of an item must not contain a colon"
        if not (1 <= len(item.kind) <= TEXT_MAX and 1 <= len(item.code) <= TEXT_MAX):
            return f"Kind and code must have 1 to {TEXT_MAX} characters"
    return None
