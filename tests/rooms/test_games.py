"""Games by hand: crash-classic at each of its ties, and what the framework does for any game."""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from typing import Any, ClassVar

import pytest

from pitboss_games import Desk, Game, Hundredths, Maybe, Refused, Setting, Story, takes
from pitboss_games.crash_classic import CrashClassic
from pitboss_games.crash_classic.climb import climb, reached_at_ms
from pitboss_games.story import Diverged
from server.domain.rooms.arguments import read_arguments
from server.domain.rooms.settings import complete, faults_of


def flown(
    auto: Any = None, at_ms: int | None = None, seed: int = 0, **settings: int
) -> tuple[Story, dict[str, Any]]:
    """A flight of one bet of 100, cashed out by hand `at_ms` after the start; the answer to that."""
    story = Story(CrashClassic, players=1, seed=bytes([seed]) * 32, **settings)
    assert "error" not in story.move(0, "bet", amount=100, autoCashOut=auto)
    story.advance(5_000)
    told: dict[str, Any] = {}
    if at_ms is not None:
        story.advance(at_ms)
        told = story.move(0, "cash_out")
    story.advance(200_000 if story.room.flight == 1 else 0)
    story.again()
    return story, told


def point_of(seed: int) -> int:
    """The crash point of the first flight of a seed."""
    story = Story(CrashClassic, players=1, seed=bytes([seed]) * 32)
    story.advance(5_000)
    return int(story.game.state.point)


HIGH = next(seed for seed in range(256) if 300 < point_of(seed) < 5_000)
INSTANT = next(seed for seed in range(256) if point_of(seed) == 100)


def win(story: Story) -> tuple[int, int | None]:
    """What the first flight won, and its multiplier."""
    return story.facts[0].win, story.facts[0].multiplier


def test_an_auto_cash_out_at_the_very_point_pays() -> None:
    point = point_of(HIGH)
    assert win(flown(Decimal(point).scaleb(-2), seed=HIGH)[0]) == (point, point)
    assert win(flown(Decimal(point + 1).scaleb(-2), seed=HIGH)[0]) == (0, 0)


def test_a_cash_out_by_hand_in_the_last_millisecond_pays_and_at_the_crash_does_not() -> None:
    last_ms = reached_at_ms(point_of(HIGH)) - 1
    story, told = flown(at_ms=last_ms, seed=HIGH)
    assert told["multiplier"] == Decimal(climb(last_ms)).scaleb(-2) and win(story)[0] == climb(last_ms)
    story, told = flown(at_ms=last_ms + 1, seed=HIGH)
    assert told["error"] == "not_in_the_air" and win(story) == (0, 0)


def test_a_cash_out_by_hand_is_capped_by_ones_auto_number() -> None:
    auto_ms = reached_at_ms(150)
    _, told = flown(Decimal("1.5"), at_ms=auto_ms, seed=HIGH)
    assert told == {"error": "already_cashed_out", "multiplier": Decimal("1.5")}
    story, told = flown(Decimal("1.5"), at_ms=auto_ms - 1, seed=HIGH)
    assert told["multiplier"] == Decimal("1.49") and win(story) == (149, 149)


def test_a_flight_that_crashes_at_once_pays_no_one() -> None:
    assert win(flown(Decimal("1.01"), seed=INSTANT)[0]) == (0, 0)
    assert flown(at_ms=0, seed=INSTANT)[1]["error"] == "not_in_the_air"


def test_at_the_cap_all_who_are_in_are_paid_the_cap() -> None:
    story, _ = flown(seed=HIGH, cap_multiplier=2)
    assert win(story) == (200, 200) and story.credits(0) == 1_100


def test_what_was_settled_by_hand_stays_whatever_the_point_is() -> None:
    story, told = flown(at_ms=1_000, seed=HIGH)
    assert told["multiplier"] == Decimal("1.06") and win(story) == (106, 106)
    assert story.move(0, "cash_out")["error"] in ("no_bet", "not_in_the_air")


