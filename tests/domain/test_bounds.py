"""What is accepted can always be stored, encoded and printed; times and names of outsiders prove nothing."""

import pytest

from server.domain.refusal import Code, Refusal
from server.domain.scoring.bounds import ADJUSTED_MAX, SUM_MAX, VALUE_MAX
from server.domain.scoring.declaration import Scoring
from server.domain.scoring.fact import Counted, Outcome
from server.domain.tournament import commands, events
from server.domain.tournament.money.pool import (
    AMOUNT_MAX_MINOR,
    COLLECTED_MAX_MINOR,
    FieldShares,
    Item,
    PrizePool,
)
from server.domain.tournament.play.facts import count, judge
from server.domain.tournament.rules.checks import faults_of
from server.domain.tournament.rules.rules import DURATION_DEFAULT_MS, Rounds
from server.encoding import codec
from tests.support.builders import HOUR_MS, NOW_MS, Story, fields, points, register


def refusal_of(story: Story, command: commands.Command) -> Refusal:
    with pytest.raises(Refusal) as caught:
        story.when(command)
    return caught.value


def test_no_sum_of_facts_and_corrections_grows_beyond_what_can_be_stored() -> None:
    story = Story(scoring=Scoring("total_win")).players("ann", "ben").started()
    many = [points(f"f{n}", "ann", 0, win=VALUE_MAX) for n in range(5_000)]
    while story.facts(*many)[0] == "ACCEPTED":
        many = [one._replace(event_id=f"{one.event_id}+") for one in many]
    assert story.facts(points("last", "ann", 0, win=1)) == ["OUT_OF_RANGE"]
    entry = story.tournament.entries[0]
    assert SUM_MAX < entry.points < 1 << 63
    story.when(commands.Correct("adjust", "x", "ann", points=ADJUSTED_MAX))
    assert refusal_of(story, commands.Correct("adjust", "x", "ann", points=1)).code is Code.VALIDATION_FAILED
    assert entry.points < 1 << 63
    again = codec.decode_state(codec.encode_state(story.tournament))
    late = [points(f"{who}'s last", who, 0, win=1) for who in ("ann", "ben")]
    assert judge(again, late, story.now_ms).outcomes == [Outcome.OUT_OF_RANGE, Outcome.ACCEPTED]
    assert story.finished().tournament.results is not None


def test_a_sum_that_was_reset_takes_facts_again() -> None:
    story = Story(scoring=Scoring("total_win")).players("ann", "ben").started()
    for n in range(2):
        story.facts(*(points(f"{n}-{i}", "ann", 0, win=VALUE_MAX) for i in range(5_000)))
    while story.facts(points(f"more{story.tournament.seq}", "ann", 0, win=VALUE_MAX)) == ["ACCEPTED"]:
        pass
    story.when(commands.Correct("reset", "played on a broken game", "ann"))
    assert story.facts(points("again", "ann", 0, win=1)) == ["ACCEPTED"]


def test_a_ratio_beyond_every_score_is_the_greatest_score() -> None:
    story = Story(scoring=Scoring("win_to_stake")).players("ann", "ben").started()
    story.facts(*(points(f"f{n}", "ann", 0, win=VALUE_MAX, bet=1 if n == 0 else 0) for n in range(50)))
    assert story.tournament.entries[0].points == SUM_MAX
    codec.encode_state(story.tournament)


def test_a_tournament_collects_at_most_what_every_reader_can_hold() -> None:
    story = Story(buy_in_minor=AMOUNT_MAX_MINOR, max_players=None)
    for n in range(80):
        story.when(register(f"u{n}", paid_minor=AMOUNT_MAX_MINOR))
    refused = refusal_of(story, register("one-more", paid_minor=AMOUNT_MAX_MINOR))
    assert refused.code is Code.AMOUNT_LIMIT_REACHED
    assert story.tournament.collected_minor == COLLECTED_MAX_MINOR < 1 << 53


@pytest.mark.parametrize("name", ["TP_crunchy-cup_plr_ann_0", "plr_ann", "TP_", "plr_"])
def test_no_user_may_take_a_name_that_could_be_another_players(name: str) -> None:
    story = Story().players("ann")
    refused = refusal_of(story, register(name))
    assert refused.code is Code.VALIDATION_FAILED and "user_id" in refused.detail["fields"]


def test_a_payment_buys_once() -> None:
    story = Story(rebuy_enabled=True).players("ann", "ben").started()
    used = commands.PaymentUse("crunchy-cup", "plr_ann", "entry")
    for command in (
        commands.Rebuy("ann", payment_id="pay-1", used=used),
        commands.Register("cid", story.tournament.entries[0].player_id, "Cid", payment_id="pay-1", used=used),
    ):
        code = refusal_of(story, command).code
        assert code in (Code.PAYMENT_ALREADY_USED, Code.REGISTRATION_CLOSED)
    assert (
        refusal_of(story, commands.Rebuy("ann", payment_id="p", used=used)).code is Code.PAYMENT_ALREADY_USED
    )


