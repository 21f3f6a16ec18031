"""Domain events as the public events that backends receive (20-api.md, section 5)."""

from dataclasses import dataclass
from typing import Any

from server.domain.money import points_to_decimal, to_decimal
from server.domain.tournament import events as fact
from server.domain.tournament.payouts import PayoutState, owed_by
from server.domain.tournament.state import Payout, Tournament

# How a step is called outside; a retry is the house's own affair.
_MOVED: dict[str, str] = {
    "approved": "approved",
    "paid": "paid",
    "needs_person": "failed",
    "not_eligible": "failed",
    "void": "failed",
}


@dataclass(frozen=True, slots=True)
class Announcement:
    """One public event; `data` is encoded JSON. `seq` counts a tournament's public events without a gap,
    so a receiver can tell when one is missing; ids are derived, so every outlet names it the same."""

    event_id: str
    seq: int
    event_type: str
    at_ms: int
    data: bytes


def event_id(tournament_id: str, seq: int) -> str:
    """The id of a tournament's `seq`-th public event."""
    return f"evt_{tournament_id}_{seq}"


def announce(event: fact.Event, state: Tournament, at_ms: int) -> list[tuple[str, dict[str, Any]]]:
    """Type and data of the public events that a domain event makes, given the state after it: itself, and what
    is owed or paid line by line."""
    if isinstance(event, fact.PayoutsMoved):
        return [_moved(step, state) for step in event.steps if step.state in _MOVED]
    made = [(f"{_family(payout)}.created", _payout(payout, state)) for payout in owed_by(event, state, at_ms)]
    return [_itself(event, state), *made]


def _moved(step: fact.PayoutStep, state: Tournament) -> tuple[str, dict[str, Any]]:
    payout = state.payouts[step.payout_id]
    family = _family(payout) if step.state == PayoutState.PAID else "payout"
    return f"{family}.{_MOVED[step.state]}", _payout(payout, state)


def _family(payout: Payout) -> str:
    return "refund" if payout.kind == "refund" else "payout"


def _payout(payout: Payout, state: Tournament) -> dict[str, Any]:
    amount = to_decimal(payout.amount_minor, state.rules.currency_places)
    return _player(payout.player_no, state) | {
        "payoutId": payout.id,
        "kind": payout.kind,
        "state": payout.state,
        "amount": amount,
        "tender": payout.tender or None,
        "position": payout.position,
        "code": payout.code,
        "quantity": payout.quantity,
        "reference": payout.reference,
        "reason": payout.reason,
    }


def _itself(event: fact.Event, state: Tournament) -> tuple[str, dict[str, Any]]:
    match event:
        case fact.Created():
            return "tournament.created", _tournament(state)
        case fact.Updated():
            return "tournament.updated", _tournament(state) | {"changed": list(event.changed)}
        case fact.RegistrationOpened():
            return "tournament.registration_opened", _tournament(state)
        case fact.RoundCompleted():
            out = [_player(player_no, state) for player_no in event.eliminated]
            return "tournament.round_completed", _round(event.round_no, state) | {"eliminated": out}
        case fact.RoundEnded():
            return "tournament.round_ended", _round(event.round_no, state)
        case fact.RoundStarted():
            return "tournament.round_started", _round(event.round_no, state)
        case fact.Started():
            return "tournament.started", _tournament(state) | {"players": state.seated}
        case fact.ApprovalGiven():
            return "tournament.approval_given", _tournament(state) | {"approvedBy": event.by}
        case fact.Completed():
            return "tournament.completed", _tournament(state) | {"cause": event.cause}
        case fact.ResultsFinalised():
            return "tournament.results_final", _results(event, state)
        case fact.Cancelled():
            return "tournament.cancelled", _cancelled(event, state)
        case _:
            return _player_event(event, state)


def _player_event(event: fact.Event, state: Tournament) -> tuple[str, dict[str, Any]]:
    places = state.rules.currency_places
    match event:
        case fact.Registered():
            amounts = {
                "buyInAmount": to_decimal(event.buy_in_minor, places),
                "fee": to_decimal(event.fee_minor, places),
            }
            return "player.registered", _player(event.player_no, state) | amounts
        case fact.Rebought():
            amount = {"amount": to_decimal(event.amount_minor, places), "entries": event.entries}
            return "player.rebuy", _player(event.player_no, state) | amount
        case fact.Removed():
            refund = to_decimal(sum(line.refund_minor for line in event.refunds), places)
            extra = {"reason": event.reason, "refundAmount": refund, "currency": state.rules.currency}
            return "player.removed", _player(event.player_no, state) | extra
        case fact.AddOnBought():
            extra = {
                "amount": to_decimal(event.amount_minor, places),
                "points": points_to_decimal(event.points),
            }
            return "player.add_on", _player(event.player_no, state) | extra
        case fact.PlayerEliminated():
            extra = {"round": event.round_no, "playersLeft": state.in_play}
            return "player.eliminated", _player(event.player_no, state) | extra
        case fact.Disqualified():
            return "player.disqualified", _player(event.player_no, state) | {"reason": event.reason}
        case fact.ScoreCorrected():
            return "score.corrected", _player(event.player_no, state) | _corrected(event)
        case fact.ReviewRequested():
            extra = {"status": "review", "action": event.action, "reason": event.reason}
            told = {"eventId": event.event_id, "points": points_to_decimal(event.delta)}
            return "score.corrected", _player(event.player_no, state) | extra | told
    raise AssertionError(f"no public event for {type(event).__name__}")


def _tournament(state: Tournament) -> dict[str, Any]:
    return {
        "name": state.rules.name,
        "status": state.status.value,
        "externalId": state.rules.external_id,
    }


def _player(player_no: int, state: Tournament) -> dict[str, Any]:
    entry = state.entries[player_no]
    return {
        "playerId": entry.player_id,
        "userId": entry.user_id,
        "displayName": entry.display_name,
        "currency": state.rules.currency,
    }


def _round(round_no: int, state: Tournament) -> dict[str, Any]:
    count = 1 if state.rules.rounds is None else state.rules.rounds.count
    return _tournament(state) | {"round": round_no, "rounds": count, "playersLeft": state.in_play}


def _corrected(event: fact.ScoreCorrected) -> dict[str, Any]:
    return {
        "status": "applied",
        "action": event.action,
        "reason": event.reason,
        "eventId": event.event_id,
        "pointsBefore": points_to_decimal(event.points_before),
        "pointsAfter": points_to_decimal(event.points_after),
    }


def _results(event: fact.ResultsFinalised, state: Tournament) -> dict[str, Any]:
    places = state.rules.currency_places
    prizes = [
        _player(line.player_no, state)
        | {"position": line.position, "rank": line.rank, "prize": to_decimal(line.amount_minor, places)}
        for line in event.prizes
    ]
    items = [
        _player(line.player_no, state)
        | {"position": line.position, "kind": line.kind, "code": line.code, "quantity": line.quantity}
        for line in event.items
    ]
    pool = to_decimal(event.pool_minor, places)
    return _tournament(state) | {"prizePool": pool, "prizes": prizes, "items": items}


def _cancelled(event: fact.Cancelled, state: Tournament) -> dict[str, Any]:
    total = sum(line.refund_minor for line in event.refunds)
    return _tournament(state) | {
        "reason": event.reason,
        "refundsWaived": event.waived,
        "playersNotified": event.notify,
        "playersRefunded": 0 if event.waived else len({line.player_no for line in event.refunds}),
        "refundAmount": to_decimal(0 if event.waived else total, state.rules.currency_places),
        "currency": state.rules.currency,
    }