def test_bets_have_their_rules() -> None:
    story = Story(CrashClassic, players=2, min_bet=10, max_bet=500, max_bet_share=40)
    assert story.move(0, "bet", amount=9)["error"] == "bet_out_of_range"
    assert story.move(0, "bet", amount=401)["error"] == "bet_out_of_range"
    assert story.move(0, "bet", amount=1_001)["error"] == "not_enough_credits"
    assert story.move(0, "bet", amount=-5)["error"] == "bet_out_of_range"
    assert story.move(0, "bet", amount=50, autoCashOut=1)["error"] == "auto_out_of_range"
    assert story.move(0, "bet", amount=50, autoCashOut=100.01)["error"] == "auto_out_of_range"
    assert story.move(0, "bet", amount=50, autoCashOut=1.005)["error"] == "bad_arguments"
    assert story.move(0, "cancel_bet")["error"] == "no_bet"
    assert story.move(0, "bet", amount=400)["credits"] == 600
    assert story.move(0, "cash_out")["error"] == "not_in_the_air"
    assert story.move(0, "cancel_bet") == {"credits": 1_000}
    assert story.move(0, "bet", amount=50)["credits"] == 950
    assert story.move(0, "set_auto", autoCashOut=2) == {"autoCashOut": 2}
    story.advance(5_000)
    assert story.move(1, "bet", amount=50)["error"] == "betting_closed"
    assert story.move(0, "cancel_bet")["error"] == "betting_closed"
    story.again()


def test_an_auto_number_may_change_in_the_air_but_not_back_in_time() -> None:
    story = Story(CrashClassic, players=1, seed=bytes([HIGH]) * 32)
    story.move(0, "bet", amount=100, autoCashOut=3)
    story.advance(5_000 + 1_000)
    assert story.move(0, "set_auto", autoCashOut=1.05)["error"] == "auto_out_of_range"
    assert story.move(0, "set_auto", autoCashOut=1.2) == {"autoCashOut": Decimal("1.2")}
    story.advance(reached_at_ms(120) - 1_000)
    assert story.move(0, "set_auto", autoCashOut=2)["error"] == "already_cashed_out"
    story.advance(200_000)
    assert win(story) == (120, 120)
    story.again()


def test_no_flight_begins_that_cannot_end_before_the_bell() -> None:
    story = Story(CrashClassic, players=1)
    story.advance(3_700_000)
    assert story.now_ms > story.room.bell_ms and not story.room.in_air and not story.room.wakes
    assert story.shown[-1].kind == "no_more_flights"
    assert story.move(0, "bet", amount=10)["error"] == "betting_closed"


def test_the_number_of_flights_ends_the_room() -> None:
    story = Story(CrashClassic, players=1, flights=2)
    story.advance(400_000)
    assert story.room.flight == 2 and story.room.is_done
    told = [one.data["flightsAfterThis"] for one in story.shown if one.kind == "flight_began"]
    assert told == [1, 0], "the last flights are announced"


def test_who_is_out_gets_the_stake_back() -> None:
    story = Story(CrashClassic, players=2)
    story.move(0, "bet", amount=300)
    story.out(0, "eliminated")
    assert story.credits(0) == 1_000
    assert story.move(0, "bet", amount=10)["error"] == "eliminated"
    story.advance(200_000)
    assert story.facts == []
    story.buys(0, 500)
    assert story.credits(0) == 1_500


class Side(Enum):
    LEFT, RIGHT = "left", "right"


@dataclass
class Memory:
    """What the game under test remembers."""

    moves: int = 0
    names: dict[int, str] = field(default_factory=dict)


