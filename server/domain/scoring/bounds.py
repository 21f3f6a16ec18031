"""Bounds of scoring. Values and scores are integers scaled by POINT_SCALE."""

from typing import Final

from server.domain.money import POINT_SCALE

N_MAX: Final = 100
GAMES_MAX: Final = 100
GAME_CHARS_MAX: Final = 128
WEIGHT_MAX: Final = 1_000 * POINT_SCALE
ROUNDS_NEEDED_MAX: Final = 10**9
# One fact's contribution stays below ten to the ten points: sums stay exact in every JSON reader.
VALUE_MAX: Final = 10**10 * POINT_SCALE
# A tally whose sums are beyond this takes no further fact. One batch adds at most FACTS_AT_ONCE_MAX values to
# it, and corrections and add-ons ADJUSTED_MAX: every score stays below 2^63, so it can be stored and encoded.
SUM_MAX: Final = 8 * 10**14 * POINT_SCALE
FACTS_AT_ONCE_MAX: Final = 5_000
ADJUSTED_MAX: Final = 2 * 10**13 * POINT_SCALE
assert SUM_MAX + FACTS_AT_ONCE_MAX * VALUE_MAX + ADJUSTED_MAX < 1 << 63
