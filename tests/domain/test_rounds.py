"""Rounds, elimination, survivors, revival by rebuy, and the bell with its grace."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.domain.money import POINT_SCALE
from server.domain.refusal import Code, Refusal
from server.domain.tournament import commands, events
from server.domain.tournament.lifecycle import Status
from server.domain.tournament.play.schedule import next_due_ms
from server.domain.tournament.rules.rules import Rounds
from tests.support.builders import HOUR_MS, NOW_MS, Story, points, pool

MINUTE_MS = 60_000


def rounds(count: int = 3, **changes: object) -> Rounds:
    return Rounds(count, MINUTE_MS, **changes)  # type: ignore[arg-type]


def playing(users: str, of: Rounds, **changes: Any) -> Story:
    """A tournament in its first round; user n has n points less than the best."""
    story = Story(rounds=of, **changes).players(*users).started()
    return story.score(**{user: len(users) - n for n, user in enumerate(users)})


@pytest.mark.parametrize(
    ("active", "of", "paid_places", "out"),
    [
        (10, rounds(elimination_rate=2_500), 1, 2),  # floor(10 * 0.25)
        (11, rounds(elimination_rate=3_333), 1, 3),  # floor(3.6663)
        (3, rounds(elimination_rate=2_500), 1, 0),
        (10, rounds(elimination_rate=9_000), 3, 7),  # never below the paid places
        (10, rounds(elimination_rate=9_000, survivors=6), 3, 4),
        (4, rounds(elimination_rate=5_000, survivors=6), 3, 0),
        (10, rounds(eliminate=4), 1, 4),
        (10, rounds(eliminate=40), 1, 9),
        (10, rounds(survivors=4), 1, 6),
        (10, rounds(), 1, 0),
        (0, rounds(eliminate=4), 1, 0),
    ],
)
def test_how_many_go_out_by_hand(active: int, of: Rounds, paid_places: int, out: int) -> None:
    assert of.eliminated_of(active, paid_places) == out


def test_later_rounds_stand_before_earlier_ones_then_their_rank() -> None:
    story = playing("abcdefgh", rounds(elimination_rate=5_000, survivors=1))
    story.advance(MINUTE_MS + 5_000)
    over = next(e for e in story.events if isinstance(e, events.RoundCompleted))
    assert over.eliminated == (7, 6, 5, 4)
    story.score(d=50)
    story.advance(MINUTE_MS + 5_000)
    assert [row[2] for row in story.board()] == ["d", "a", "b", "c", "e", "f", "g", "h"]
    assert story.tournament.round_no == 3 and story.tournament.in_play == 2
    story.advance(MINUTE_MS)
    assert story.tournament.status is Status.COMPLETED
    story.advance(5_000)
    results = story.tournament.results
    assert results is not None
    assert [line.player_no for line in results.prizes] == [3, 0, 1]


def test_at_most_one_player_left_ends_it() -> None:
    story = playing("abcd", rounds(9, eliminate=3, survivors=1))
    story.advance(MINUTE_MS + 5_000)
    assert story.tournament.status is Status.COMPLETED
    assert [type(e).__name__ for e in story.events[-2:]] == ["RoundCompleted", "Completed"]


def test_a_rebuy_revives_while_the_round_is_the_last_one_finished_and_keeps_the_points() -> None:
    story = playing("abcd", rounds(4, eliminate=1, survivors=1), rebuy_enabled=True, rebuy_fee_minor=5_00)
    story.advance(MINUTE_MS + 5_000)
    assert story.facts(points("x", "d", 9)) == ["PLAYER_ELIMINATED"]
    story.when(commands.Rebuy("d", paid_minor=5_00))
    assert story.tournament.in_play == 4 and story.board()[3] == (4, 4, "d", 1)
    assert story.facts(points("y", "d", 9)) == ["ACCEPTED"]
    story.advance(MINUTE_MS + 5_000)
    story.advance(MINUTE_MS + 5_000)
    with pytest.raises(Refusal) as caught:
        story.when(commands.Rebuy("c", paid_minor=5_00))
    assert caught.value.code is Code.REBUY_NOT_ALLOWED and caught.value.detail["rule"] == "eliminated"


def test_where_the_best_entry_counts_a_rebuy_begins_a_new_attempt() -> None:
    story = Story(rebuy_enabled=True, entry_scoring="best_entry").players("ann", "ben").started()
    story.score(ann=5).when(commands.Rebuy("ann", paid_minor=10_00))
    story.now_ms += 1_000
    story.score(ann=3, ben=4)
    assert [(row[2], row[3]) for row in story.board()] == [("ann", 5), ("ben", 4)]
    story.score(ann=4)
    assert story.board()[0] == (1, 1, "ann", 7)
    late = points("late", "ann", 10, occurred_at_ms=NOW_MS - 1)
    assert story.facts(late) == ["ACCEPTED"] and story.board()[0][3] == 15, (
        "it was played in the first attempt"
    )


@pytest.mark.parametrize(
    ("opened_ms", "came_ms", "outcome"),
    [
        (HOUR_MS - 1, HOUR_MS + 4_999, "ACCEPTED"),  # opened before the bell, within the grace
        (HOUR_MS - 1, HOUR_MS + 5_000, "AFTER_BELL"),  # too late
        (HOUR_MS, HOUR_MS + 1, "AFTER_BELL"),  # one millisecond after the bell never scores
        (HOUR_MS + 1, HOUR_MS + 1, "AFTER_BELL"),
    ],
)
def test_the_bell_by_hand(opened_ms: int, came_ms: int, outcome: str) -> None:
    story = Story(duration_ms=HOUR_MS).players("ann", "ben").started()
    story.advance(HOUR_MS)
    story.advance(came_ms - HOUR_MS)
    fact_ = points("late", "ann", 3, opened_at_ms=NOW_MS + opened_ms, occurred_at_ms=NOW_MS + came_ms)
    assert story.facts(fact_) == [outcome]
    repeated = "DUPLICATE" if outcome == "ACCEPTED" else "AFTER_BELL"
    assert story.facts(fact_) == [repeated], "told as the first time"
    assert story.tournament.facts_counted == 1, "both times are stored, also of what does not score"
    assert story.board()[0][3] == (3 if outcome == "ACCEPTED" else 0)


def test_between_two_rounds_nothing_scores_and_late_facts_of_the_round_do() -> None:
    story = playing("ab", rounds())
    story.now_ms += MINUTE_MS + 4_000
    old = points("old", "b", 5, occurred_at_ms=NOW_MS + MINUTE_MS - 1)
    between = points("between", "b", 5, occurred_at_ms=NOW_MS + MINUTE_MS)
    assert story.facts(old, between) == ["ACCEPTED", "AFTER_BELL"]
    story.advance(1_000)
    assert story.tournament.round_no == 2
    stale = points("stale", "b", 5, occurred_at_ms=NOW_MS + MINUTE_MS - 1)
    fresh = points("fresh", "b", 5, occurred_at_ms=story.now_ms)
    assert story.facts(stale, fresh) == ["AFTER_BELL", "ACCEPTED"]
    second_bell_ms = NOW_MS + MINUTE_MS + 5_000 + MINUTE_MS
    assert next_due_ms(story.tournament) == second_bell_ms
    assert story.advance(MINUTE_MS) == [events.RoundEnded(2)]
    assert next_due_ms(story.tournament) == second_bell_ms + 5_000, "its grace"


def test_an_outage_gives_late_facts_their_grace_after_it() -> None:
    """We were away over the end: the grace counts from when we could hear again."""
    story = Story(duration_ms=HOUR_MS).players("ann", "ben").started()
    story.advance(HOUR_MS + 60_000)
    fact_ = points("late", "ann", 3, occurred_at_ms=NOW_MS + HOUR_MS - 1)
    assert story.facts(fact_) == ["ACCEPTED"]


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_facts_in_any_order_within_the_grace_eliminate_the_same_players(data: st.DataObject) -> None:
    """Facts of a round, shuffled, some of them coming only within the grace."""
    raw = data.draw(
        st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(0, 4), st.integers(0, 66)), max_size=20)
    )
    played = [
        points(f"f{n}", user, amount, occurred_at_ms=NOW_MS + second * 1_000)
        for n, (user, amount, second) in enumerate(raw)
    ]
    boards = []
    for order in (played, data.draw(st.permutations(played))):
        story = Story(rounds=rounds(2, eliminate=3, survivors=1)).players(*"abcdef").started()
        split = data.draw(st.integers(0, len(order)))
        story.now_ms += MINUTE_MS
        story.facts(*order[:split])
        story.now_ms += 4_999
        story.facts(*order[split:])
        story.advance(1)
        boards.append((story.board(), story.tournament.in_play))
    assert boards[0] == boards[1]


def test_late_registration_may_end_with_a_round() -> None:
    story = Story(rounds=rounds(), late_registration_rounds=2).players("ann", "ben").started()
    story.advance(MINUTE_MS + 5_000)
    story.players("cid")
    story.advance(MINUTE_MS + 5_000)
    with pytest.raises(Refusal) as caught:
        story.players("dan")
    assert caught.value.code is Code.REGISTRATION_CLOSED


def test_progress_of_rounds_decides_what_a_cancellation_gives_back() -> None:
    story = Story(rounds=rounds(4), prize_pool=pool()).players("ann", "ben").started()
    story.advance(MINUTE_MS + 5_000)
    story.when(commands.Cancel("storm"))
    cancellation = story.tournament.cancellation
    assert cancellation is not None
    assert [line.refund_minor for line in cancellation.refunds] == [7_50, 7_50], "one of four rounds is over"


def test_a_score_of_points_may_have_four_places() -> None:
    story = Story().players("ann", "ben").started()
    story.facts(points("a", "ann", 0, points=1), points("b", "ben", 0, points=2))
    assert [row[3] * POINT_SCALE for row in story.board()] == [2, 1]
