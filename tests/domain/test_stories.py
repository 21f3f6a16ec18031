"""Tournaments told as stories: given events, when a command, then events or a refusal."""

from collections.abc import Callable
from typing import Any

import pytest

from server.domain.refusal import Code, Refusal
from server.domain.tournament import commands
from server.domain.tournament.lifecycle import TRANSITIONS, ResultsStatus, Status, is_over
from server.domain.tournament.play.schedule import next_due_ms
from tests.support.builders import HOUR_MS, NOW_MS, Story, pool, register


def refusal_of(act: Callable[[], object]) -> Refusal:
    with pytest.raises(Refusal) as caught:
        act()
    return caught.value


def test_nothing_leaves_completed_or_cancelled() -> None:
    assert {status for status in TRANSITIONS if is_over(status)} == {Status.COMPLETED, Status.CANCELLED}


def test_registration_opens_at_once_by_default_and_on_time_otherwise() -> None:
    assert Story().tournament.status is Status.OPEN
    later = Story(registration_opens_ms=NOW_MS + 1_000)
    assert later.tournament.status is Status.SCHEDULED
    later.advance(1_000)
    assert later.tournament.status is Status.OPEN


def test_it_starts_at_the_start_time_with_enough_players_and_ends_on_time() -> None:
    story = Story(duration_ms=HOUR_MS).players("ann", "ben")
    story.advance(HOUR_MS - 1)
    assert story.tournament.status is Status.OPEN
    story.advance(1)
    assert story.tournament.status is Status.IN_PROGRESS
    story.score(ann=5).advance(HOUR_MS)
    assert story.tournament.status is Status.COMPLETED
    assert story.tournament.results_status is ResultsStatus.PROVISIONAL
    story.advance(5_000)
    assert story.tournament.results_status is ResultsStatus.FINAL


def test_too_few_players_at_the_start_time_cancel_it_with_a_full_refund() -> None:
    story = Story(fee_minor=50).players("ann")
    story.advance(HOUR_MS)
    state = story.tournament
    assert state.status is Status.CANCELLED and state.cancellation is not None
    assert state.cancellation.reason == "Insufficient players"
    assert [line.refund_minor for line in state.cancellation.refunds] == [1_050]


def test_an_outage_over_the_whole_planned_time_cancels_instead_of_paying_for_nothing() -> None:
    story = Story(end_at_ms=NOW_MS + 2 * HOUR_MS).players("ann", "ben")
    story.advance(3 * HOUR_MS)
    assert story.tournament.status is Status.CANCELLED
    assert story.tournament.cancellation is not None
    assert len(story.tournament.cancellation.refunds) == 2


def test_an_outage_over_the_start_starts_late_and_plays_the_whole_duration() -> None:
    story = Story(duration_ms=HOUR_MS).players("ann", "ben")
    story.advance(5 * HOUR_MS)
    assert story.tournament.status is Status.IN_PROGRESS
    story.advance(HOUR_MS - 1)
    assert story.tournament.status is Status.IN_PROGRESS
    story.advance(1)
    assert story.tournament.status is Status.COMPLETED


def test_late_registration_goes_on_after_the_start_for_its_time_and_within_the_cap() -> None:
    story = Story(late_registration_ms=60_000, max_players=4).players("ann", "ben")
    story.advance(HOUR_MS)
    story.advance(59_999)
    story.players("cid")
    assert story.board()[-1] == (3, 1, "cid", 0) and story.tournament.collected_minor == 3_000
    story.players("dan")
    assert refusal_of(lambda: story.players("eve")).code is Code.TOURNAMENT_FULL
    story.advance(1)
    assert refusal_of(lambda: story.players("eve")).code is Code.REGISTRATION_CLOSED


def test_too_few_players_may_start_anyway_but_not_nobody() -> None:
    story = Story(on_min_players_missed="start").players("ann")
    story.advance(HOUR_MS)
    assert story.tournament.status is Status.IN_PROGRESS
    nobody = Story(on_min_players_missed="start")
    nobody.advance(HOUR_MS)
    assert nobody.tournament.status is Status.CANCELLED


