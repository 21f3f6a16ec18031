"""The live order of a board.

Every player is one packed integer in a sorted list: the place that the scorer computed, then 24 bits of
player number. So the order of the integers is the order of the board and a rank is one bisection.
"""

from typing import NamedTuple

from sortedcontainers import SortedList

from server.domain.scoring.scorer import MOMENT_BITS

PLAYER_BITS = 24
PLAYER_MASK = (1 << PLAYER_BITS) - 1
# Below the merit of a place are the moment and the player: equal merit is an equal rank.
_LOW_BITS = MOMENT_BITS + PLAYER_BITS


class Standing(NamedTuple):
    """One row. `position` is unique, `rank` is shared by equal merit; both count from 1."""

    position: int
    rank: int
    player_no: int
    points: int


class Group(NamedTuple):
    """Players who share a rank: positions `first` to `first + size - 1`."""

    first: int
    size: int


class Ranking:
    """Players by their places. O(log n) to place and to rank, exact at every read."""

    __slots__ = ("_key_of", "_keys", "_points_of")

    def __init__(self) -> None:
        self._keys: SortedList[int] = SortedList()
        # By player number: players are numbered from 0 without a gap, so a list is the quickest index.
        self._key_of: list[int | None] = []
        self._points_of: list[int] = []

    def __len__(self) -> int:
        return len(self._keys)

    def __contains__(self, player_no: int) -> bool:
        return 0 <= player_no < len(self._key_of) and self._key_of[player_no] is not None

    def place(self, player_no: int, points: int, order: int) -> None:
        """Put a player at the place `order` (smaller is better); moves who is there."""
        key = (order << PLAYER_BITS) + player_no
        try:
            old = self._key_of[player_no]
        except IndexError:
            missing = player_no + 1 - len(self._key_of)
            self._key_of += [None] * missing
            self._points_of += [0] * missing
            old = None
        self._points_of[player_no] = points
        if old == key:
            return
        if old is not None:
            self._keys.remove(old)
        self._keys.add(key)
        self._key_of[player_no] = key

    def fill(self, rows: list[tuple[int, int, int]]) -> None:
        """Replace everything by (player_no, points, order) rows: one sort instead of n inserts."""
        size = max((no for no, _, _ in rows), default=-1) + 1
        self._key_of, self._points_of = [None] * size, [0] * size
        for no, points, order in rows:
            self._key_of[no] = (order << PLAYER_BITS) + no
            self._points_of[no] = points
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
        return self._standing(self._keys.bisect_left(key), key, self._first_of(key))

    def page(self, offset: int, limit: int) -> list[Standing]:
        """Rows from position `offset + 1`, at most `limit`, best first."""
        rows: list[Standing] = []
        merit: int | None = None
        rank = 0
        for index, key in enumerate(self._keys.islice(offset, offset + limit), start=offset):
            if key >> _LOW_BITS != merit:
                merit, rank = key >> _LOW_BITS, index + 1 if rows else self._first_of(key)
            rows.append(self._standing(index, key, rank))
        return rows

    def before(self, order: int) -> int:
        """How many players stand before the place `order`."""
        count: int = self._keys.bisect_left(order << PLAYER_BITS)
        return count

    def group_at(self, position: int) -> Group:
        """The players who share the rank of a position, which must be on the board."""
        key: int = self._keys[position - 1]
        first = self._first_of(key)
        behind: int = self._keys.bisect_left((key >> _LOW_BITS) + 1 << _LOW_BITS)
        return Group(first, behind - first + 1)

    def _first_of(self, key: int) -> int:
        rank: int = self._keys.bisect_left(key >> _LOW_BITS << _LOW_BITS) + 1
        return rank

    def _standing(self, index: int, key: int, rank: int) -> Standing:
        player_no = key & PLAYER_MASK
        return Standing(index + 1, rank, player_no, self._points_of[player_no])