def test_leaving_during_play_does_not_give_back_the_entries_that_one_may_buy() -> None:
    story = Story(max_entries_per_player=1, late_registration_ms=HOUR_MS).players("ann", "ben", "cid")
    story.when(commands.Remove("cid"))
    story.players("cid").started()  # a refunded entry does not count
    story.when(commands.Remove("cid"))
    assert refusal_of(story, register("cid")).code is Code.REBUY_LIMIT_REACHED


def test_rounds_of_before_the_start_and_of_the_future_do_not_score() -> None:
    story = Story().players("ann", "ben").started()
    story.now_ms += 60_000
    early, late = NOW_MS - 1_001, story.now_ms + 60_001
    assert story.facts(
        points("a", "ann", 1, opened_at_ms=early),
        points("b", "ann", 1, occurred_at_ms=early),
        points("c", "ann", 1, occurred_at_ms=late),
        points("d", "ann", 1, opened_at_ms=NOW_MS - 1_000, occurred_at_ms=story.now_ms + 60_000),
    ) == ["NOT_STARTED", "NOT_STARTED", "OUT_OF_RANGE", "ACCEPTED"]


def test_a_late_player_scores_from_registration_on() -> None:
    story = Story(late_registration_ms=HOUR_MS).players("ann", "ben").started()
    story.now_ms += 600_000
    story.players("cid")
    before = points("a", "cid", 1, occurred_at_ms=story.now_ms - 60_000)
    assert story.facts(before, points("b", "cid", 1, occurred_at_ms=story.now_ms)) == [
        "NOT_STARTED",
        "ACCEPTED",
    ]


@pytest.mark.parametrize("scoring", [Scoring("streak"), Scoring("race_to_target", target=10**9)])
def test_facts_in_the_wrong_order_cost_one_pass_and_not_one_each(scoring: Scoring) -> None:
    """A batch in reverse was quadratic: 5,000 facts after 20,000 took the owner minutes."""
    story = Story(scoring=scoring).players("ann", "ben").started()
    story.now_ms += 60_000
    passes = 0
    settle = story.tournament.scorer._settle
    assert settle is not None

    def counting(tally: object) -> None:
        nonlocal passes
        passes += 1
        settle(tally)  # type: ignore[arg-type]

    story.tournament.scorer._settle = counting
    story.facts(*(points(f"f{n}", "ann", 0, win=1, occurred_at_ms=NOW_MS + 9_000 - n) for n in range(5_000)))
    assert passes == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"rebuy_enabled": True, "max_entries_per_player": 1}, "max_entries_per_player"),
        ({"rebuy_fee_minor": 5}, "rebuy_fee_minor"),
        ({"rebuy_deadline_ms": NOW_MS + 2 * HOUR_MS}, "rebuy_deadline_ms"),
        ({"rounds": Rounds(2, 60_000), "duration_ms": DURATION_DEFAULT_MS + 1_000}, "duration_ms"),
        ({"start_at_ms": 1 << 60}, "start_at_ms"),
        ({"registration_opens_ms": -1}, "registration_opens_ms"),
        ({"prize_pool": PrizePool(shares=(10**40,), unit="weight")}, "prize_pool.distribution"),
        ({"prize_pool": PrizePool(by_field=(FieldShares(1 << 70, (1,)),))}, "prize_pool.field_sizes"),
        ({"prize_pool": PrizePool(items=(Item(1, 1, "a:b", "c"),))}, "prize_pool.items"),
    ],
)
def test_settings_that_contradict_each_other_or_cannot_be_held_are_refused(
    changes: dict[str, object], field: str
) -> None:
    assert field in faults_of(fields(**changes), NOW_MS)


def test_the_rules_change_at_most_a_thousand_times() -> None:
    story = Story(registration_opens_ms=NOW_MS + 1_000)
    for n in range(999):
        story.when(commands.Update({"name": f"Cup {n}"}))
    assert refusal_of(story, commands.Update({"name": "Cup"})).code is Code.UPDATE_NOT_ALLOWED


def test_a_window_of_facts_is_judged_once_and_replayed_as_recorded() -> None:
    """Old logs hold facts that would be refused today; they count as they counted."""
    story = Story(grace_ms=1_000).players("ann", "ben").started()
    count(story.tournament, [Counted(0, points("old", "ann", 3, occurred_at_ms=NOW_MS - HOUR_MS), NOW_MS)])
    assert story.tournament.entries[0].points == 30_000
    assert isinstance(story.when(commands.Finish())[0], events.Completed)


def test_a_start_that_was_recorded_late_takes_no_rounds_away() -> None:
    story = Story().players("ann", "ben")
    story.advance(HOUR_MS + 20_000)
    planned = points("a", "ann", 1, occurred_at_ms=NOW_MS + HOUR_MS)
    assert story.facts(planned, points("b", "ann", 1, occurred_at_ms=NOW_MS + HOUR_MS - 1_001)) == [
        "ACCEPTED",
        "NOT_STARTED",
    ]
