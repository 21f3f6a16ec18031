"""The ledger side of each event: which accounts move, in one place.

The pool account holds what was collected. When results are final the house adds its seed, tops the pool up
(overlay) or takes what a fixed pool leaves over (surplus), and prizes empty it. When a tournament is called
off, refunds and what the house retains empty it.
"""

from server.domain import postings as ledger
from server.domain.postings import Posting, Transfer, player_account, postings_of
from server.domain.tournament.events import (
    Cancelled,
    Event,
    Rebought,
    RefundLine,
    Registered,
    Removed,
    ResultsFinalised,
)
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
        case Removed():
            return [move for line in event.refunds for move in _refund(line, waived=False)]
        case Cancelled():
            refunds = [move for line in event.refunds for move in _refund(line, waived=event.waived)]
            left = before.collected_minor - sum(m.amount_minor for m in refunds if m.debit == ledger.POOL)
            return [*refunds, Transfer(ledger.POOL, ledger.HOUSE_RETAINED, left, "retained")]
        case ResultsFinalised():
            return _settle(event)
        case _:
            return []


def _refund(line: RefundLine, *, waived: bool) -> list[Transfer]:
    to = ledger.HOUSE_WAIVED if waived else player_account(line.player_no)
    kind = "refund_waived" if waived else "refund"
    return [
        Transfer(ledger.POOL, to, line.pool_minor, kind, line.tender),
        Transfer(ledger.HOUSE_FEE, to, line.fee_minor, kind, line.tender),
    ]


def _settle(sheet: ResultsFinalised) -> list[Transfer]:
    gap = sheet.pool_minor - sheet.seed_minor - sheet.collected_minor
    moves = [
        Transfer(ledger.HOUSE_SEED, ledger.POOL, sheet.seed_minor, "seed"),
        Transfer(ledger.HOUSE_OVERLAY, ledger.POOL, max(gap, 0), "overlay"),
        Transfer(ledger.POOL, ledger.HOUSE_SURPLUS, max(-gap, 0), "surplus"),
        Transfer(ledger.POOL, ledger.HOUSE_RETAINED, sheet.unclaimed_minor, "unclaimed"),
    ]
    prizes = (
        Transfer(ledger.POOL, player_account(line.player_no), line.amount_minor, "prize")
        for line in sheet.prizes
    )
    return [*moves, *prizes]