def test_too_few_players_may_be_waited_for() -> None:
    def waiting() -> Story:
        rules: dict[str, Any] = {"on_min_players_missed": "wait", "wait_until_ms": NOW_MS + 2 * HOUR_MS}
        story = Story(**rules).players("ann")
        story.advance(HOUR_MS)
        assert story.tournament.status is Status.OPEN
        assert next_due_ms(story.tournament) == NOW_MS + 2 * HOUR_MS
        return story

    came = waiting()
    came.advance(HOUR_MS - 1)
    came.players("ben").advance()
    assert came.tournament.status is Status.IN_PROGRESS
    alone = waiting()
    alone.advance(HOUR_MS)
    assert alone.tournament.status is Status.CANCELLED
    assert alone.tournament.cancellation is not None
    assert [line.refund_minor for line in alone.tournament.cancellation.refunds] == [1_000]


def test_registering_twice_names_the_existing_player() -> None:
    story = Story().players("ann")
    refusal = refusal_of(lambda: story.when(register("ann")))
    assert refusal.code is Code.ALREADY_REGISTERED
    assert refusal.detail["player_id"] == "plr_ann"


def test_guards_answer_in_their_order() -> None:
    """A request with every fault at once, repaired one by one."""
    story = Story(max_players=2).players("ann", "ben")
    wrong = register("ann", paid_minor=1)
    assert refusal_of(lambda: story.when(wrong)).code is Code.ALREADY_REGISTERED
    wrong = register("cid", paid_minor=1)
    story.now_ms += HOUR_MS
    assert refusal_of(lambda: story.when(wrong)).code is Code.REGISTRATION_CLOSED
    story.now_ms -= HOUR_MS
    assert refusal_of(lambda: story.when(wrong)).code is Code.TOURNAMENT_FULL
    story.when(commands.Remove("ben"))
    assert refusal_of(lambda: story.when(wrong)).code is Code.WRONG_AMOUNT
    story.when(register("cid"))
    assert story.tournament.seated == 2


@pytest.mark.parametrize(
    ("paid", "payment", "accepted"),
    [
        (1_050, None, True),
        (None, "pay-1", True),
        (1_000, "pay-1", False),
        (None, None, False),
        (0, None, False),
    ],
)
def test_the_amount_paid_is_the_price_or_a_payment_id_stands_for_it(
    paid: int | None, payment: str | None, accepted: bool
) -> None:
    story = Story(fee_minor=50)
    act = register("ann", paid_minor=paid, payment_id=payment)
    if accepted:
        story.when(act)
        assert story.tournament.collected_minor == 1_000 and story.tournament.fees_minor == 50
    else:
        assert refusal_of(lambda: story.when(act)).code is Code.WRONG_AMOUNT


def test_leaving_before_the_start_frees_the_place_and_the_user_may_come_back() -> None:
    story = Story(max_players=2).players("ann", "ben")
    story.when(commands.Remove("ann"))
    story.when(register("ann"))
    assert story.tournament.seated == 2 and len(story.tournament.entries) == 3
    assert story.tournament.entry_named("ann").player_no == 2


def test_leaving_during_play_forfeits_and_the_last_one_left_wins() -> None:
    story = Story().players("ann", "ben").started().score(ann=9, ben=1)
    events = story.when(commands.Remove("ann"))
    assert events[0].refunds == ()  # type: ignore[union-attr]
    story.advance()
    assert story.tournament.status is Status.COMPLETED
    story.advance(5_000)
    results = story.tournament.results
    assert results is not None
    assert [(p.player_no, p.amount_minor) for p in results.prizes] == [(1, 2_000)]


def test_rebuys_only_in_play_up_to_the_limit_all_or_nothing() -> None:
    story = Story(rebuy_enabled=True, rebuy_fee_minor=700, max_entries_per_player=3).players("ann", "ben")
    buy = commands.Rebuy("ann", paid_minor=700)
    assert refusal_of(lambda: story.when(buy)).code is Code.REBUY_NOT_ALLOWED
    story.started().when(buy)
    assert (
        refusal_of(lambda: story.when(commands.Rebuy("ann", 2, paid_minor=1_400))).code
        is Code.REBUY_LIMIT_REACHED
    )
    story.when(buy)
    assert refusal_of(lambda: story.when(buy)).code is Code.REBUY_LIMIT_REACHED
    assert story.tournament.entry_named("ann").entries == 3
    assert story.tournament.collected_minor == 2_000 + 1_400


