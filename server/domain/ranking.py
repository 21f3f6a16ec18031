"""The live order of a board: points, then first to reach, then registration order.

Every player is one packed integer in a sorted list, so the order of the integers is the order of the
board and a rank is one bisection. Bits from the top: points (inverted, so more sorts first), 40 bits of
journal position, 24 bits of player number.
"""

from typing import NamedTuple

from sortedcontainers import SortedList

PLAYER_BITS = 24
SEQ_BITS = 40
LOW_BITS = PLAYER_BITS + SEQ_BITS
PLAYER_MASK = (1 << PLAYER_BITS) - 1
# Larger than any score: keeps inverted points positive. Scores beyond it are refused at the door.
POINTS_LIMIT = 1 << 62


class Standing(NamedTuple):
    """One row. `position` is unique, `rank` is shared by equal points; both count from 1."""

    position: int
    rank: int
    player_no: int
    points: int


class Ranking:
    """Players by their packed keys. O(log n) to place and to rank, exact at every read."""

    __slots__ = ("_key_of", "_keys")

    def __init__(self) -> None:
        self._keys: SortedList[int] = SortedList()
        # By player number: players are numbered from 0 without a gap, so a list is the quickest index.
        self._key_of: list[int | None] = []

    def __len__(self) -> int:
        return len(self._keys)

    def __contains__(self, player_no: int) -> bool:
        return 0 <= player_no < len(self._key_of) and self._key_of[player_no] is not None

    def place(self, player_no: int, points: int, reached_seq: int) -> None:
        """Put a player at `points`, reached at journal position `reached_seq`; moves who is there."""
        key = (POINTS_LIMIT - points) << LOW_BITS | reached_seq << PLAYER_BITS | player_no
        try:
            old = self._key_of[player_no]
        except IndexError:
            self._key_of += [None] * (player_no + 1 - len(self._key_of))
            old = None
        if old is not None:
            self._keys.remove(old)
        self._keys.add(key)
        self._key_of[player_no] = key

    def fill(self, rows: list[tuple[int, int, int]]) -> None:
        """Replace everything by (player_no, points, reached_seq) rows: one sort instead of n inserts."""
        self._key_of = [None] * (max((no for no, _, _ in rows), default=-1) + 1)
        for no, points, seq in rows:
            self._key_of[no] = (POINTS_LIMIT - points) << LOW_BITS | seq << PLAYER_BITS | no
        self._keys = SortedList(key for key in self._key_of if key is not None)

    def remove(self, player_no: int) -> None:
        """Take a player off the board; unknown players are ignored."""
        if player_no in self:
            self._keys.remove(self._key_of[player_no])
            self._key_of[player_no] = None

    def position_of(self, player_no: int) -> int:
        """Unique place from 1. The player must be on the board."""
        position: int = self._keys.bisect_left(self._key_of[player_no]) + 1
        return position

    def standing_of(self, player_no: int) -> Standing:
        """The row of one player, who must be on the board."""
        key = self._key_of[player_no]
        assert key is not None, "not on the board"
        return self._standing(self._keys.bisect_left(key), key)

    def page(self, offset: int, limit: int) -> list[Standing]:
        """Rows from position `offset + 1`, at most `limit`, best first."""
        rows: list[Standing] = []
        for index, key in enumerate(self._keys.islice(offset, offset + limit), start=offset):
            same = rows and rows[-1].points == POINTS_LIMIT - (key >> LOW_BITS)
            rank = rows[-1].rank if same else None
            rows.append(self._standing(index, key, rank))
        return rows

    def _standing(self, index: int, key: int, rank: int | None = None) -> Standing:
        points = POINTS_LIMIT - (key >> LOW_BITS)
        if rank is None:
            rank = self._keys.bisect_left(key >> LOW_BITS << LOW_BITS) + 1
        return Standing(index + 1, rank, key & PLAYER_MASK, points)
