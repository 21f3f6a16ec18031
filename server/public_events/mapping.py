"""Domain events as the public events that backends receive (20-api.md, section 5)."""

from dataclasses import dataclass
from typing import Any, assert_never

from server.domain.money import points_to_decimal, to_decimal
from server.domain.tournament import events
from server.domain.tournament.money.payouts import PayoutState, owed_by
from server.domain.tournament.state import Payout, Tournament
from server.encoding.wire_names import wire_name

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


def announce(event: events.Event, state: Tournament, at_ms: int) -> list[tuple[str, dict[str, Any]]]:
    """Type and data of the public events that a domain event makes, given the state after it: itself, what
    comes with it, and what is owed or paid line by line (`told.public_events` says how many)."""
    if isinstance(event, events.PayoutsMoved):
        return [_moved(step.payout_id, step.state, state) for step in event.steps if step.state in _MOVED]
    made = [(f"{_family(payout)}.created", _payout(payout, state)) for payout in owed_by(event, state, at_ms)]
    return [_itself(event, state), *_with(event, state), *made]


def _with(event: events.Event, state: Tournament) -> list[tuple[str, dict[str, Any]]]:
    """What comes with an event: the first round with the start, each player whom a round puts out, each prize
    that a review takes back."""
    match event:
        case events.Started() if event.told_as >= 2 and state.rules.rounds is not None:
            return [("tournament.round_started", _round(1, state))]
        case events.RoundCompleted() if event.told_as >= 2:
            left = state.in_play + len(event.eliminated)
            return [
                ("player.eliminated", _out(player_no, event.round_no, left - nth, state))
                for nth, player_no in enumerate(event.eliminated, start=1)
            ]
        case events.ReviewDecided():
            return [_moved(name, PayoutState.VOID, state) for name in event.forfeits]
    return []


def _out(player_no: int, round_no: int, left: int, state: Tournament) -> dict[str, Any]:
    return _player(player_no, state) | {"round": round_no, "playersLeft": left}


def _moved(name: str, became: str, state: Tournament) -> tuple[str, dict[str, Any]]:
    payout = state.payouts[name]
    family = _family(payout) if became == PayoutState.PAID else "payout"
    return f"{family}.{_MOVED[became]}", _payout(payout, state)


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


def _itself(event: events.Event, state: Tournament) -> tuple[str, dict[str, Any]]:
    if isinstance(event, events.RoundEvent):
        return _of_round(event, state)
    if isinstance(event, events.SaleEvent):
        return _sold(event, state)
    if isinstance(event, events.SettlementEvent):
        return _of_settlement(event, state)
    if isinstance(event, events.Created | events.LifeEvent):
        return _of_life(event, state)
    return _of_player(event, state)


def _of_life(event: events.Created | events.LifeEvent, state: Tournament) -> tuple[str, dict[str, Any]]:
    match event:
        case events.Created():
            return "tournament.created", _tournament(state)
        case events.Updated():
            named = [wire_name(name) if event.told_as >= 2 else name for name in event.changed]
            return "tournament.updated", _tournament(state) | {"changed": named}
        case events.RegistrationOpened():
            return "tournament.registration_opened", _tournament(state)
        case events.Started():
            return "tournament.started", _tournament(state) | {"players": state.seated}
        case events.Completed():
            return "tournament.completed", _tournament(state) | {"cause": event.cause}
        case events.Cancelled():
            return "tournament.cancelled", _cancelled(event, state)
    assert_never(event)


def _of_settlement(event: events.SettlementEvent, state: Tournament) -> tuple[str, dict[str, Any]]:
    match event:
        case events.ApprovalGiven():
            return "tournament.approval_given", _tournament(state) | {"approvedBy": event.by}
        case events.ResultsFinalised():
            return "tournament.results_final", _results(event, state)
        case events.ReviewRequested():
            extra = {"status": "review", "action": event.action, "reason": event.reason}
            told = {"eventId": event.event_id, "points": points_to_decimal(event.delta)}
            return "score.corrected", _player(event.player_no, state) | extra | told
        case events.ReviewDecided():
            return "review.decided", _reviewed(event, state)
        case events.PayoutsMoved():
            raise AssertionError("a movement of payouts is told line by line")
    assert_never(event)


def _of_round(event: events.RoundEvent, state: Tournament) -> tuple[str, dict[str, Any]]:
    round_ = _round(event.round_no, state)
    match event:
        case events.RoundCompleted():
            out = [_player(player_no, state) for player_no in event.eliminated]
            return "tournament.round_completed", round_ | {"eliminated": out}
        case events.RoundEnded():
            return "tournament.round_ended", round_
        case events.RoundStarted():
            return "tournament.round_started", round_
    assert_never(event)


def _sold(event: events.SaleEvent, state: Tournament) -> tuple[str, dict[str, Any]]:
    places, player = state.rules.currency_places, _player(event.player_no, state)
    match event:
        case events.Registered():
            buy_in = to_decimal(event.buy_in_minor, places)
            return "player.registered", player | {
                "buyInAmount": buy_in,
                "fee": to_decimal(event.fee_minor, places),
            }
        case events.Rebought():
            amount = to_decimal(event.amount_minor, places)
            return "player.rebuy", player | {"amount": amount, "entries": event.entries}
        case events.AddOnBought():
            amount = to_decimal(event.amount_minor, places)
            return "player.add_on", player | {"amount": amount, "points": points_to_decimal(event.points)}
    assert_never(event)


def _of_player(
    event: events.Removed | events.Disqualified | events.PlayerEliminated | events.ScoreCorrected,
    state: Tournament,
) -> tuple[str, dict[str, Any]]:
    player = _player(event.player_no, state)
    match event:
        case events.Removed():
            refund = to_decimal(sum(line.refund_minor for line in event.refunds), state.rules.currency_places)
            extra = {"reason": event.reason, "refundAmount": refund, "currency": state.rules.currency}
            return "player.removed", player | extra
        case events.PlayerEliminated():
            return "player.eliminated", _out(event.player_no, event.round_no, state.in_play, state)
        case events.Disqualified():
            return "player.disqualified", player | {"reason": event.reason}
        case events.ScoreCorrected():
            return "score.corrected", player | _corrected(event)
    assert_never(event)


def _reviewed(event: events.ReviewDecided, state: Tournament) -> dict[str, Any]:
    review = state.reviews[event.number - 1]
    return _player(review.player_no, state) | {
        "review": event.number,
        "action": review.action,
        "decision": event.decision,
        "reason": event.reason,
        "retained": to_decimal(event.retained_minor, state.rules.currency_places),
    }


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


def _corrected(event: events.ScoreCorrected) -> dict[str, Any]:
    return {
        "status": "applied",
        "action": event.action,
        "reason": event.reason,
        "eventId": event.event_id,
        "pointsBefore": points_to_decimal(event.points_before),
        "pointsAfter": points_to_decimal(event.points_after),
    }


def _results(event: events.ResultsFinalised, state: Tournament) -> dict[str, Any]:
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


def _cancelled(event: events.Cancelled, state: Tournament) -> dict[str, Any]:
    total = sum(line.refund_minor for line in event.refunds)
    return _tournament(state) | {
        "reason": event.reason,
        "refundsWaived": event.waived,
        "playersNotified": event.notify,
        "playersRefunded": 0 if event.waived else len({line.player_no for line in event.refunds}),
        "refundAmount": to_decimal(0 if event.waived else total, state.rules.currency_places),
        "currency": state.rules.currency,
    }
