"""Frames: a client that applies them holds the owner's board; nothing changed, nothing sent."""

import json
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from server.broadcast.board import Board
from server.broadcast.history import Frame, History
from server.domain.tournament import commands
from server.domain.tournament.rules.rules import Rounds
from server.encoding.wire import instant
from tests.support.builders import NOW_MS, Story


class Client:
    """What a browser does with frames."""

    def __init__(self, snapshot: bytes) -> None:
        body = msgspec.json.decode(snapshot)
        self.rows: list[dict[str, Any]] = body["rows"]
        self.total, self.seq = body["total"], body["seq"]

    def take(self, frame: Frame[bytes]) -> None:
        body = msgspec.json.decode(frame.data)
        assert body["seq"] == self.seq + 1
        self.seq = body["seq"]
        if frame.kind != "delta":
            return
        gone = {*body["left"], *(row["playerId"] for row in body["rows"])}
        taken = {row["position"] for row in body["rows"]}
        kept = [r for r in self.rows if r["playerId"] not in gone and r["position"] not in taken]
        self.rows = sorted(kept + body["rows"], key=lambda row: row["position"])
        self.total = body["total"]


_moves = st.lists(st.tuples(st.sampled_from("abcdefgh"), st.integers(-3, 9), st.booleans()), max_size=40)


@given(_moves, st.integers(1, 5))
def test_a_client_that_applies_every_delta_holds_the_top_of_the_board(
    moves: list[tuple[str, int, bool]], top: int
) -> None:
    story = Story().players(*"abcdefgh").started()
    board = Board(1, top, 1_000)
    board.refresh(story.tournament, NOW_MS)
    client = Client(board.snapshot)
    for player, points, leave in moves:
        if leave and player in "ab":
            story.when(commands.Remove(player))
        else:
            story.score(**{player: points})
        seq = board.seq
        board.refresh(story.tournament, NOW_MS)
        for frame in board.since(1, seq) or []:
            client.take(frame)
        whole = msgspec.json.decode(board.snapshot)
        assert (client.rows, client.total, client.seq) == (whole["rows"], whole["total"], board.seq)


def test_nothing_new_makes_no_frame() -> None:
    story = Story().players("a", "b").started()
    board = Board(1, 50, 10)
    assert board.refresh(story.tournament, NOW_MS) is True
    assert board.refresh(story.tournament, NOW_MS + 1) is False
    story.score(a=0)
    assert board.refresh(story.tournament, NOW_MS + 2) is False and board.seq == 0


def test_it_is_over_only_when_the_end_was_shown() -> None:
    story = Story().players("a", "b").started()
    board = Board(1, 50, 10)
    board.refresh(story.tournament, NOW_MS)
    story.finished()
    assert not board.is_over()
    board.refresh(story.tournament, NOW_MS)
    assert board.is_over()
    assert [b'"event":"completed"' in f.data for f in board.since(1, 0) or []] == [True, False]
    told = json.loads((board.since(1, 0) or [])[0].data)
    bell_ms = story.tournament.completed_at_ms or 0
    assert told["graceEndsAt"] == instant(bell_ms + story.tournament.rules.grace_ms)
    assert told["round"] == 1, "play without rounds is one round"


def test_a_change_below_the_top_makes_no_frame() -> None:
    story = Story().players("a", "b", "c").started().score(a=9, b=5)
    board = Board(1, 1, 10)
    board.refresh(story.tournament, NOW_MS)
    story.score(c=1)
    assert board.refresh(story.tournament, NOW_MS) is False


def test_history_gives_all_or_nothing() -> None:
    history: History[bytes] = History(3)
    for seq in range(1, 6):
        history.add(Frame(seq, "delta", b""))
    assert history.since(5, 5) == []
    assert [frame.seq for frame in history.since(2, 5) or []] == [3, 4, 5]
    assert history.since(1, 5) is None
    assert history.since(6, 5) is None
    assert history.since(-1, 5) is None
    history.add(Frame(9, "delta", b""))
    assert history.since(5, 9) is None and [f.seq for f in history.since(8, 9) or []] == [9]
    history.clear()
    assert history.since(8, 9) is None


def test_who_goes_out_is_shown_as_out_though_the_place_stays() -> None:
    of = Rounds(2, 60_000, eliminate=1, survivors=1)
    story = Story(rounds=of).players("a", "b", "c").started().score(a=3, b=2, c=1)
    board = Board(1, 50, 10)
    board.refresh(story.tournament, NOW_MS)
    story.advance(65_000)
    board.refresh(story.tournament, NOW_MS + 65_000)
    frames = [json.loads(frame.data) for frame in board.since(1, 0) or []]
    assert [frame["type"] for frame in frames] == ["delta", "lifecycle"]
    assert [(row["displayName"], row["eliminated"]) for row in frames[0]["rows"]] == [("C", True)]
    assert (frames[1]["event"], frames[1]["round"]) == ("round_started", 2)
    assert [row.get("eliminated", False) for row in json.loads(board.snapshot)["rows"]] == [False, False, True]
