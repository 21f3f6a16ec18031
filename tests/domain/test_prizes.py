"""Prizes and refunds: tables one can check by hand."""

from dataclasses import replace
from typing import Any

import pytest

from server.domain.tournament import commands
from server.domain.tournament.money.ledger import postings_for
from server.domain.tournament.money.pool import FieldShares, Item
from server.domain.tournament.rules.rules import Rounds
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
    story.when(commands.Cancel("storm"))
    cancellation = story.tournament.cancellation
    assert cancellation is not None
    assert [line.refund_minor for line in cancellation.refunds] == [refund, refund]
    assert 10_50 - refund == kept


def test_each_sale_goes_back_in_its_own_tender() -> None:
    story = Story(rebuy_enabled=True, rebuy_fee_minor=7_00).players("ann", "ben").started()
    story.when(commands.Rebuy("ann", paid_minor=7_00, tender="bonus"))
    story.when(commands.Cancel("storm"))
    cancellation = story.tournament.cancellation
    assert cancellation is not None
    lines = [(line.player_no, line.tender, line.refund_minor) for line in cancellation.refunds]
    assert lines == [(0, "cash", 10_00), (0, "bonus", 7_00), (1, "cash", 10_00)]


def chips(holders: int, points: int, big: int) -> Story:
    """`holders` players still in; the first one holds `big` of `points` in all."""
    story = Story(
        buy_in_minor=90_00,
        fee_minor=3_00,
        cancellation_policy="roll_forward",
        max_players=None,
        prize_pool=pool("percentage", 0, (50, 30, 20)),
    )
    users = [f"p{n}" for n in range(holders)]
    small, odd = divmod(points - big, holders - 1)
    scores = {"p0": big} | {user: small + (n < odd) for n, user in enumerate(users[1:])}
    return story.players(*users).started().score(**scores)


def test_the_check_value_of_roll_forward() -> None:
    """Pool 9,000.00, 100 still in, one holds 37,500 of 300,000: 45.00 + 562.50, plus the 3.00 fee back."""
    story = chips(100, 300_000, 37_500)
    story.when(commands.Cancel("outage"))
    cancellation = story.tournament.cancellation
    assert cancellation is not None and cancellation.pool_minor == 9_000_00
    mine = [line for line in cancellation.refunds if line.player_no == 0]
    assert [(line.kind, line.pool_minor, line.fee_minor) for line in mine] == [
        ("refund", 0, 3_00),
        ("share", 45_00 + 562_50, 0),
    ]
    assert sum(line.pool_minor for line in cancellation.refunds) == 9_000_00
    assert sum(line.fee_minor for line in cancellation.refunds) == 300_00


def test_roll_forward_in_the_money_by_hand() -> None:
    """Three of five paid places are still in. The eliminated keep 4th and 5th (10.00 and 5.00 of 100.00);
    each of the three gets the third prize, 15.00; the remaining 40.00 go 50 : 30 : 20 by score."""
    story = Story(
        buy_in_minor=20_00,
        fee_minor=1_00,
        cancellation_policy="roll_forward",
        prize_pool=pool("percentage", 0, (45, 25, 15, 10, 5)),
        rounds=Rounds(3, HOUR_MS, eliminate=2, survivors=1),
    )
    story.players(*"abcde").started().score(a=50, b=30, c=20, d=9, e=8)
    story.advance(HOUR_MS + 5_000)
    assert story.tournament.in_play == 3
    before = story.tournament.collected_minor
    story.when(commands.Cancel("outage"))
    cancellation = story.tournament.cancellation
    assert cancellation is not None and before == 100_00
    pools = {(line.player_no, line.kind): line.pool_minor for line in cancellation.refunds if line.pool_minor}
    assert pools == {
        (0, "share"): 15_00 + 20_00,
        (1, "share"): 15_00 + 12_00,
        (2, "share"): 15_00 + 8_00,
        (3, "prize"): 10_00,
        (4, "prize"): 5_00,
    }
    fees = {line.player_no: line.fee_minor for line in cancellation.refunds if line.fee_minor}
    assert fees == {0: 1_00, 1: 1_00, 2: 1_00}, "fees go back to those still in"


def test_waived_refunds_are_recorded_as_waived() -> None:
    story = Story(fee_minor=50).players("ann", "ben").started()
    before = story.tournament
    events = story.when(commands.Cancel("storm", refund=False, notify=False))
    kinds = {posting.kind for posting in postings_for(events[0], before)}
    assert "refund_waived" in kinds and "refund" not in kinds


@pytest.mark.parametrize(
    ("players", "prizes"), [(2, [20_00]), (3, [18_00, 12_00]), (5, [25_00, 15_00, 10_00])]
)
def test_places_paid_depend_on_the_field_by_hand(players: int, prizes: list[int]) -> None:
    tables = (FieldShares(3, (600_000, 400_000)), FieldShares(5, (500_000, 300_000, 200_000)))
    rules = replace(pool(percents=(100,)), by_field=tables)
    story = Story(prize_pool=rules).players(*"abcde"[:players]).started()
    results = story.score(a=5, b=4, c=3).finished().tournament.results
    assert results is not None
    assert [line.amount_minor for line in results.prizes] == prizes


def test_prizes_that_are_not_money_go_by_position() -> None:
    items = (Item(1, 1, "goods", "CAR"), Item(1, 3, "spins", "FREE", 50))
    rules = replace(pool("fixed", 100), items=items, ties="split")
    story = Story(prize_pool=rules).players(*"ab").started().score(a=5, b=5).finished()
    results = story.tournament.results
    assert results is not None
    lines = [(line.player_no, line.position, line.code, line.quantity) for line in results.items]
    assert lines == [(0, 1, "CAR", 1), (0, 1, "FREE", 50), (1, 2, "FREE", 50)]
