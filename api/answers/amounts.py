"""Amounts and prize pools as callers read them."""

from decimal import Decimal

from actors.replies import CancelPreview
from api.answers import money_answers
from server.domain.money import split, to_decimal
from server.domain.tournament.events import ResultsFinalised
from server.domain.tournament.lifecycle import ResultsStatus, Status
from server.domain.tournament.money.pool import PERCENT_SCALE, PrizePool
from server.domain.tournament.money.prizes import place_amounts
from server.domain.tournament.summary import Summary
from server.encoding.wire import instant


def money(summary: Summary, amount_minor: int) -> Decimal:
    """An amount in the tournament's currency."""
    return to_decimal(amount_minor, summary.rules.currency_places)


def there_is(summary: Summary) -> Decimal:
    """What there is to win."""
    return money(summary, _pool_minor(summary))


def _pool_minor(summary: Summary) -> int:
    """Nothing once it was called off."""
    return 0 if summary.status is Status.CANCELLED else summary.pool_minor


def pool(summary: Summary) -> money_answers.PrizePoolRules:
    """The rules of the pool and what is in it."""
    rules = summary.rules.prize_pool
    return money_answers.PrizePoolRules(
        type=rules.kind,
        total_amount=there_is(summary),
        currency=summary.rules.currency,
        distribution=[_percentage(share) for share in rules.shares],
        field_sizes=[
            money_answers.FieldSize(
                min_players=table.min_players,
                distribution=[_percentage(share) for share in table.shares],
            )
            for table in rules.by_field
        ],
        items=[
            money_answers.PoolItem(
                place=_range(item.first_place, item.last_place),
                kind=item.kind,
                code=item.code,
                quantity=item.quantity,
            )
            for item in rules.items
        ],
        unit=rules.unit,
        guaranteed=money(summary, rules.guaranteed_minor),
        seed=money(summary, rules.seed_minor),
        unclaimed=rules.unclaimed,
    )


def _range(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}-{last}"


def prize_pool(summary: Summary, sheet: ResultsFinalised | None) -> money_answers.PrizePool:
    """The pool and what each paid place gets if nothing more is sold: with the sheet of a board in play what
    each position gets as it stands, ties and qualification included; the final sheet is the same."""
    rules, pool = summary.rules, summary.rules.prize_pool
    called_off = summary.status is Status.CANCELLED
    if called_off:
        amounts: list[tuple[int, int]] = []
    elif sheet is None:
        # Before a player is on the board, the table as if it were full.
        finishers = summary.ranked or len(pool.shares_for(summary.players))
        places = place_amounts(pool, summary.pool_minor, summary.players, finishers)
        amounts = list(enumerate(places, start=1))
    else:
        amounts = [(line.position, line.amount_minor) for line in sheet.prizes]
    seed_minor = 0 if called_off else pool.seed_minor
    overlay = 0 if called_off else max(summary.pool_minor - pool.seed_minor - summary.collected_minor, 0)
    return money_answers.PrizePool(
        tournament_id=summary.id,
        type=pool.kind,
        currency=rules.currency,
        total_amount=there_is(summary),
        collected=money(summary, summary.collected_minor),
        fees=money(summary, summary.fees_minor),
        overlay=money(summary, overlay),
        seed=money(summary, seed_minor),
        players=summary.players,
        final=summary.results_status is ResultsStatus.FINAL,
        distribution=_as_sold(summary),
        projected=[
            money_answers.PlacePrize(
                position=n,
                percentage=_percentage_of(pool, summary.players, n),
                amount=money(summary, amount),
            )
            for n, amount in amounts
        ],
    )


def _as_sold(summary: Summary) -> list[money_answers.PlacePrize]:
    """What each paid place gets with a full field: the table of the rules, whatever the board.
    `projected` says what those on the board would get as it stands."""
    pool = summary.rules.prize_pool
    shares = pool.shares_for(summary.players)
    places = split(_pool_minor(summary), shares) if sum(shares) else []
    return [
        money_answers.PlacePrize(
            position=n,
            percentage=_percentage_of(pool, summary.players, n),
            amount=money(summary, amount),
        )
        for n, amount in enumerate(places, start=1)
    ]


def _percentage_of(pool: PrizePool, players: int, place: int) -> Decimal:
    """What the table gives a place in percent; of weights rounded to four places, for reading only."""
    shares = pool.shares_for(players)
    if place > len(shares):
        return Decimal(0)
    if pool.unit == "percent":
        return _percentage(shares[place - 1])
    exact = Decimal(100 * shares[place - 1]) / sum(shares)
    return exact.quantize(Decimal("0.0001"))


def _percentage(share: int) -> Decimal:
    whole, rest = divmod(share, PERCENT_SCALE)
    return Decimal(whole) if rest == 0 else (Decimal(share) / PERCENT_SCALE)


def cancel_preview(preview: CancelPreview) -> money_answers.CancellationPreview:
    """Who would get what back."""
    summary = preview.summary
    lines = [
        money_answers.RefundLine(
            player_id=refund.player_id,
            user_id=refund.user_id,
            tender=refund.line.tender,
            kind=refund.line.kind,
            refund=money(summary, refund.line.refund_minor),
            from_pool=money(summary, refund.line.pool_minor),
            from_fee=money(summary, refund.line.fee_minor),
        )
        for refund in preview.lines
    ]
    total = sum(refund.line.refund_minor for refund in preview.lines)
    there = summary.collected_minor if preview.pool_minor is None else preview.pool_minor
    retained = there - sum(refund.line.pool_minor for refund in preview.lines)
    return money_answers.CancellationPreview(
        tournament_id=summary.id,
        at=instant(preview.at_ms),
        cancellation_policy=summary.rules.cancellation_policy,
        currency=summary.rules.currency,
        players_refunded=len({refund.line.player_no for refund in preview.lines}),
        refund_amount=money(summary, total),
        retained_from_pool=money(summary, retained),
        lines=lines,
    )
