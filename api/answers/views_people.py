"""Players and rows of boards as callers read them. Pure rendering."""

from collections.abc import Iterable
from typing import Any, TypeVar, assert_never

from msgspec import UNSET

from actors.replies import BoardRow, EntryAnswer, OwnPayout
from api.answers import people_answers
from api.answers.amounts import money
from server.broadcast import frames
from server.domain.money import points_to_decimal
from server.domain.tournament.lifecycle import Status
from server.domain.tournament.money.payouts import PayoutState
from server.domain.tournament.summary import EntryRow, ResultRow, Summary
from server.encoding.wire import instant

P = TypeVar("P", bound=people_answers.BoardPlace)


def player(entry: EntryRow, summary: Summary) -> people_answers.Player:
    """One player."""
    paid = sum(sale.buy_in_minor + sale.fee_minor for sale in entry.sales)
    return people_answers.Player(
        player_id=entry.player_id,
        internal_player_id=entry.internal_player_id,
        user_id=entry.user_id,
        display_name=entry.display_name,
        status=entry_status(entry, summary),
        entries=sum(sale.entries for sale in entry.sales),
        total_paid=money(summary, paid),
        currency=summary.rules.currency,
        registered_at=instant(entry.registered_at_ms),
        rules_version=entry.rules_version,
        eliminated_in_round=entry.eliminated_round,
        sales=[
            people_answers.Sale(
                kind=sale.kind,
                entries=sale.entries,
                buy_in=money(summary, sale.buy_in_minor),
                fee=money(summary, sale.fee_minor),
                tender=sale.tender,
                payment_id=sale.payment_id,
                sold_at=instant(sale.at_ms),
            )
            for sale in entry.sales
        ],
    )


def entry_status(entry: EntryRow, summary: Summary) -> people_answers.PlayerStatus:
    """Where a player stands in its tournament."""
    if entry.disqualified:
        return "disqualified"
    if entry.removed:
        return "removed"
    match summary.status:
        case Status.SCHEDULED | Status.OPEN:
            return "registered"
        case Status.IN_PROGRESS:
            return "active" if entry.eliminated_round is None else "eliminated"
        case Status.COMPLETED:
            return "finished"
        case Status.CANCELLED:
            return "cancelled"
        case _:
            assert_never(summary.status)


def removed(answer: EntryAnswer) -> people_answers.RemovedPlayer:
    """A player who was taken out, and what goes back."""
    return people_answers.RemovedPlayer(
        tournament_id=answer.summary.id,
        player_id=answer.entry.player_id,
        status="removed",
        refund_amount=money(answer.summary, answer.refunded_minor),
        currency=answer.summary.rules.currency,
    )


def own_payouts(lines: Iterable[OwnPayout], summary: Summary) -> list[frames.OwnPayout]:
    """What is owed to one player, as that player reads it."""
    return [
        frames.OwnPayout(
            kind=line.kind,
            amount=money(summary, line.amount_minor) if line.code is None else None,
            tender=line.tender or None,
            code=line.code,
            quantity=line.quantity if line.code is not None else None,
            state=PayoutState(line.state),
        )
        for line in lines
    ]


def stored_board_row(row: BoardRow | ResultRow, for_operator: bool = True) -> people_answers.BoardRow:
    """One row of a stored board."""
    return _placed(people_answers.BoardRow, row, for_operator)


def live_board_row(row: BoardRow, for_operator: bool = True) -> people_answers.BoardRow:
    """One row of a live board."""
    more = {"entries": row.entries, "eliminated_in_round": row.eliminated_round}
    return _placed(people_answers.BoardRow, row, for_operator, **more)


def result(row: ResultRow, summary: Summary, for_operator: bool = True) -> people_answers.ResultLine:
    """One line of the results."""
    return _placed(
        people_answers.ResultLine,
        row,
        for_operator,
        prize=money(summary, row.prize_minor),
        items=[people_answers.PrizeItem(kind=i.kind, code=i.code, quantity=i.quantity) for i in row.items],
        currency=summary.rules.currency,
    )


def _placed(kind: type[P], row: BoardRow | ResultRow, for_operator: bool, **more: Any) -> P:
    return kind(
        position=row.position,
        rank=row.rank,
        player_id=row.player_id,
        display_name=row.display_name,
        points=points_to_decimal(row.points),
        user_id=row.user_id if for_operator else UNSET,
        **more,
    )