def test_rebuys_are_refused_when_off_after_the_deadline_and_for_the_removed() -> None:
    off = Story().players("ann", "ben").started()
    assert refusal_of(lambda: off.when(commands.Rebuy("ann", paid_minor=0))).code is Code.REBUY_NOT_ALLOWED
    late = Story(rebuy_enabled=True, rebuy_deadline_ms=NOW_MS + HOUR_MS + 1)
    late.players("ann", "ben", "cid").advance(HOUR_MS)
    late.when(commands.Remove("cid"))
    assert "has left" in refusal_of(lambda: late.when(commands.Rebuy("cid", paid_minor=1_000))).message
    late.advance(1)
    assert "deadline" in refusal_of(lambda: late.when(commands.Rebuy("ann", paid_minor=1_000))).message


def test_starting_by_hand_needs_players_and_works_before_registration_opens() -> None:
    story = Story(min_players=2).players("ann")
    assert refusal_of(lambda: story.when(commands.Start())).code is Code.NOT_ENOUGH_PLAYERS
    story.players("ben").when(commands.Start())
    assert story.when(commands.Start()) == []


def test_finishing_and_cancelling_follow_the_lifecycle() -> None:
    story = Story().players("ann", "ben")
    assert refusal_of(lambda: story.when(commands.Finish())).code is Code.INVALID_STATUS
    story.started().when(commands.Finish())
    assert story.when(commands.Finish()) == []
    assert refusal_of(lambda: story.when(commands.Cancel("x"))).code is Code.INVALID_STATUS
    gone = Story().players("ann")
    gone.when(commands.Cancel("first"))
    assert gone.when(commands.Cancel("second")) == []
    assert gone.tournament.cancellation is not None and gone.tournament.cancellation.reason == "first"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"buy_in_minor": 5}, "buy_in_minor"),
        ({"max_players": 50}, "max_players"),
        ({"start_at_ms": NOW_MS + 2 * HOUR_MS}, "start_at_ms"),
        ({"prize_pool": pool("fixed", 100)}, "prize_pool"),
    ],
)
def test_what_an_open_tournament_may_not_change(change: dict, why: str) -> None:  # type: ignore[type-arg]
    story = Story(prize_pool=pool("fixed", 50_000))
    refusal = refusal_of(lambda: story.when(commands.Update(change)))
    assert refusal.code is Code.UPDATE_NOT_ALLOWED and set(refusal.detail["fields"]) == {why}


def test_what_an_open_tournament_may_change_and_every_change_is_a_new_version() -> None:
    story = Story(prize_pool=pool("fixed", 50_000)).players("ann")
    story.when(commands.Update({"name": "New", "max_players": 120, "prize_pool": pool("fixed", 60_000)}))
    rules = story.tournament.rules
    assert (rules.name, rules.max_players, rules.rules_version) == ("New", 120, 2)
    story.when(commands.Update({"registration_closes_ms": NOW_MS + 1_000}))
    story.when(commands.Update({"registration_closes_ms": NOW_MS + 2_000}))
    refusal = refusal_of(lambda: story.when(commands.Update({"registration_closes_ms": NOW_MS + 1_500})))
    assert refusal.code is Code.UPDATE_NOT_ALLOWED
    assert story.tournament.entries[0].rules_version == 1
    assert story.when(commands.Update({"name": "New"})) == []


def test_in_play_only_the_name_changes_and_over_nothing_does() -> None:
    story = Story().players("ann", "ben").started()
    story.now_ms += 2 * HOUR_MS
    story.when(commands.Update({"name": "Live name"}))
    assert (
        refusal_of(lambda: story.when(commands.Update({"max_players": 500}))).code is Code.UPDATE_NOT_ALLOWED
    )
    story.when(commands.Finish())
    assert refusal_of(lambda: story.when(commands.Update({"name": "Late"}))).code is Code.UPDATE_NOT_ALLOWED


def test_a_scheduled_tournament_may_change_everything_that_makes_sense() -> None:
    story = Story(registration_opens_ms=NOW_MS + 1_000)
    story.when(commands.Update({"buy_in_minor": 5, "max_players": 3, "start_at_ms": NOW_MS + 3 * HOUR_MS}))
    refusal = refusal_of(lambda: story.when(commands.Update({"start_at_ms": NOW_MS - 1, "min_players": 9})))
    assert refusal.code is Code.VALIDATION_FAILED
    assert {"start_at_ms", "max_players"} <= set(refusal.detail["fields"])
