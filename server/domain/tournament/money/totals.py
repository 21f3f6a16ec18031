"""Where all the money of a tournament came from and went, in sums. The ledger says the same account by
account."""

from dataclasses import dataclass

from server.domain.tournament.lifecycle import ResultsStatus, Status
from server.domain.tournament.money.payouts import FORFEITED, PayoutState
from server.domain.tournament.money.prizes import pool_minor
from server.domain.tournament.state import Tournament


@dataclass(frozen=True, slots=True)
class Totals:
    """All in minor units. `buy_ins` and `fees` are what was sold and not refunded before the start. Of the
    pool `seed` and `overlay` are the house's, `surplus` what a fixed pool leaves over. `retained` is what a
    cancellation kept of the pool, `unclaimed` what no player won, `forfeited` prizes that were taken back,
    `waived` refunds that were not made. `house` is what the house has in the end, below zero what it paid."""

    buy_ins: int
    fees: int
    pool: int
    seed: int
    overlay: int
    surplus: int
    prizes: int
    refunds: int
    waived: int
    retained: int
    unclaimed: int
    forfeited: int
    fees_kept: int
    house: int
    owed: int
    paid: int


def totals(state: Tournament) -> Totals:
    """The sums as they stand; before the end seed and overlay are what the rules promise."""
    payouts = state.payouts.values()
    pool, seed, prizes, unclaimed, retained, waived, fees_back = _ending(state)
    gap = pool - seed - state.collected_minor
    overlay, surplus = max(gap, 0), max(-gap, 0)
    # What a review took back is in the sheet: unclaimed, or another player's. If it was paid all the same, the
    # house has so much less.
    forfeited = sum(one.amount_minor for one in payouts if one.state in FORFEITED and not one.reviewed)
    forfeited -= sum(one.amount_minor for one in payouts if one.state == PayoutState.PAID and one.reviewed)
    fees_kept = state.fees_minor - fees_back
    return Totals(
        buy_ins=state.collected_minor,
        fees=state.fees_minor,
        pool=pool,
        seed=seed,
        overlay=overlay,
        surplus=surplus,
        prizes=prizes,
        refunds=sum(payout.amount_minor for payout in payouts if payout.kind == "refund"),
        waived=waived,
        retained=retained,
        unclaimed=unclaimed,
        forfeited=forfeited,
        fees_kept=fees_kept,
        house=fees_kept + surplus + retained + unclaimed + forfeited + waived - seed - overlay
        if _is_settled(state)
        else fees_kept,
        owed=sum(payout.amount_minor for payout in payouts),
        paid=sum(payout.amount_minor for payout in payouts if payout.state == PayoutState.PAID),
    )


def _is_settled(state: Tournament) -> bool:
    return state.status is Status.CANCELLED or state.results_status is ResultsStatus.FINAL


def _ending(state: Tournament) -> tuple[int, int, int, int, int, int, int]:
    """Pool, seed, prizes, unclaimed, retained, waived, and fees that went back."""
    called_off, sheet, rules = state.cancellation, state.results, state.rules.prize_pool
    if called_off is not None:
        pool = state.collected_minor if called_off.pool_minor is None else called_off.pool_minor
        lines = called_off.refunds
        waived = sum(line.refund_minor for line in lines) if called_off.waived else 0
        retained = pool - sum(line.pool_minor for line in lines)
        return pool, called_off.seed_minor, 0, 0, retained, waived, sum(line.fee_minor for line in lines)
    if sheet is not None:
        prizes = sum(line.amount_minor for line in sheet.prizes)
        return sheet.pool_minor, sheet.seed_minor, prizes, sheet.unclaimed_minor, 0, 0, 0
    return pool_minor(rules, state.collected_minor), rules.seed_minor, 0, 0, 0, 0, 0
