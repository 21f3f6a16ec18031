"""The ledger side of each event: which accounts move, in one place.

The pool account holds what was collected. When results are final the house adds its seed, tops the pool up
(overlay) or takes what a fixed pool leaves over (surplus), and prizes empty it. When a tournament is called
off, refunds and what the house retains empty it.
"""

from typing import assert_never

from server.domain import postings
from server.domain.postings import Posting, Transfer, player_account, postings_of
from server.domain.tournament import events
from server.domain.tournament.events import PayoutStep, RefundLine, ResultsFinalised
from server.domain.tournament.money.payouts import FORFEITED, PayoutState
from server.domain.tournament.state import Tournament


def postings_for(event: events.Event, before: Tournament | None) -> list[Posting]:
    """Balanced postings of one event, given the state before it; most events move no money."""
    if before is None:
        return []
    return postings_of(_transfers(event, before), before.rules.currency)


def _transfers(event: events.Event, before: Tournament) -> list[Transfer]:
    if isinstance(event, events.MovesNoMoney):
        return []
    if isinstance(event, events.SaleEvent):
        return _sold(event)
    match event:
        case events.Removed() | events.Disqualified():
            return [move for line in event.refunds for move in _refund(line, waived=False)]
        case events.Cancelled():
            return _call_off(event, before.collected_minor)
        case events.ResultsFinalised():
            return _settle(event)
        case events.PayoutsMoved():
            return [move for step in event.steps for move in _step(step, before)]
        case events.ReviewDecided():
            return _reviewed(event, before)
    assert_never(event)


def _sold(event: events.SaleEvent) -> list[Transfer]:
    player = player_account(event.player_no)
    match event:
        case events.Registered():
            return [
                Transfer(player, postings.POOL, event.buy_in_minor, "entry", event.tender),
                Transfer(player, postings.HOUSE_FEE, event.fee_minor, "entry_fee", event.tender),
            ]
        case events.Rebought():
            return [Transfer(player, postings.POOL, event.amount_minor, "rebuy", event.tender)]
        case events.AddOnBought():
            return [Transfer(player, postings.POOL, event.amount_minor, "add_on", event.tender)]
    assert_never(event)


def _reviewed(event: events.ReviewDecided, before: Tournament) -> list[Transfer]:
    """Prizes taken back, and what of them goes to others; the house keeps the rest."""
    taken = [move for name in event.forfeits for move in _step(PayoutStep(name, PayoutState.VOID), before)]
    given = (
        Transfer(postings.HOUSE_RETAINED, player_account(award.player_no), award.amount_minor, "prize_awarded")
        for award in event.awards
    )
    return [*taken, *given]


def _step(step: PayoutStep, before: Tournament) -> list[Transfer]:
    """What a player forfeits the house keeps, until the line is released or was paid all the same."""
    payout = before.payouts[step.payout_id]
    was, becomes = payout.state in FORFEITED, step.state in FORFEITED
    if was == becomes:
        return []
    player = player_account(payout.player_no)
    debit, credit = (player, postings.HOUSE_RETAINED) if becomes else (postings.HOUSE_RETAINED, player)
    return [Transfer(debit, credit, payout.amount_minor, f"{payout.kind}_forfeited", payout.tender)]


def _call_off(event: events.Cancelled, collected_minor: int) -> list[Transfer]:
    refunds = [move for line in event.refunds for move in _refund(line, waived=event.waived)]
    pool = collected_minor if event.pool_minor is None else event.pool_minor
    left = pool - sum(line.pool_minor for line in event.refunds)
    retained = Transfer(postings.POOL, postings.HOUSE_RETAINED, left, "retained")
    return [*_filled(pool, event.seed_minor, collected_minor), *refunds, retained]


def _refund(line: RefundLine, *, waived: bool) -> list[Transfer]:
    to = postings.HOUSE_WAIVED if waived else player_account(line.player_no)
    kind = f"{line.kind}_waived" if waived else line.kind
    return [
        Transfer(postings.POOL, to, line.pool_minor, kind, line.tender),
        Transfer(postings.HOUSE_FEE, to, line.fee_minor, kind, line.tender),
    ]


def _settle(sheet: ResultsFinalised) -> list[Transfer]:
    unclaimed = Transfer(postings.POOL, postings.HOUSE_RETAINED, sheet.unclaimed_minor, "unclaimed")
    prizes = (
        Transfer(postings.POOL, player_account(line.player_no), line.amount_minor, "prize")
        for line in sheet.prizes
    )
    return [*_filled(sheet.pool_minor, sheet.seed_minor, sheet.collected_minor), unclaimed, *prizes]


def _filled(pool_minor: int, seed_minor: int, collected_minor: int) -> list[Transfer]:
    """What the house adds to make the pool what was promised, or takes where it collected more."""
    gap = pool_minor - seed_minor - collected_minor
    return [
        Transfer(postings.HOUSE_SEED, postings.POOL, seed_minor, "seed"),
        Transfer(postings.HOUSE_OVERLAY, postings.POOL, max(gap, 0), "overlay"),
        Transfer(postings.POOL, postings.HOUSE_SURPLUS, max(-gap, 0), "surplus"),
    ]
