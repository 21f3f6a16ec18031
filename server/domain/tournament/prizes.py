"""The prize pool and its sheet. One function serves the estimate, the live page and the final sheet."""

from collections.abc import Sequence

from server.domain.money import split
from server.domain.ranking import Standing
from server.domain.tournament.events import PrizeLine, ResultsFinalised
from server.domain.tournament.rules import PrizePool


def pool_minor(pool: PrizePool, collected_minor: int) -> int:
    """What there is to win, given what buy-ins and rebuys collected."""
    if pool.kind == "fixed":
        return pool.total_minor
    return max(collected_minor, pool.guaranteed_minor) + pool.seed_minor


def prize_amounts(pool: PrizePool, total_minor: int, finishers: int) -> list[int]:
    """Prize of each paid place, best first. With fewer finishers than paid places the shares of the
    missing ones are spread in proportion over those present, so the sum is `total_minor` exactly; or they
    stay with the house, when the pool says so.
    """
    if pool.unclaimed == "house":
        return split(total_minor, pool.shares)[:finishers]
    shares = pool.shares[:finishers]
    return split(total_minor, shares) if sum(shares) else []


def final_sheet(pool: PrizePool, collected_minor: int, standings: Sequence[Standing]) -> ResultsFinalised:
    """The prizes of a finished board. `standings` holds at least the paid places, best first."""
    total = pool_minor(pool, collected_minor)
    amounts = prize_amounts(pool, total, len(standings))
    prizes = tuple(
        PrizeLine(row.player_no, row.position, row.rank, amount)
        for row, amount in zip(standings, amounts, strict=False)
        if amount
    )
    paid = sum(prize.amount_minor for prize in prizes)
    return ResultsFinalised(total, collected_minor, total - paid, prizes, pool.seed_minor)
