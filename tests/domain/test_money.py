"""Money: splitting is exact, parsing is exact, printing is exact."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.money import from_decimal, points_to_decimal, split, to_decimal


@pytest.mark.parametrize(
    ("total", "weights", "parts"),
    [
        (500_00, [50, 30, 20], [250_00, 150_00, 100_00]),
        (100, [1, 1, 1], [34, 33, 33]),
        (101, [1, 1, 1], [34, 34, 33]),
        (1, [1, 1], [1, 0]),
        (10, [333, 333, 334], [3, 3, 4]),
        (0, [1, 2], [0, 0]),
        (7, [0, 1], [0, 7]),
    ],
)
def test_split_by_hand(total: int, weights: list[int], parts: list[int]) -> None:
    assert split(total, weights) == parts


@given(st.integers(0, 10**14), st.lists(st.integers(0, 10**7), min_size=1, max_size=50).filter(any))
def test_split_adds_up_and_is_within_one_unit_of_exact(total: int, weights: list[int]) -> None:
    parts = split(total, weights)
    assert sum(parts) == total
    assert all(abs(p * sum(weights) - total * w) < sum(weights) for p, w in zip(parts, weights, strict=True))


@given(st.integers(-(10**18), 10**18), st.integers(0, 8))
def test_decimals_go_out_and_come_back(amount: int, places: int) -> None:
    assert from_decimal(to_decimal(amount, places), places) == amount


@pytest.mark.parametrize(("text", "places", "minor"), [("10.5", 2, 1050), ("10.505", 2, None), ("7", 0, 7)])
def test_too_many_places_are_seen(text: str, places: int, minor: int | None) -> None:
    assert from_decimal(Decimal(text), places) == minor


@pytest.mark.parametrize(
    ("points", "text"),
    [(125_000, "12.5"), (0, "0"), (-1, "-0.0001"), (10**12, "100000000"), (-25_000, "-2.5")],
)
def test_points_print_without_trailing_zeros(points: int, text: str) -> None:
    assert format(points_to_decimal(points), "f") == text
