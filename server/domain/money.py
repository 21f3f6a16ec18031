"""Money is an integer of minor units of one currency; this file splits and prints it."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

POINT_PLACES = 4
POINT_SCALE: int = 10**POINT_PLACES


def split(total_minor: int, weights: Sequence[int]) -> list[int]:
    """Share `total_minor` by integer weights: the parts add up to it exactly.

    Largest remainder (Hamilton); of equal remainders the earlier part wins, so the better place.
    All weights zero or no weights: nothing can be shared, the caller must not ask.
    """
    whole = sum(weights)
    assert total_minor >= 0 and whole > 0, "a split needs an amount and a weight"
    parts = [total_minor * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: (-(total_minor * weights[i] % whole), i))
    for index in by_remainder[: total_minor - sum(parts)]:
        parts[index] += 1
    assert sum(parts) == total_minor
    return parts


def portion(amount_minor: int, share: Fraction) -> int:
    """`amount_minor` times `share`, rounded down to the minor unit."""
    return amount_minor * share.numerator // share.denominator


def to_decimal(amount: int, places: int) -> Decimal:
    """Minor units (or scaled points) as the decimal of the wire: `to_decimal(1050, 2)` is 10.50."""
    return Decimal(amount).scaleb(-places)


def points_to_decimal(points: int) -> Decimal:
    """Scaled points as a decimal without trailing zeros: 125000 is 12.5, 0 is 0."""
    whole, rest = divmod(points, POINT_SCALE)
    return Decimal(whole) if rest == 0 else to_decimal(points, POINT_PLACES).normalize()


def points_or_none(points: int | None) -> Decimal | None:
    """`points_to_decimal`, for what may not have been said."""
    return None if points is None else points_to_decimal(points)


def from_decimal(value: Decimal, places: int) -> int | None:
    """The exact integer of `value` at `places`, or None when it has more places than that."""
    # Digit by digit: the arithmetic of decimals rounds to 28 digits without a word.
    sign, digits, exponent = value.as_tuple()
    if not isinstance(exponent, int):
        return None  # NaN and infinities
    number: int = int("".join(map(str, digits)))
    shift = exponent + places
    if shift < 0:
        number, lost = divmod(number, 10**-shift)
        if lost:
            return None
    else:
        number *= 10**shift
    return -number if sign else number