class Odd(Game):
    """A game that does what games should not."""

    slug, version, State = "odd", "1.0", Memory
    outside = 0
    settings: ClassVar[Mapping[str, Setting]] = {"size": Setting(3, 1, 9, "How large it is.")}

    def opens(self, desk: Desk) -> None:
        desk.begins(1_000)

    def ticks(self, desk: Desk) -> None:
        desk.ends()
        self.opens(desk)

    @takes(amount=int)
    def bet(self, desk: Desk, player: int, amount: int) -> None:
        desk.stake(player, amount)

    @takes(amount=int)
    def fail_after(self, desk: Desk, player: int, amount: int) -> None:
        desk.stake(player, amount)
        desk.all("never_seen")
        self.state.moves += 1
        raise ZeroDivisionError

    @takes()
    def remembers_outside(self, desk: Desk, player: int) -> dict[str, int]:
        Odd.outside += 1
        return {"count": Odd.outside}

    @takes(side=Side, many=Maybe(int), part=Maybe(Hundredths), text=str, sure=bool)
    def everything(self, desk: Desk, player: int, **given: Any) -> dict[str, Any]:
        return {**given, "side": given["side"].value}

    def hidden(self, desk: Desk, player: int) -> None:
        raise AssertionError("players cannot call this")


def test_a_fault_of_the_game_voids_the_flight_and_changes_nothing_else() -> None:
    story = Story(Odd, players=2)
    story.move(0, "bet", amount=70)
    assert story.move(1, "fail_after", amount=10) == {"error": "game_failed"}
    assert (story.credits(0), story.credits(1)) == (1_000, 1_000)
    assert story.room.flight == 2 and story.game.state.moves == 0
    assert [type(fault) for fault in story.faults] == [ZeroDivisionError]
    assert not [one for one in story.shown if one.kind == "never_seen"]
    story.again()


def test_five_faults_in_a_row_close_the_room() -> None:
    story = Story(Odd, players=1)
    for _ in range(4):
        assert story.move(0, "fail_after", amount=1)["error"] == "game_failed"
    assert story.move(0, "bet", amount=1) == {}, "one that went well begins the count anew"
    for _ in range(5):
        assert story.move(0, "fail_after", amount=1)["error"] == "game_failed"
    assert story.move(0, "bet", amount=1) == {"error": "room_closed", "reason": "faulty"}
    assert story.credits(0) == 1_000
    story.again()


def test_a_game_that_remembers_outside_of_its_state_is_found() -> None:
    story = Story(Odd, players=1)
    assert story.move(0, "remembers_outside")["count"] == 1
    with pytest.raises(Diverged):
        story.again()


@pytest.mark.parametrize(
    "move", ["hidden", "opens", "ticks", "__init__", "settings", "desk", "", "state", "goes"]
)
def test_only_marked_methods_can_be_called(move: str) -> None:
    assert Story(Odd, players=1).move(0, move)["error"] == "unknown_move"


def test_arguments_are_read_exactly() -> None:
    story = Story(Odd, players=1)
    good = {"side": "left", "many": 3, "part": Decimal("1.25"), "text": "hi", "sure": True}
    assert story.move(0, "everything", **good) == {**good, "part": 125}
    for wrong in (
        {"side": "up"}, {"side": None}, {"many": 1.5}, {"many": True}, {"many": "3"}, {"many": 2**53},
        {"part": Decimal("1.255")}, {"part": "x"}, {"part": 10**20}, {"text": "x" * 65}, {"text": 5},
        {"sure": 1}, {"more": 1}, {"side": ["left"]},
    ):  # fmt: skip
        assert story.move(0, "everything", **{**good, **wrong})["error"] == "bad_arguments", wrong


def test_an_argument_may_be_left_out_where_it_may() -> None:
    takes_ = {"amount": int, "auto_cash_out": Maybe(Hundredths)}
    assert read_arguments(takes_, {"amount": 5}) == {"amount": 5, "auto_cash_out": None}
    assert read_arguments(takes_, {"amount": 5, "autoCashOut": 2}) == {"amount": 5, "auto_cash_out": 200}
    with pytest.raises(Refused, match="bad_arguments"):
        read_arguments(takes_, {"amount": 5, "auto_cash_out": 2})


