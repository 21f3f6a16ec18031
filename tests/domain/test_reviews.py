"""What is asked for after results are final, and what a person decides about it."""

from typing import Any

import pytest

from server.domain.money import POINT_SCALE
from server.domain.refusal import Code, Refusal
from server.domain.tournament import commands, events
from server.domain.tournament.money.pool import Item, PrizePool
from tests.support.builders import Story, pool

PLAYERS = ("ann", "ben", "cid", "dan")


def finished(**changes: Any) -> Story:
    """Ann before Ben before Cid before Dan; 100.00 to win: 50, 30, 20."""
    changes = {"prize_pool": pool("fixed", 100_00)} | changes
    story = Story(**changes).players(*PLAYERS).started()
    return story.score(ann=40, ben=30, cid=20, dan=10).finished()


def prizes(story: Story) -> dict[str, int]:
    """What each player is owed or was paid."""
    owed: dict[str, int] = {}
    for payout in story.tournament.payouts.values():
        if payout.state != "void":
            user = story.tournament.entries[payout.player_no].user_id
            owed[user] = owed.get(user, 0) + payout.amount_minor
    return {user: amount for user, amount in owed.items() if amount}


def pay(story: Story, user: str) -> None:
    no = story.tournament.no_of[user]
    names = [p.id for p in story.tournament.payouts.values() if p.player_no == no and p.state == "approved"]
    story.when(commands.Settle(tuple(events.PayoutStep(name, "paid", "ref") for name in names)))


def code_of(story: Story, command: commands.Command) -> Code:
    with pytest.raises(Refusal) as caught:
        story.when(command)
    return caught.value.code


def test_a_disqualification_upheld_gives_the_unpaid_prize_to_those_who_move_up() -> None:
    story = finished()
    assert prizes(story) == {"ann": 50_00, "ben": 30_00, "cid": 20_00}
    story.when(commands.Disqualify("ann", "cheated", by="maker"))
    assert story.when(commands.Disqualify("ann", "cheated", by="maker")) == [], "asked for already"
    assert prizes(story) == {"ann": 50_00, "ben": 30_00, "cid": 20_00}, "nothing changes silently"
    story.when(commands.DecideReview(1, "uphold", "the log shows it"))
    assert prizes(story) == {"ben": 50_00, "cid": 30_00, "dan": 20_00}
    assert [row[2] for row in story.board()] == ["ben", "cid", "dan"]
    review = story.tournament.reviews[0]
    assert (review.status, review.decision_reason) == ("upheld", "the log shows it")
    assert story.tournament.open_reviews() == 0


def test_a_prize_that_is_paid_stays_paid_and_nobody_moves_up_for_it() -> None:
    story = finished()
    pay(story, "ann")
    story.when(commands.Disqualify("ann", "cheated"))
    story.when(commands.DecideReview(1, "uphold", "too late"))
    assert prizes(story) == {"ann": 50_00, "ben": 30_00, "cid": 20_00}


def test_the_house_keeps_a_forfeited_prize_where_the_rules_say_so() -> None:
    story = finished(forfeited_prizes="retain")
    story.when(commands.Disqualify("ann", "cheated"))
    (decided,) = story.when(commands.DecideReview(1, "uphold", "the log shows it"))
    assert isinstance(decided, events.ReviewDecided) and decided.retained_minor == 50_00
    assert prizes(story) == {"ben": 30_00, "cid": 20_00}
    assert story.tournament.results is not None and story.tournament.results.unclaimed_minor == 50_00


def test_an_adjustment_upheld_moves_players_and_what_is_not_paid() -> None:
    story = finished()
    pay(story, "cid")
    story.when(commands.Correct("adjust", "counted twice", "ann", points=-15 * POINT_SCALE))
    story.when(commands.DecideReview(1, "uphold", "right"))
    assert [row[2] for row in story.board()] == ["ben", "ann", "cid", "dan"]
    assert prizes(story) == {"ben": 50_00, "ann": 30_00, "cid": 20_00}
    story.when(commands.Correct("adjust", "again", "ann", points=-10 * POINT_SCALE))
    story.when(commands.DecideReview(2, "uphold", "right"))
    assert prizes(story) == {"ben": 50_00, "ann": 20_00, "cid": 30_00}, "cid gets what ann loses"
    assert sum(prizes(story).values()) == 100_00


