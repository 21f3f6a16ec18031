"""Prizes and refunds: tables one can check by hand."""

from dataclasses import replace
from typing import Any

import pytest

from server.domain.tournament import commands as ask
from server.domain.tournament.movements import postings_for
from tests.support.builders import HOUR_MS, Story, pool


@pytest.mark.parametrize(
    ("kind", "total", "percents", "players", "prizes"),
    [
        ("fixed", 500_00, (50, 30, 20), 5, [250_00, 150_00, 100_00]),
        ("fixed", 500_00, (50, 30, 20), 2, [312_50, 187_50]),
        ("percentage", 0, (50, 30, 20), 4, [20_00, 12_00, 8_00]),
        ("percentage", 0, (50, 30, 20), 3, [15_00, 9_00, 6_00]),
        ("percentage", 0, (100,), 7, [70_00]),
        ("fixed", 1_00, (34, 33, 33), 3, [34, 33, 33]),
        ("fixed", 5, (40, 30, 20, 10), 4, [2, 2, 1]),
    ],
)
def test_prizes_by_hand(
    kind: str, total: int, percents: tuple[int, ...], players: int, prizes: list[int]
) -> None:
    story = Story(prize_pool=pool(kind, total, percents)).players(*(f"p{n}" for n in range(players)))
    story.started().score(**{f"p{n}": players - n for n in range(players)}).finished()
    results = story.tournament.results
    assert results is not None
    assert [line.amount_minor for line in results.prizes] == prizes
    assert [line.player_no for line in results.prizes] == list(range(len(prizes)))


@pytest.mark.parametrize(
    ("changes", "players", "prizes", "house"),
    [
        # 4 entries of 10.00: the guarantee tops 40.00 up to 100.00
        ({"guaranteed_minor": 100_00}, 4, [50_00, 30_00, 20_00], {"house:overlay": -60_00}),
        ({"guaranteed_minor": 30_00}, 4, [20_00, 12_00, 8_00], {}),
        ({"seed_minor": 25_00}, 4, [32_50, 19_50, 13_00], {"house:seed": -25_00}),
        # the guarantee is of what is collected, the seed comes on top
        (
            {"seed_minor": 10_00, "guaranteed_minor": 90_00},
            4,
            [50_00, 30_00, 20_00],
            {"house:seed": -10_00, "house:overlay": -50_00},
        ),
        # two finishers of three paid places: the third share stays with the house
        ({"unclaimed": "house"}, 2, [10_00, 6_00], {"house:retained": 4_00}),
        ({"unclaimed": "redistribute"}, 2, [12_50, 7_50], {}),
        # weights 5, 3, 2, 2, 2: of 70.00 each weight is 5.00
        ({"unit": "weight", "shares": (5, 3, 2, 2, 2)}, 7, [25_00, 15_00, 10_00, 10_00, 10_00], {}),
        # weights 1, 1, 1 of 40.00: the odd cent goes to the better place
        ({"unit": "weight", "shares": (1, 1, 1)}, 4, [13_34, 13_33, 13_33], {}),
    ],
)
def test_what_the_house_adds_and_keeps_by_hand(
    changes: dict[str, Any], players: int, prizes: list[int], house: dict[str, int]
) -> None:
    story = Story(prize_pool=replace(pool(), **changes)).players(*(f"p{n}" for n in range(players)))
    before = story.started().tournament
    events = story.finished().events
    results = before.results
    assert results is not None
    assert [line.amount_minor for line in results.prizes] == prizes
    moved: dict[str, int] = {}
    for posting in postings_for(events[-1], before):
        moved[posting.account] = moved.get(posting.account, 0) + posting.amount_minor
    assert {account: sum_ for account, sum_ in moved.items() if account.startswith("house")} == house
    assert moved["pool"] == -10_00 * players


@pytest.mark.parametrize(
    ("elapsed_ms", "policy", "refund", "kept"),
    [
        (0, "pro_rata", 10_50, 0),
        (HOUR_MS // 4, "pro_rata", 7_87, 2_63),  # 10.00 * 3/4 = 7.50 and 0.50 * 3/4 = 0.375
        (HOUR_MS // 3, "pro_rata", 6_99, 3_51),  # 6.666 and 0.333, each rounded down
        (HOUR_MS - 1, "pro_rata", 0, 10_50),
        (HOUR_MS // 2, "full", 10_50, 0),
    ],
)
def test_refunds_in_play_by_hand(elapsed_ms: int, policy: str, refund: int, kept: int) -> None:
    story = (
        Story(fee_minor=50, duration_ms=HOUR_MS, cancellation_policy=policy).players("ann", "ben").started()
    )
    story.now_ms += elapsed_ms
    story.when(ask.Cancel("storm"))
    cancellation = story.tournament.cancellation
    assert cancellation is not None
    assert [line.refund_minor for line in cancellation.refunds] == [refund, refund]
    assert 10_50 - refund == kept


def test_each_sale_goes_back_in_its_own_tender() -> None:
    story = Story(rebuy_enabled=True, rebuy_fee_minor=7_00).players("ann", "ben").started()
    story.when(ask.Rebuy("ann", paid_minor=7_00, tender="bonus"))
    story.when(ask.Cancel("storm"))
    cancellation = story.tournament.cancellation
    assert cancellation is not None
    lines = [(line.player_no, line.tender, line.refund_minor) for line in cancellation.refunds]
    assert lines == [(0, "cash", 10_00), (0, "bonus", 7_00), (1, "cash", 10_00)]
