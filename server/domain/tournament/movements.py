"""The ledger side of each event: which accounts move, in one place.

The pool account holds what was collected. When results are final the house adds its seed, tops the pool up
(overlay) or takes what a fixed pool leaves over (surplus), and prizes empty it. When a tournament is called
off, refunds and what the house retains empty it.
"""

from server.domain import postings as ledger
from server.domain.postings import Posting, Transfer, player_account, postings_of
from server.domain.tournament.events import (
    AddOnBought,
    Cancelled,
    Disqualified,
    Event,
    PayoutsMoved,
    PayoutStep,
    Rebought,
    RefundLine,
    Registered,
    Removed,
    ResultsFinalised,
)
from server.domain.tournament.payouts import FORFEITED
from server.domain.tournament.state import Tournament


def postings_for(event: Event, before: Tournament | None) -> list[Posting]:
    """Balanced postings of one event, given the state before it; most events move no money."""
    if before is None:
        return []
    return postings_of(_transfers(event, before), before.rules.currency)


def _transfers(event: Event, before: Tournament) -> list[Transfer]:
    match event:
        case Registered():
            player = player_account(event.player_no)
            return [
                Transfer(player, ledger.POOL, event.buy_in_minor, "entry", event.tender),
                Transfer(player, ledger.HOUSE_FEE, event.fee_minor, "entry_fee", event.tender),
            ]
        case Rebought():
            player = player_account(event.player_no)
            return [Transfer(player, ledger.POOL, event.amount_minor, "rebuy", event.tender)]
        case AddOnBought():
            player = player_account(event.player_no)
            return [Transfer(player, ledger.POOL, event.amount_minor, "add_on", event.tender)]
        case Removed() | Disqualified():
            return [move for line in event.refunds for move in _refund(line, waived=False)]
        case Cancelled():
            return _call_off(event, before.collected_minor)
        case ResultsFinalised():
            return _settle(event)
        case PayoutsMoved():
            return [move for step in event.steps for move in _step(step, before)]
        case _:
            return []


def _step(step: PayoutStep, before: Tournament) -> list[Transfer]:
    """What a player forfeits the house keeps, until the line is released or was paid all the same."""
    payout = before.payouts[step.payout_id]
    was, becomes = payout.state in FORFEITED, step.state in FORFEITED
    if was == becomes:
        return []
    player = player_account(payout.player_no)
    debit, credit = (player, ledger.HOUSE_RETAINED) if becomes else (ledger.HOUSE_RETAINED, player)
    return [Transfer(debit, credit, payout.amount_minor, f"{payout.kind}_forfeited", payout.tender)]


def _call_off(event: Cancelled, collected_minor: int) -> list[Transfer]:
    refunds = [move for line in event.refunds for move in _refund(line, waived=event.waived)]
    pool = collected_minor if event.pool_minor is None else event.pool_minor
    left = pool - sum(line.pool_minor for line in event.refunds)
    kept = Transfer(ledger.POOL, ledger.HOUSE_RETAINED, left, "retained")
    return [*_filled(pool, event.seed_minor, collected_minor), *refunds, kept]


def _refund(line: RefundLine, *, waived: bool) -> list[Transfer]:
    to = ledger.HOUSE_WAIVED if waived else player_account(line.player_no)
    kind = f"{line.kind}_waived" if waived else line.kind
    return [
        Transfer(ledger.POOL, to, line.pool_minor, kind, line.tender),
        Transfer(ledger.HOUSE_FEE, to, line.fee_minor, kind, line.tender),
    ]


def _settle(sheet: ResultsFinalised) -> list[Transfer]:
    kept = Transfer(ledger.POOL, ledger.HOUSE_RETAINED, sheet.unclaimed_minor, "unclaimed")
    prizes = (
        Transfer(ledger.POOL, player_account(line.player_no), line.amount_minor, "prize")
        for line in sheet.prizes
    )
    return [*_filled(sheet.pool_minor, sheet.seed_minor, sheet.collected_minor), kept, *prizes]


def _filled(pool_minor: int, seed_minor: int, collected_minor: int) -> list[Transfer]:
    """What the house adds to make the pool what was promised, or takes where it collected more."""
    gap = pool_minor - seed_minor - collected_minor
    return [
        Transfer(ledger.HOUSE_SEED, ledger.POOL, seed_minor, "seed"),
        Transfer(ledger.HOUSE_OVERLAY, ledger.POOL, max(gap, 0), "overlay"),
        Transfer(ledger.POOL, ledger.HOUSE_SURPLUS, max(-gap, 0), "surplus"),
    ]
