"""Ties: comparators, shared rank and unique position, and what tied places win. By hand and at random."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.domain.scoring.declaration import Scoring
from server.domain.tournament.money.prizes import final_sheet, prizes_of
from server.domain.tournament.money.refunds import roll_forward
from tests.support.builders import NOW_MS, Story, pool, spin
from tests.support.configs import pools

WIN = Scoring("total_win")


@pytest.mark.parametrize(
    ("ties", "rows"),
    [
        # ann and ben have 6 each; ben reached them first
        (("points", "first_to_reach"), [(1, 1, "ben"), (2, 1, "ann"), (3, 3, "cid")]),
        (("points",), [(1, 1, "ann"), (2, 1, "ben"), (3, 3, "cid")]),
        (("points", "highest_win", "first_to_reach"), [(1, 1, "ann"), (2, 2, "ben"), (3, 3, "cid")]),
        (("points", "highest_multiplier"), [(1, 1, "ben"), (2, 2, "ann"), (3, 3, "cid")]),
        (("points", "most_rounds"), [(1, 1, "ben"), (2, 2, "ann"), (3, 3, "cid")]),
        (("points", "fewest_rounds"), [(1, 1, "ann"), (2, 2, "ben"), (3, 3, "cid")]),
        (("points", "most_wagered"), [(1, 1, "ann"), (2, 2, "ben"), (3, 3, "cid")]),
        (("points", "least_wagered"), [(1, 1, "ben"), (2, 2, "ann"), (3, 3, "cid")]),
    ],
)
def test_comparators_by_hand(ties: Any, rows: list[tuple[int, int, str]]) -> None:
    """Rank is shared by equal points, unless a declared comparator of merit tells them apart."""
    story = Story(scoring=replace(WIN, ties=ties)).players("ann", "ben", "cid").started()
    story.now_ms = NOW_MS + 9_000
    story.facts(spin("ann", 4, 6, 5), spin("cid", 1, 1, 1), spin("ben", 1, 3, 2), spin("ben", 2, 3, 3))
    assert [row[:3] for row in story.board()] == rows


@pytest.mark.parametrize(
    ("policy", "scores", "prizes"),
    [
        # 100.00 as 50, 30, 20; ann and ben share rank 1
        ("earliest", [5, 5, 3, 1], [50_00, 30_00, 20_00]),
        ("split", [5, 5, 3, 1], [40_00, 40_00, 20_00]),
        ("top_place", [5, 5, 3, 1], [25_00, 25_00, 30_00, 20_00]),
        # three share rank 2 over two paid places: 30 + 20 in three parts, odd cents to the better ones
        ("split", [9, 5, 5, 5], [50_00, 16_67, 16_67, 16_66]),
        ("top_place", [9, 5, 5, 5], [62_50, 12_50, 12_50, 12_50]),  # two ranks: 50 and 30 of 80
        ("split", [5, 5, 5, 5], [25_00, 25_00, 25_00, 25_00]),
        ("top_place", [5, 5, 5, 5], [25_00, 25_00, 25_00, 25_00]),
        ("earliest", [5, 5, 5, 5], [50_00, 30_00, 20_00]),
    ],
)
def test_tied_prizes_by_hand(policy: Any, scores: list[int], prizes: list[int]) -> None:
    rules = replace(pool("fixed", 100_00), ties=policy)
    story = Story(prize_pool=rules).players(*"abcd"[: len(scores)]).started()
    results = story.score(**dict(zip("abcd", scores, strict=False))).finished().tournament.results
    assert results is not None
    assert [line.amount_minor for line in results.prizes] == prizes


def test_where_the_house_keeps_unclaimed_prizes_shared_places_are_not_lost() -> None:
    rules = replace(pool("fixed", 100_00), ties="top_place", unclaimed="house")
    story = Story(prize_pool=rules).players(*"ab").started().score(a=5, b=5).finished()
    results = story.tournament.results
    assert results is not None
    assert [line.amount_minor for line in results.prizes] == [25_00, 25_00]
    assert results.unclaimed_minor == 50_00


@settings(max_examples=10_000, deadline=None)
@given(
    rules=pools(),
    scores=st.lists(st.integers(0, 3), min_size=1, max_size=6),
    money=st.tuples(st.integers(0, 10**6), st.integers(0, 10**5)),
)
def test_prizes_and_fee_are_collected_and_overlay_and_seed_for_10000_random_configs(
    rules: Any, scores: list[int], money: tuple[int, int]
) -> None:
    """And tied prizes add up to the places they cover; and the live estimate is the final sheet."""
    story = Story(prize_pool=rules, buy_in_minor=money[0], fee_minor=money[1], min_players=1)
    story.players(*"abcdef"[: len(scores)]).started().score(**dict(zip("abcdef", scores, strict=False)))
    state = story.tournament
    live = prizes_of(state)
    estimate = final_sheet(state)
    sheet = story.finished().tournament.results
    assert sheet == estimate
    paid = sum(line.amount_minor for line in estimate.prizes)
    entries = len(scores)
    collected = entries * money[0]
    house = estimate.pool_minor - collected  # overlay and seed, or minus the surplus
    assert paid + estimate.unclaimed_minor + entries * money[1] == collected + house + state.fees_minor
    assert all(live.at(line.position) == line.amount_minor for line in estimate.prizes)
    if rules.unclaimed == "redistribute" and sum(live.amounts):
        assert paid == estimate.pool_minor, "nothing is lost to rounding or ties"
    if rules.kind == "percentage":
        assert estimate.pool_minor == max(collected, rules.guaranteed_minor) + rules.seed_minor
    amounts = {line.position: line.amount_minor for line in estimate.prizes}
    for group in live.groups:
        covered = range(group.first, group.first + group.size)
        if rules.ties == "split":
            places = live.amounts[group.first - 1 : group.first - 1 + group.size]
            assert sum(amounts.get(position, 0) for position in covered) == sum(places)
    assert {line.position for line in estimate.items} <= {1, 2}


@settings(max_examples=300, deadline=None)
@given(rules=pools(), scores=st.lists(st.integers(-1, 5), min_size=1, max_size=6), out=st.integers(0, 5))
def test_a_roll_forward_gives_the_whole_pool_to_those_still_in_and_in_the_money(
    rules: Any, scores: list[int], out: int
) -> None:
    story = Story(prize_pool=rules, min_players=1).players(*"abcdef"[: len(scores)]).started()
    state = story.score(**dict(zip("abcdef", scores, strict=False))).tournament
    for row in reversed(story.tournament.ranking.page(0, 9)[max(len(scores) - out, 1) :]):
        state.entries[row.player_no].eliminated_round = 1
    lines = list(roll_forward(state))
    assert sum(line.pool_minor for line in lines) == prizes_of(state).total_minor
    assert all(line.pool_minor >= 0 for line in lines)
