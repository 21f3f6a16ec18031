"""Players and rows of boards as callers read them. Pure rendering."""

from typing import Any

from actors.replies import BoardRow, EntryAnswer
from api.tournaments.amounts import money
from server.domain.money import points_to_decimal
from server.domain.tournament.lifecycle import Status
from server.domain.tournament.summary import EntryRow, ResultRow, Summary
from server.encoding.wire import instant


def player(entry: EntryRow, summary: Summary) -> dict[str, Any]:
    """One player."""
    paid = sum(sale.buy_in_minor + sale.fee_minor for sale in entry.sales)
    return {
        "playerId": entry.player_id,
        "internalPlayerId": entry.internal_player_id,
        "userId": entry.user_id,
        "displayName": entry.display_name,
        "status": entry_status(entry, summary),
        "entries": sum(sale.entries for sale in entry.sales),
        "totalPaid": money(summary, paid),
        "currency": summary.rules.currency,
        "registeredAt": instant(entry.registered_at_ms),
        "rulesVersion": entry.rules_version,
        "eliminatedInRound": entry.eliminated_round,
        "sales": [
            {
                "kind": sale.kind,
                "entries": sale.entries,
                "buyIn": money(summary, sale.buy_in_minor),
                "fee": money(summary, sale.fee_minor),
                "tender": sale.tender,
                "paymentId": sale.payment_id,
                "soldAt": instant(sale.at_ms),
            }
            for sale in entry.sales
        ],
    }


def entry_status(entry: EntryRow, summary: Summary) -> str:
    """`registered`, `active`, `eliminated`, `finished`, `removed`, `disqualified` or `cancelled`."""
    if entry.disqualified:
        return "disqualified"
    if entry.removed:
        return "removed"
    if entry.eliminated_round is not None and summary.status is Status.IN_PROGRESS:
        return "eliminated"
    return {
        Status.IN_PROGRESS: "active",
        Status.COMPLETED: "finished",
        Status.CANCELLED: "cancelled",
    }.get(summary.status, "registered")


def removed(answer: EntryAnswer) -> dict[str, Any]:
    """A player who was taken out, and what goes back."""
    return {
        "tournamentId": answer.summary.id,
        "playerId": answer.entry.player_id,
        "status": "removed",
        "refundAmount": money(answer.summary, answer.refunded_minor),
        "currency": answer.summary.rules.currency,
    }


def public_row(row: BoardRow | ResultRow) -> dict[str, Any]:
    """One row of a leaderboard, as anybody may read it: without the casino's user id."""
    return {
        "position": row.position,
        "rank": row.rank,
        "playerId": row.player_id,
        "displayName": row.display_name,
        "points": points_to_decimal(row.points),
    }


def board_row(row: BoardRow | ResultRow) -> dict[str, Any]:
    """One row of a leaderboard, as a casino reads it."""
    return public_row(row) | {"userId": row.user_id}


def leader(row: BoardRow) -> dict[str, Any]:
    """One row of a live board, as a casino reads it."""
    return board_row(row) | {"entries": row.entries, "eliminatedInRound": row.eliminated_round}


def result(row: ResultRow, summary: Summary) -> dict[str, Any]:
    """One line of the results."""
    return board_row(row) | {
        "prize": money(summary, row.prize_minor),
        "items": [{"kind": i.kind, "code": i.code, "quantity": i.quantity} for i in row.items],
        "currency": summary.rules.currency,
    }
