"""The ranking against a plain sort: exact at every read, ties by first to reach."""

import random

from hypothesis import given
from hypothesis import strategies as st

from server.domain.ranking import Group, Ranking, Standing
from server.domain.scoring.declaration import Scoring
from server.domain.scoring.scorer import Scorer
from server.domain.scoring.tally import Tally

_SCORER = Scorer(Scoring())

_scores = st.lists(
    st.tuples(st.integers(0, 30), st.integers(-50, 50)), min_size=1, max_size=80
)  # (player, points added)


def put(ranking: Ranking, player: int, points: int, seq: int) -> None:
    """Points that were reached at a position of the journal, as the default scoring places them."""
    ranking.place(player, points, _SCORER.order(Tally(), points, 0, seq))


def _expected(points: dict[int, int], reached: dict[int, int]) -> list[Standing]:
    order = sorted(points, key=lambda no: (-points[no], reached[no], no))
    rows: list[Standing] = []
    for index, no in enumerate(order):
        tied = rows and rows[-1].points == points[no]
        rows.append(Standing(index + 1, rows[-1].rank if tied else index + 1, no, points[no]))
    return rows


@given(_scores)
def test_every_read_equals_a_sort(moves: list[tuple[int, int]]) -> None:
    ranking, points, reached = Ranking(), dict[int, int](), dict[int, int]()
    for seq, (player, gain) in enumerate(moves, start=1):
        points[player] = points.get(player, 0) + gain
        reached[player] = seq
        put(ranking, player, points[player], seq)
        expected = _expected(points, reached)
        assert ranking.page(0, len(points)) == expected
        assert ranking.standing_of(player) == next(row for row in expected if row.player_no == player)
        assert ranking.position_of(player) == ranking.standing_of(player).position


@given(_scores, st.integers(0, 20), st.integers(1, 10))
def test_a_page_is_a_slice_of_the_whole(moves: list[tuple[int, int]], offset: int, limit: int) -> None:
    ranking = Ranking()
    for seq, (player, gain) in enumerate(moves, start=1):
        put(ranking, player, gain, seq)
    assert ranking.page(offset, limit) == ranking.page(0, len(ranking))[offset : offset + limit]


def test_equal_points_share_a_rank_and_the_earlier_one_is_shown_first() -> None:
    ranking = Ranking()
    put(ranking, 7, 100, 5)
    put(ranking, 3, 100, 9)
    put(ranking, 1, 200, 10)
    put(ranking, 4, 50, 1)
    rows = [(r.position, r.rank, r.player_no) for r in ranking.page(0, 9)]
    assert rows == [(1, 1, 1), (2, 2, 7), (3, 2, 3), (4, 4, 4)]
    assert [ranking.group_at(n) for n in (1, 2, 3, 4)] == [Group(1, 1), Group(2, 2), Group(2, 2), Group(4, 1)]


def test_fill_equals_placing_one_by_one_and_removal_forgets() -> None:
    scores = [(no, random.Random(no).randint(-9, 9)) for no in range(500)]
    rows = [(no, points, _SCORER.order(Tally(), points, 0, no + 1)) for no, points in scores]
    one, other = Ranking(), Ranking()
    for row in rows:
        one.place(*row)
    other.fill(rows)
    assert one.page(0, 500) == other.page(0, 500)
    one.remove(17)
    one.remove(17)
    assert 17 not in one and len(one) == 499


def test_scores_beyond_any_bound_keep_their_order() -> None:
    ranking = Ranking()
    for seq, points in enumerate([0, 10**30, -(10**30), 5], start=1):
        put(ranking, seq, points, seq)
    assert [row.points for row in ranking.page(0, 4)] == [10**30, 5, 0, -(10**30)]