def test_settings_are_bounded_and_complete() -> None:
    assert complete(Odd, {}) == {"starting_credits": 1_000, "size": 3}
    assert faults_of(Odd, {"size": 10}) == {"size": "Must be 1 to 9"}
    assert faults_of(Odd, {"min_bet": 10}) == {"min_bet": "The game odd does not know it"}
    assert faults_of(CrashClassic, {"min_bet": 10, "max_bet": 5}) == {"max_bet": "Must not be below minBet"}


def test_ids_of_moves_count_up() -> None:
    """A repetition is answered as before, an id with other content is not taken, and old ones are
    forgotten."""
    story = Story(Odd, players=1)
    for _ in range(40):
        story.move(0, "bet", amount=1)
    story._ids[0] = 39
    assert story.move(0, "bet", amount=1) == {}, "the same again"
    story._ids[0] = 39
    assert story.move(0, "bet", amount=2) == {"error": "id_reused"}
    story._ids[0] = 2
    assert story.move(0, "bet", amount=1) == {"error": "stale_id"}
    assert story.credits(0) == 960
    story.again()


def test_the_same_inputs_give_the_same_bytes_in_any_process() -> None:
    code = """
from hashlib import sha256
from pitboss_games import Story
from pitboss_games.crash_classic import CrashClassic
from server.encoding.room_codec import encode_room
story = Story(CrashClassic, players=30, seed=bytes(range(32)))
for player in range(30):
    story.move(player, "bet", amount=10 + player, autoCashOut=1.5)
    story.advance(50)
story.advance(90_000)
told = encode_room(story.room) + repr((story.facts, story.shown)).encode()
print(sha256(told).hexdigest(), len(story.facts))
"""
    told = set()
    for hash_seed in ("1", "2"):
        env = os.environ | {"PYTHONHASHSEED": hash_seed}
        run = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
        told.add(run.stdout)
    assert len(told) == 1 and told.pop().split()[1] == "30"


def test_a_round_that_follows_in_the_pause_forgets_the_pause() -> None:
    story = Story(CrashClassic, players=1, seed=bytes([HIGH]) * 32, pause_ms=60_000)
    story.move(0, "bet", amount=100, autoCashOut=1.01)
    while story.room.in_air:
        story.advance(1_000)
    assert story.room.wakes, "the pause goes on"
    story.opens()
    flight = story.room.flight
    story.move(0, "bet", amount=100, autoCashOut=1.01)
    story.advance(4_999)
    assert story.game.state.phase == "betting" and story.room.flight == flight == 2
    story.advance(1)
    assert story.game.state.phase in ("climb", "pause")
    story.again()


def test_an_auto_number_is_not_taken_after_the_crash() -> None:
    story = Story(CrashClassic, players=1)
    story.move(0, "bet", amount=100)
    while story.room.in_air:
        story.advance(500)
    assert story.move(0, "set_auto", autoCashOut=1.5)["error"] == "not_in_the_air"


def test_what_is_shown_at_a_moment_is_shown_once() -> None:
    story = Story(CrashClassic, players=2, seed=bytes([HIGH]) * 32)
    for player in range(2):
        story.move(player, "bet", amount=10, autoCashOut=2)
    story.advance(5_000)
    for _ in range(50):
        story.move(0, "set_auto", autoCashOut=1.9)
        story.move(0, "set_auto", autoCashOut=2)
    assert len(story.room.shows) == len(set(story.room.shows)) == 3
    assert story.room.shows == sorted(story.room.shows)


class Untold(Odd):
    """Says what no encoder can write."""

    slug = "untold"

    @takes()
    def says_nonsense(self, desk: Desk, player: int) -> dict[str, Any]:
        return {"what": object()}


def test_an_answer_that_cannot_be_told_voids_the_flight() -> None:
    story = Story(Untold, players=1)
    story.move(0, "bet", amount=70)
    assert story.move(0, "says_nonsense") == {"error": "game_failed"}
    assert story.credits(0) == 1_000 and story.room.closed is None
