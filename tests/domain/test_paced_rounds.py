"""Rounds that the game starts and ends, and players that it puts out."""

import pytest

from server.domain.refusal import Code, Refusal
from server.domain.scoring.fact import ELIMINATION, Outcome
from server.domain.tournament import commands, events
from server.domain.tournament.apply import apply
from server.domain.tournament.lifecycle import Status
from server.domain.tournament.play.rounds import put_out
from server.domain.tournament.play.schedule import next_due_ms
from server.domain.tournament.rules.checks import faults_of
from server.domain.tournament.rules.rules import Rounds
from tests.support.builders import NOW_MS, Story, fields, points

MINUTE_MS = 60_000


def paced(users: str = "abcd", count: int = 3, **changes: object) -> Story:
    of = Rounds(count, 10 * MINUTE_MS, paced_by="game", **changes)  # type: ignore[arg-type]
    story = Story(rounds=of, rebuy_enabled=True, rebuy_fee_minor=5_00).players(*users).started()
    return story.score(**{user: len(users) - n for n, user in enumerate(users)})


def out(story: Story, user: str, event_id: str = "") -> str:
    """The game puts somebody out."""
    told = points(event_id or f"out-{user}", user, 0, kind=ELIMINATION)
    outcome, decided = put_out(story.tournament, told, story.now_ms)
    for event in decided:
        story.state = apply(story.state, event, story.now_ms)
    story.advance()
    return outcome.name


def refused(story: Story, action: str, round_no: int) -> str:
    with pytest.raises(Refusal) as caught:
        story.when(commands.PaceRound(action, round_no))  # type: ignore[arg-type]
    assert caught.value.code is Code.ROUND_NOT_ALLOWED
    return str(caught.value.detail["rule"])


def test_the_game_ends_a_round_and_starts_the_next_one_after_the_grace() -> None:
    story = paced(eliminate=1, survivors=1)
    story.now_ms += MINUTE_MS
    assert refused(story, "start", 2) == "round_open"
    assert story.when(commands.PaceRound("end", 1)) == [events.RoundEnded(1)]
    assert story.when(commands.PaceRound("end", 1)) == [], "ended already"
    story.now_ms += 1_000
    late = points("late", "d", 2.5, occurred_at_ms=NOW_MS + MINUTE_MS - 1)
    between = points("between", "d", 9, occurred_at_ms=NOW_MS + MINUTE_MS)
    assert story.facts(late, between) == ["ACCEPTED", "AFTER_BELL"]
    assert refused(story, "start", 2) == "round_open", "the grace is on"
    assert story.advance(4_000) == [events.RoundCompleted(1, (2,), events.TOLD_AS)], (
        "c is last since d scored late"
    )
    assert next_due_ms(story.tournament) is None, "nothing happens until the game says so"
    assert story.advance(20 * MINUTE_MS) == []
    assert story.facts(points("waiting", "a", 9)) == ["AFTER_BELL"]
    assert story.when(commands.PaceRound("start", 2)) == [events.RoundStarted(2)]
    assert story.when(commands.PaceRound("start", 2)) == [], "started already"
    assert story.when(commands.PaceRound("end", 1)) == [], "long ended"
    assert story.facts(points("second", "a", 9)) == ["ACCEPTED"]
    assert refused(story, "start", 4) == "round_open" and refused(story, "end", 3) == "not_started"


def test_the_end_of_the_last_round_is_the_end_of_play() -> None:
    story = paced(count=1)
    story.now_ms += 1_000
    story.when(commands.PaceRound("end", 1))
    story.advance()
    assert story.tournament.status is Status.COMPLETED
    assert story.tournament.bell_ms == NOW_MS + 1_000
    assert refused(story, "end", 1) == "not_in_progress"


def test_a_round_that_the_game_forgets_ends_by_the_clock() -> None:
    story = paced(eliminate=1, survivors=1)
    assert story.advance(10 * MINUTE_MS) == [events.RoundEnded(1)], "the bell is told when it rings"
    assert story.advance(4_999) == []
    assert story.advance(1) == [events.RoundCompleted(1, (3,), events.TOLD_AS)]
    assert story.when(commands.PaceRound("end", 1)) == []
    assert story.when(commands.PaceRound("start", 2)) == [events.RoundStarted(2)]


def test_a_round_of_the_clock_is_not_the_games_to_end() -> None:
    story = Story(rounds=Rounds(3, MINUTE_MS)).players("a", "b").started()
    assert refused(story, "end", 1) == "not_paced_by_game"
    assert refused(Story().players("a", "b").started(), "end", 1) == "not_paced_by_game"
    waiting = Story(rounds=Rounds(3, MINUTE_MS, paced_by="game")).players("a", "b")
    assert refused(waiting, "start", 1) == "not_in_progress"


def test_the_game_puts_players_out_and_they_stand_behind_those_in_play() -> None:
    story = paced(eliminated_by="game")
    assert out(story, "a") == "ACCEPTED" and out(story, "a") == "DUPLICATE"
    assert out(story, "a", "again") == "PLAYER_ELIMINATED" and out(story, "z") == "UNKNOWN_PLAYER"
    assert [row[2] for row in story.board()] == ["b", "c", "d", "a"]
    assert story.facts(points("x", "a", 50), points("out-a", "b", 1)) == ["PLAYER_ELIMINATED", "DUPLICATE"]
    story.when(commands.PaceRound("end", 1))
    story.advance(5_000)
    assert story.tournament.in_play == 3, "nobody goes out by rank"
    story.when(commands.PaceRound("start", 2))
    assert out(story, "b") == "ACCEPTED"
    assert [row[2] for row in story.board()] == ["c", "d", "b", "a"], "later rounds stand better"


def test_who_the_running_or_the_last_round_put_out_can_buy_back() -> None:
    story = paced(eliminated_by="game")
    out(story, "a")
    story.when(commands.Rebuy("a", paid_minor=5_00))
    assert story.tournament.in_play == 4
    out(story, "a", "second")
    for number in (1, 2):
        story.when(commands.PaceRound("end", number))
        story.advance(5_000)
        if number == 1:
            story.when(commands.PaceRound("start", 2))
    with pytest.raises(Refusal, match="last round"):
        story.when(commands.Rebuy("a", paid_minor=5_00))


def test_the_last_one_in_play_ends_it_and_cannot_go_out() -> None:
    story = paced("ab", eliminated_by="game")
    assert out(story, "b") == "ACCEPTED"
    assert story.tournament.status is Status.COMPLETED
    assert out(story, "a") == "AFTER_BELL"
    story.advance(5_000)
    assert story.tournament.results is not None and out(story, "b", "later") == "PLAYER_ELIMINATED"


def test_where_rank_decides_the_game_cannot_put_anybody_out() -> None:
    for story in (paced(eliminate=1, survivors=1), Story().players("a", "b").started()):
        assert out(story, "a") == "NOT_ALLOWED"
        told = points("e", "a", 0, kind=ELIMINATION)
        assert story.facts(told) == [Outcome.NOT_ALLOWED.name] and story.tournament.facts_counted in (0, 4)


def test_a_number_of_players_who_go_out_contradicts_a_game_that_decides() -> None:
    of = Rounds(2, MINUTE_MS, eliminate=1, eliminated_by="game")
    assert "rounds.eliminated_by" in faults_of(fields(rounds=of), NOW_MS)