def test_a_thing_goes_to_the_next_player_unless_it_was_handed_out() -> None:
    story = finished(prize_pool=PrizePool("fixed", 0, (1_000_000,), items=(Item(1, 1, "car", "RED"),)))
    story.when(commands.Disqualify("ann", "cheated"))
    (decided,) = story.when(commands.DecideReview(1, "uphold", "right"))
    assert isinstance(decided, events.ReviewDecided)
    assert [(a.player_no, a.kind, a.code, a.quantity) for a in decided.awards] == [(1, "car", "RED", 1)]
    assert [(item.player_no, item.quantity) for item in decided.items] == [(1, 1)]


def test_a_thing_stays_with_who_has_it_when_another_loses_money() -> None:
    pool_of = PrizePool("fixed", 100_00, (700_000, 300_000), items=(Item(2, 2, "car", "RED"),))
    story = finished(prize_pool=pool_of)
    story.when(commands.Disqualify("ben", "cheated"))
    story.when(commands.DecideReview(1, "uphold", "right"))
    things = [line for line in story.tournament.payouts.values() if line.code is not None]
    assert all(line.amount_minor == 0 for line in things)
    assert prizes(story) == {"ann": 70_00, "cid": 30_00}


def test_a_review_is_stale_by_order_and_not_by_the_clock() -> None:
    story = finished()
    story.when(commands.Correct("reset", "bot", "ann"))
    story.when(commands.DecideReview(1, "uphold", "right"))
    story.when(commands.Correct("adjust", "given back", "ann", points=5 * POINT_SCALE))
    story.when(commands.DecideReview(2, "uphold", "right"))
    assert [one.status for one in story.tournament.reviews] == ["upheld", "upheld"], "at one instant"


def test_a_review_is_decided_once_and_dismissed_changes_nothing() -> None:
    story = finished()
    assert code_of(story, commands.DecideReview(1, "uphold", "x")) is Code.REVIEW_NOT_FOUND
    story.when(commands.Disqualify("ann", "cheated"))
    story.when(commands.DecideReview(1, "dismiss", "no evidence"))
    assert prizes(story) == {"ann": 50_00, "ben": 30_00, "cid": 20_00}
    assert code_of(story, commands.DecideReview(1, "uphold", "x")) is Code.REVIEW_CLOSED


def test_a_second_correction_of_one_score_is_asked_for_again() -> None:
    story = finished()
    for _ in range(2):
        story.when(commands.Correct("reset", "bot", "ann"))
    story.when(commands.DecideReview(1, "uphold", "right"))
    assert code_of(story, commands.DecideReview(2, "uphold", "right")) is Code.REVIEW_CLOSED
    story.when(commands.DecideReview(2, "dismiss", "done"))


def test_with_two_keys_another_person_decides() -> None:
    story = Story(prize_pool=pool("fixed", 100_00), payout_approval="two_keys").players(*PLAYERS).started()
    story.score(ann=4, ben=3, cid=2, dan=1).finished()
    story.when(commands.Approve("first"))
    story.when(commands.Approve("second"))
    story.when(commands.Disqualify("ann", "cheated", by="first"))
    assert code_of(story, commands.DecideReview(1, "uphold", "x", "first")) is Code.SECOND_KEY_NEEDED
    story.when(commands.DecideReview(1, "uphold", "x", "second"))
    assert prizes(story)["ben"] == 50_00


def test_things_of_two_kinds_may_have_one_code() -> None:
    items = (Item(1, 1, "ticket", "GOLD"), Item(2, 2, "car", "GOLD", 2))
    story = finished(prize_pool=PrizePool("fixed", 0, (1_000_000,), items=items))
    story.when(commands.Disqualify("ann", "cheated"))
    (decided,) = story.when(commands.DecideReview(1, "uphold", "right"))
    assert isinstance(decided, events.ReviewDecided)
    held = {(line.player_no, line.kind, line.position, line.quantity) for line in decided.items}
    assert held == {(1, "ticket", 1, 1), (2, "car", 2, 2)}
