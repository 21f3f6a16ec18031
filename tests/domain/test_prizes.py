"""Prizes and refunds: tables one can check by hand."""

import pytest

from server.domain.tournament import commands as ask
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
    story.started().score(**{f"p{n}": players - n for n in range(players)}).when(ask.Finish())
    results = story.tournament.results
    assert results is not None
    assert [line.amount_minor for line in results.prizes] == prizes
    assert [line.player_no for line in results.prizes] == list(range(len(prizes)))


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
