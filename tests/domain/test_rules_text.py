"""The rules in words: every configuration has its text, and everything declared is told."""

from dataclasses import replace
from datetime import UTC, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.domain.scoring.declaration import Qualify, Scoring
from server.domain.tournament.money.pool import FieldShares, Item, PrizePool
from server.domain.tournament.rules.rules import (
    AddOn,
    Rounds,
    Rules,
    rules_from,
)
from server.reports.rules_text import hash_of, sections_of
from tests.support.builders import HOUR_MS, NOW_MS, fields
from tests.support.configs import any_rules


def text_of(rules: Rules, zone: tzinfo = UTC) -> str:
    return " ".join(line for section in sections_of(rules, zone) for line in section.lines)


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_every_configuration_has_a_text_without_a_hole(data: st.DataObject) -> None:
    rules = rules_from(fields(**any_rules(data.draw)))
    text = text_of(rules)
    assert "None" not in text and "{" not in text and "  " not in text
    assert all(line.endswith(".") and line[0].isupper() for s in sections_of(rules) for line in s.lines)
    assert hash_of(rules) == hash_of(replace(rules, description="another"))


def test_everything_declared_is_told() -> None:
    pool = PrizePool(
        shares=(700_000, 300_000), guaranteed_minor=500_00, seed_minor=10_00, unclaimed="house", ties="split",
        by_field=(FieldShares(20, (500_000, 300_000, 200_000)),), items=(Item(1, 3, "spins", "FREE", 50),),
    )  # fmt: skip
    scoring = Scoring(
        "best_n", n=5, metric="net_win", min_bet=5_000, max_bet=100_000, game_weights=(("dice", 5_000),),
        qualify=Qualify(10, 200_000, 30_000), ties=("points", "highest_win", "first_to_reach", "registration"),
    )  # fmt: skip
    rules = rules_from(
        fields(
            fee_minor=1_50, prize_pool=pool, scoring=scoring, rounds=Rounds(4, 90_000, elimination_rate=2_500),
            rebuy_enabled=True, max_entries_per_player=3, rebuy_deadline_ms=NOW_MS + 2 * HOUR_MS,
            add_on=AddOn(5_00, 25_000), late_registration_rounds=2, payout_approval="manual",
            cancellation_policy="roll_forward", entry_scoring="best_entry", on_min_players_missed="start",
        )
    )  # fmt: skip
    text = text_of(rules)
    for said in (
        "4 rounds of 1 minute 30 seconds", "the lowest-ranked 25 percent", "as many as there are paid places",
        "a buy-in of 10.00 USD and a fee of 1.50 USD", "until the end of round 2",
        "a rebuy costs 10.00 USD, up to 3 entries",
        "add-ons for 5.00 USD each; each adds 2.5 points", "the best 5 game rounds, by net win",
        "the best one counts", "below 0.5 do not count", "above 10 do not count",
        "Rounds of dice count 0.5 times",
        "at least 10 game rounds", "bet at least 20", "a score of at least 3", "the higher single win, then",
        "share the prizes of their places equally", "at least 500.00 USD", "The house adds 10.00 USD",
        "place 1 70 percent", "From 20 players on", "Place 1 to 3 also wins: 50 spins (FREE)",
        "stays with the operator", "no later than 5 seconds", "Results are reviewed",
        "half in proportion to their scores",
        "starts anyway",
    ):  # fmt: skip
        assert said in text, said


@pytest.mark.parametrize(
    ("zone", "start"),
    [
        ("UTC", "15 January 2027, 09:00 (UTC)"),
        ("Europe/Malta", "15 January 2027, 10:00 (UTC+1)"),
        ("Asia/Kathmandu", "15 January 2027, 14:45 (UTC+5:45)"),
        ("America/St_Johns", "15 January 2027, 05:30 (UTC-3:30)"),
        ("Pacific/Kiritimati", "15 January 2027, 23:00 (UTC+14)"),
    ],
)
def test_times_are_those_of_the_readers_zone(zone: str, start: str) -> None:
    rules = rules_from(fields(start_at_ms=NOW_MS + HOUR_MS))
    text = text_of(rules, ZoneInfo(zone))
    assert f"The planned start is {start}." in text and f"times are in the time zone {zone}." in text


def test_seconds_are_told_where_there_are_any() -> None:
    rules = rules_from(fields(start_at_ms=NOW_MS + 61_000, end_at_ms=NOW_MS + HOUR_MS))
    assert "The planned start is 15 January 2027, 08:01:01 (UTC)." in text_of(rules)
    assert "ends at 15 January 2027, 09:00 (UTC)." in text_of(rules)
