"""How high a flight is after so many milliseconds: `floor(100 * e^(0.00006 * ms))` hundredths.

Whole numbers only: a table says from which millisecond on each hundredth is reached. The table is made once
with binary floats; where one lies so near to a whole millisecond that rounding could decide, 50 decimal places
do.
"""

from array import array
from bisect import bisect_right
from decimal import ROUND_CEILING, Decimal, localcontext
from math import ceil, log
from typing import Final

START: Final = 100
HIGHEST: Final = 100_000
_RATE_PER_MS: Final = 0.00006
_NEAR: Final = 1e-6
# The first entry is for 1.00x, which is where a flight starts.
_reached_at_ms = array("L", [0])


def _moment(hundredths: int) -> int:
    about = log(hundredths / START) / _RATE_PER_MS
    if abs(about - round(about)) > _NEAR:
        return ceil(about)
    with localcontext() as exact:
        exact.prec = 50
        moment = (Decimal(hundredths) / START).ln() / Decimal("0.00006")
        return int(moment.to_integral_value(ROUND_CEILING))


def _extend(hundredths: int) -> None:
    for one in range(START + len(_reached_at_ms), hundredths + 1):
        _reached_at_ms.append(_moment(one))


def reached_at_ms(hundredths: int) -> int:
    """The first millisecond of the climb at which a multiplier of 100 to 100,000 hundredths is reached."""
    _extend(hundredths)
    return _reached_at_ms[hundredths - START]


def climb(ms: int) -> int:
    """The multiplier in hundredths after so many milliseconds, at most 100,000."""
    while _reached_at_ms[-1] <= ms and len(_reached_at_ms) <= HIGHEST - START:
        _extend(min(START + 2 * len(_reached_at_ms), HIGHEST))
    return START + bisect_right(_reached_at_ms, max(ms, 0)) - 1
