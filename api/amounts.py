"""Amounts and prize pools as callers read them."""

from decimal import Decimal
from typing import Any

from actors.replies import CancelPreview
from server.domain.money import to_decimal
from server.domain.tournament.prizes import prize_amounts
from server.domain.tournament.rules import PERCENT_SCALE, PrizePool
from server.domain.tournament.summary import Summary
from server.wire import instant


def money(summary: Summary, amount_minor: int) -> Decimal:
    """An amount in the tournament's currency."""
    return to_decimal(amount_minor, summary.rules.currency_places)


def pool(summary: Summary) -> dict[str, Any]:
    """The rules of the pool and what is in it."""
    rules = summary.rules.prize_pool
    return {
        "type": rules.kind,
        "totalAmount": money(summary, summary.pool_minor),
        "currency": summary.rules.currency,
        "distribution": [_percentage(share) for share in rules.shares],
        "unit": rules.unit,
        "guaranteed": money(summary, rules.guaranteed_minor),
        "seed": money(summary, rules.seed_minor),
        "unclaimed": rules.unclaimed,
    }


def prize_pool(summary: Summary) -> dict[str, Any]:
    """The pool and what each paid place would get now; the final sheet uses the same function."""
    rules, pool = summary.rules, summary.rules.prize_pool
    # Before anybody is on the board, the table as if it were full.
    amounts = prize_amounts(pool, summary.pool_minor, summary.ranked or len(pool.shares))
    overlay = max(summary.pool_minor - pool.seed_minor - summary.collected_minor, 0)
    return {
        "tournamentId": summary.id,
        "type": pool.kind,
        "currency": rules.currency,
        "totalAmount": money(summary, summary.pool_minor),
        "collected": money(summary, summary.collected_minor),
        "fees": money(summary, summary.fees_minor),
        "overlay": money(summary, overlay),
        "seed": money(summary, pool.seed_minor),
        "players": summary.players,
        "final": summary.results_status.value == "final",
        "distribution": [
            {
                "position": n,
                "percentage": _percentage_of(pool, n),
                "amount": money(summary, amount),
            }
            for n, amount in enumerate(amounts, start=1)
        ],
    }


def _percentage_of(pool: PrizePool, place: int) -> Decimal:
    """What a place gets in percent; of weights rounded to four places, for reading only."""
    if pool.unit == "percent":
        return _percentage(pool.shares[place - 1])
    exact = Decimal(100 * pool.shares[place - 1]) / sum(pool.shares)
    return exact.quantize(Decimal("0.0001"))


def _percentage(share: int) -> Decimal:
    whole, rest = divmod(share, PERCENT_SCALE)
    return Decimal(whole) if rest == 0 else (Decimal(share) / PERCENT_SCALE)


def cancel_preview(preview: CancelPreview) -> dict[str, Any]:
    """Who would get what back."""
    summary = preview.summary
    lines = [
        {
            "playerId": refund.player_id,
            "userId": refund.user_id,
            "tender": refund.line.tender,
            "refund": money(summary, refund.line.refund_minor),
            "fromPool": money(summary, refund.line.pool_minor),
            "fromFee": money(summary, refund.line.fee_minor),
        }
        for refund in preview.lines
    ]
    total = sum(refund.line.refund_minor for refund in preview.lines)
    kept = summary.collected_minor - sum(refund.line.pool_minor for refund in preview.lines)
    return {
        "tournamentId": summary.id,
        "at": instant(preview.at_ms),
        "cancellationPolicy": summary.rules.cancellation_policy,
        "currency": summary.rules.currency,
        "playersRefunded": len({refund.line.player_no for refund in preview.lines}),
        "refundAmount": money(summary, total),
        "retainedFromPool": money(summary, kept),
        "lines": lines,
    }
