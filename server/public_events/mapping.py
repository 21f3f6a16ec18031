"""Domain events as the public events that backends receive (20-api.md, section 5)."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, assert_never

from server.domain.money import points_to_decimal, to_decimal
from server.domain.tournament import events
from server.domain.tournament.money.payouts import PayoutState
from server.domain.tournament.state import Payout, Tournament
from server.encoding.wire_names import wire_name
from server.public_events import data, rooms

# How a step is called outside; a retry is an affair of ours.
_MOVED: dict[str, type[data.OfPayout]] = {
    "approved": data.PayoutApproved,
    "paid": data.PayoutPaid,
    "needs_person": data.PayoutFailed,
    "not_eligible": data.PayoutFailed,
    "void": data.PayoutFailed,
}
_CREATED: dict[str, type[data.OfPayout]] = {
    "payout": data.PayoutCreated,
    "refund": data.RefundCreated,
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


def announce(event: events.Event, state: Tournament, owed: Iterable[Payout]) -> list[data.Data]:
    """The public events that a domain event makes, given the state after it and what is owed because of it:
    itself, what comes with it, and each line that is owed or paid (`told.public_events` says how many)."""
    if isinstance(event, events.PayoutsMoved):
        return [_moved(step.payout_id, step.state, state) for step in event.steps if step.state in _MOVED]
    made = [_payout(_CREATED[_family(payout)], payout, state) for payout in owed]
    return [_itself(event, state), *_with(event, state), *made]


def _with(event: events.Event, state: Tournament) -> list[data.Data]:
    """What comes with an event: the first round with the start, each player whom a round puts out, each prize
    that a review takes back."""
    match event:
        case events.Started() if event.told_as >= 2 and state.rules.rounds is not None:
            return [_round(data.RoundStarted, 1, state)]
        case events.RoundCompleted() if event.told_as >= 2:
            left = state.in_play + len(event.eliminated)
            return [
                _out(player_no, event.round_no, left - nth, state)
                for nth, player_no in enumerate(event.eliminated, start=1)
            ]
        case events.ReviewDecided():
            return [_moved(name, PayoutState.VOID, state) for name in event.forfeits]
    return []


def _out(player_no: int, round_no: int, left: int, state: Tournament) -> data.Eliminated:
    return data.Eliminated(**_player(player_no, state), round=round_no, players_left=left)


def _moved(name: str, became: str, state: Tournament) -> data.Data:
    payout = state.payouts[name]
    is_refund = became == PayoutState.PAID and _family(payout) == "refund"
    return _payout(data.RefundPaid if is_refund else _MOVED[became], payout, state)


def _family(payout: Payout) -> str:
    return "refund" if payout.kind == "refund" else "payout"


def _payout(kind: type[data.OfPayout], payout: Payout, state: Tournament) -> data.OfPayout:
    return kind(
        **_player(payout.player_no, state),
        payout_id=payout.id,
        kind=payout.kind,
        state=payout.state,
        amount=to_decimal(payout.amount_minor, state.rules.currency_places),
        tender=payout.tender or None,
        position=payout.position,
        code=payout.code,
        quantity=payout.quantity,
        reference=payout.reference,
        reason=payout.reason,
    )


def _itself(event: events.Event, state: Tournament) -> data.Data:
    if isinstance(event, events.RoundEvent):
        return _of_round(event, state)
    if isinstance(event, events.SaleEvent):
        return _sold(event, state)
    if isinstance(event, events.SettlementEvent):
        return _of_settlement(event, state)
    if isinstance(event, events.Created | events.LifeEvent):
        return _of_life(event, state)
    return _of_player(event, state)


def _of_life(event: events.Created | events.LifeEvent, state: Tournament) -> data.Data:
    of = _tournament(state)
    match event:
        case events.Created():
            return data.Created(**of)
        case events.Updated():
            named = [wire_name(name) if event.told_as >= 2 else name for name in event.changed]
            return data.Updated(**of, changed=named)
        case events.RegistrationOpened():
            return data.RegistrationOpened(**of)
        case events.Started():
            return data.Started(**of, players=state.seated, **rooms.closed_list(state))
        case events.BeaconTaken():
            return data.BeaconTaken(**of, **rooms.taken(event, state))
        case events.Completed():
            return data.Completed(**of, cause=event.cause)
        case events.Cancelled():
            return _cancelled(event, state)
    assert_never(event)


def _of_settlement(event: events.SettlementEvent, state: Tournament) -> data.Data:
    match event:
        case events.ApprovalGiven():
            return data.ApprovalGiven(**_tournament(state), approved_by=event.by)
        case events.ResultsFinalised():
            return _results(event, state)
        case events.ReviewRequested():
            return data.Corrected(
                **_player(event.player_no, state),
                status="review",
                action=event.action,
                reason=event.reason,
                event_id=event.event_id,
                points=points_to_decimal(event.delta),
            )
        case events.ReviewDecided():
            return _reviewed(event, state)
        case events.PayoutsMoved():
            raise AssertionError("a movement of payouts is told line by line")
    assert_never(event)


def _of_round(event: events.RoundEvent, state: Tournament) -> data.Data:
    match event:
        case events.RoundCompleted():
            out = [data.OfPlayer(**_player(player_no, state)) for player_no in event.eliminated]
            return _round(data.RoundCompleted, event.round_no, state, eliminated=out)
        case events.RoundEnded():
            return _round(data.RoundEnded, event.round_no, state)
        case events.RoundStarted():
            return _round(data.RoundStarted, event.round_no, state)
    assert_never(event)


def _sold(event: events.SaleEvent, state: Tournament) -> data.Data:
    places, player = state.rules.currency_places, _player(event.player_no, state)
    match event:
        case events.Registered():
            buy_in, fee = to_decimal(event.buy_in_minor, places), to_decimal(event.fee_minor, places)
            return data.Registered(**player, buy_in_amount=buy_in, fee=fee)
        case events.Rebought():
            amount = to_decimal(event.amount_minor, places)
            return data.Rebuy(**player, amount=amount, entries=event.entries)
        case events.AddOnBought():
            amount = to_decimal(event.amount_minor, places)
            return data.AddOn(**player, amount=amount, points=points_to_decimal(event.points))
    assert_never(event)


def _of_player(
    event: events.Removed | events.Disqualified | events.PlayerEliminated | events.ScoreCorrected,
    state: Tournament,
) -> data.Data:
    player = _player(event.player_no, state)
    match event:
        case events.Removed():
            refund = to_decimal(sum(line.refund_minor for line in event.refunds), state.rules.currency_places)
            return data.Removed(**player, reason=event.reason, refund_amount=refund)
        case events.PlayerEliminated():
            return _out(event.player_no, event.round_no, state.in_play, state)
        case events.Disqualified():
            return data.Disqualified(**player, reason=event.reason)
        case events.ScoreCorrected():
            return data.Corrected(
                **player,
                status="applied",
                action=event.action,
                reason=event.reason,
                event_id=event.event_id,
                points_before=points_to_decimal(event.points_before),
                points_after=points_to_decimal(event.points_after),
            )
    assert_never(event)


def _reviewed(event: events.ReviewDecided, state: Tournament) -> data.ReviewDecided:
    review = state.reviews[event.number - 1]
    return data.ReviewDecided(
        **_player(review.player_no, state),
        review=event.number,
        action=review.action,
        decision=event.decision,
        reason=event.reason,
        retained=to_decimal(event.retained_minor, state.rules.currency_places),
    )


def _tournament(state: Tournament) -> dict[str, Any]:
    """The fields of `OfTournament`."""
    rules = state.rules
    return {"name": rules.name, "status": state.status.value, "external_id": rules.external_id}


def _player(player_no: int, state: Tournament) -> dict[str, Any]:
    """The fields of `OfPlayer`."""
    entry = state.entries[player_no]
    return {
        "player_id": entry.player_id,
        "user_id": entry.user_id,
        "display_name": entry.display_name,
        "currency": state.rules.currency,
    }


def _round(kind: type[data.OfRound], round_no: int, state: Tournament, **more: Any) -> data.OfRound:
    count = 1 if state.rules.rounds is None else state.rules.rounds.count
    return kind(**_tournament(state), round=round_no, rounds=count, players_left=state.in_play, **more)


def _results(event: events.ResultsFinalised, state: Tournament) -> data.ResultsFinal:
    places = state.rules.currency_places
    prizes = [
        data.PrizeWon(
            **_player(line.player_no, state),
            position=line.position,
            rank=line.rank,
            prize=to_decimal(line.amount_minor, places),
        )
        for line in event.prizes
    ]
    items = [
        data.ItemWon(
            **_player(line.player_no, state),
            position=line.position,
            kind=line.kind,
            code=line.code,
            quantity=line.quantity,
        )
        for line in event.items
    ]
    pool = to_decimal(event.pool_minor, places)
    return data.ResultsFinal(**_tournament(state), prize_pool=pool, prizes=prizes, items=items)


def _cancelled(event: events.Cancelled, state: Tournament) -> data.Cancelled:
    total = sum(line.refund_minor for line in event.refunds)
    return data.Cancelled(
        **_tournament(state),
        reason=event.reason,
        refunds_waived=event.waived,
        players_notified=event.notify,
        players_refunded=0 if event.waived else len({line.player_no for line in event.refunds}),
        refund_amount=to_decimal(0 if event.waived else total, state.rules.currency_places),
        currency=state.rules.currency,
    )
