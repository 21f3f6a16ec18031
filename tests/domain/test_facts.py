"""Facts: judged in order, counted once, recounted offline."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.money import POINT_SCALE
from server.domain.scoring.fact import Outcome
from server.domain.tournament import commands
from server.domain.tournament.play.facts import count, judge
from server.encoding.codec import decode_block, encode_block, state_digest
from tests.support.builders import HOUR_MS, Story, points


def outcomes(story: Story, *facts: object) -> list[str]:
    judged = judge(story.tournament, facts, story.now_ms)  # type: ignore[arg-type]
    count(story.tournament, judged.counted)
    return [outcome.name for outcome in judged.outcomes]


def test_each_outcome_is_told() -> None:
    story = Story().players("ann", "ben", "cid")
    assert outcomes(story, points("a", "ann", 1)) == ["NOT_STARTED"]
    story.started().when(commands.Remove("cid"))
    told = outcomes(
        story,
        points("a", "ann", 1),
        points("a", "ben", 5),
        points("b", "nobody", 1),
        points("c", "cid", 1),
        points("d", "ben", 1, points=None),
        points("e", "plr_ben", 2.5),
        points("f", "TP_crunchy-cup_plr_ben_1", -0.0001),
    )
    assert told == [
        "ACCEPTED", "DUPLICATE", "UNKNOWN_PLAYER", "PLAYER_REMOVED", "MISSING_VALUE", "ACCEPTED", "ACCEPTED",
    ]  # fmt: skip
    assert story.board() == [(1, 1, "ben", 2.4999), (2, 2, "ann", 1)]
    story.now_ms += HOUR_MS
    assert outcomes(story, points("z", "ann", 1), points("a", "ann", 1)) == ["AFTER_BELL", "DUPLICATE"]
    story.advance()
    assert outcomes(story, points("z", "ann", 1), points("a", "ann", 1)) == ["AFTER_BELL", "DUPLICATE"]
    gone = Story().players("ann")
    gone.when(commands.Cancel("x"))
    assert outcomes(gone, points("z", "ann", 1)) == ["CANCELLED"]


@pytest.mark.parametrize(
    ("name", "player_no"),
    [
        ("ann", 0),
        ("plr_ben", 1),
        ("TP_crunchy-cup_plr_ann_0", 0),
        ("TP_crunchy-cup_plr_ben_1", 1),
        ("TP_crunchy-cup_plr_ann_1", None),
        ("TP_crunchy-cup_plr_ann_9", None),
        ("TP_crunchy-cup_plr_ann_00", None),
        ("TP_crunchy-cup_plr_ann_-1", None),
        ("TP_crunchy-cup_plr_ann_٠", None),
        ("TP_crunchy-cup_plr_ann_" + "9" * 5_000, None),
        ("TP_other-cup_plr_ann_0", None),
        ("TP_", None),
        ("plr_ann_0", None),
    ],
)
def test_a_player_has_three_names_and_no_other(name: str, player_no: int | None) -> None:
    story = Story().players("ann", "ben").started()
    assert story.tournament.player_no_of(name) == player_no
    assert outcomes(story, points("f", name, 1)) == ["UNKNOWN_PLAYER" if player_no is None else "ACCEPTED"]


def test_a_refused_fact_may_come_again_when_it_would_count() -> None:
    story = Story().players("ann", "ben")
    assert outcomes(story, points("a", "ann", 1)) == ["NOT_STARTED"]
    assert outcomes(story.started(), points("a", "ann", 1)) == ["ACCEPTED"]


def test_equal_points_go_to_who_reached_them_first_and_a_zero_does_not_move_that() -> None:
    story = Story().players("ann", "ben", "cid").started()
    outcomes(story, points("1", "ben", 5), points("2", "ann", 5), points("3", "ben", 0), points("4", "cid", 9))
    assert story.board() == [(1, 1, "cid", 9), (2, 2, "ben", 5), (3, 2, "ann", 5)]


def test_without_points_the_order_is_that_of_registration() -> None:
    assert [row[2] for row in Story().players("zoe", "ann", "max").board()] == ["zoe", "ann", "max"]


_facts = st.lists(
    st.tuples(st.integers(0, 40), st.sampled_from("abcd"), st.integers(-5 * POINT_SCALE, 9 * POINT_SCALE)),
    max_size=60,
)


@given(_facts, st.lists(st.integers(1, 9), min_size=1))
def test_however_facts_are_batched_the_state_is_the_same(
    raw: list[tuple[int, str, int]], sizes: list[int]
) -> None:
    facts = [points(f"id-{n}", player, 0, points=amount) for n, player, amount in raw]
    whole, pieces = (Story(start_at_ms=1_800_000_100_000).players(*"abcd").started() for _ in range(2))
    count(whole.tournament, judge(whole.tournament, facts, whole.now_ms).counted)
    start = 0
    while start < len(facts):
        size = sizes[start % len(sizes)]
        counted = judge(pieces.tournament, facts[start : start + size], pieces.now_ms).counted
        count(pieces.tournament, decode_block(encode_block(counted)))
        start += size
    assert state_digest(whole.tournament) == state_digest(pieces.tournament)
    first: dict[str, tuple[str, int]] = {}
    for fact in facts:
        first.setdefault(fact.event_id, (fact.player, fact.points or 0))
    for entry in whole.tournament.entries:
        assert entry.points == sum(amount for player, amount in first.values() if player == entry.user_id)


@pytest.mark.parametrize("outcome", Outcome)
def test_outcomes_fit_a_byte(outcome: Outcome) -> None:
    assert Outcome(bytes([outcome])[0]) is outcome
