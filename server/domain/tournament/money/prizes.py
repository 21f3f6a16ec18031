"""The prize pool and its sheet. One function serves the estimate, the live page and the final sheet."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from server.domain.money import split
from server.domain.ranking import Group, Ranking
from server.domain.tournament.events import ItemLine, PrizeLine, ResultsFinalised
from server.domain.tournament.money.pool import PrizePool
from server.domain.tournament.state import Tournament


def pool_minor(pool: PrizePool, collected_minor: int) -> int:
    """What there is to win, given what buy-ins, rebuys and add-ons collected."""
    if pool.kind == "fixed":
        return pool.total_minor
    return max(collected_minor, pool.guaranteed_minor) + pool.seed_minor


def place_amounts(pool: PrizePool, total_minor: int, players: int, finishers: int) -> list[int]:
    """Prize of each paid place, best first, for a field of `players`. With fewer finishers than paid places
    the shares of the missing ones are spread in proportion over those present, so the sum is `total_minor`
    exactly; or they stay with the house, when the pool says so.
    """
    shares = pool.shares_for(players)
    if pool.unclaimed == "house":
        return split(total_minor, shares)[:finishers]
    present = shares[:finishers]
    return split(total_minor, present) if sum(present) else []


@dataclass(frozen=True, slots=True)
class Prizes:
    """What every position of a board wins as it stands. `amounts[i]` is the prize of place `i + 1`, `groups`
    are the ranks that cover the paid places; with `top_place` a whole rank is one place."""

    pool: PrizePool
    total_minor: int
    amounts: list[int]
    groups: list[Group]

    def at(self, position: int) -> int:
        """The prize of a position, 0 where none is paid."""
        for index, group in enumerate(self.groups):
            if group.first <= position < group.first + group.size:
                return self._within(index, group, position - group.first)
        return 0

    def all(self) -> Iterator[tuple[int, int]]:
        """(position, amount) of all who win something, best first."""
        for index, group in enumerate(self.groups):
            for nth in range(group.size):
                if amount := self._within(index, group, nth):
                    yield group.first + nth, amount

    def _within(self, index: int, group: Group, nth: int) -> int:
        """The prize of the `nth` player of a rank: of equal parts the better positions get the odd units."""
        if self.pool.ties == "earliest":
            place = group.first - 1 + nth
            return self.amounts[place] if place < len(self.amounts) else 0
        if self.pool.ties == "split":
            pot = sum(self.amounts[group.first - 1 : group.first - 1 + group.size])
        else:
            pot = self.amounts[index] if index < len(self.amounts) else 0
        each, odd = divmod(pot, group.size)
        return each + (nth < odd)


def prizes_of(state: Tournament) -> Prizes:
    """The prizes if play ended now and nothing more were sold."""
    pool = state.rules.prize_pool
    total = pool_minor(pool, state.collected_minor)
    finishers = qualified(state)
    paid = len(pool.shares_for(state.seated))
    groups = _groups(state.ranking, min(paid, finishers), finishers, whole=pool.ties == "top_place")
    places = len(groups) if pool.ties == "top_place" else finishers
    return Prizes(pool, total, place_amounts(pool, total, state.seated, places), groups)


def qualified(state: Tournament) -> int:
    """How many on the board may win: they stand before all others."""
    behind = state.scorer.unqualified_from
    return len(state.ranking) if behind is None else state.ranking.before(behind)


def _groups(ranking: Ranking, wanted: int, finishers: int, *, whole: bool) -> list[Group]:
    """The ranks from the top that cover `wanted` positions, or with `whole` are `wanted` ranks."""
    groups: list[Group] = []
    covered = 0
    while covered < finishers and (len(groups) if whole else covered) < wanted:
        group = ranking.group_at(covered + 1)
        groups.append(group)
        covered += group.size
    return groups


def final_sheet(state: Tournament) -> ResultsFinalised:
    """The prizes of the board as it stands."""
    prizes = prizes_of(state)
    winners = list(prizes.all())
    last = max([winners[-1][0] if winners else 0, *(item.last_place for item in prizes.pool.items)])
    rows = state.ranking.page(0, min(last, qualified(state)))
    lines = tuple(
        PrizeLine(rows[position - 1].player_no, position, rows[position - 1].rank, amount)
        for position, amount in winners
    )
    paid = sum(line.amount_minor for line in lines)
    return ResultsFinalised(
        pool_minor=prizes.total_minor,
        collected_minor=state.collected_minor,
        unclaimed_minor=prizes.total_minor - paid,
        prizes=lines,
        seed_minor=prizes.pool.seed_minor,
        items=_items(prizes.pool, [row.player_no for row in rows]),
    )


def _items(pool: PrizePool, players: Sequence[int]) -> tuple[ItemLine, ...]:
    """Prizes that are not money go by position: they cannot be shared."""
    return tuple(
        ItemLine(player_no, position, item.kind, item.code, item.quantity)
        for position, player_no in enumerate(players, start=1)
        for item in pool.items
        if item.first_place <= position <= item.last_place
    )
