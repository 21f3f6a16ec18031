"""Selling entries and losing players: the guards of register, rebuy, add-on, remove and disqualify."""

from server.domain.ids import is_reserved
from server.domain.refusal import Code, Detail, Refusal
from server.domain.scoring.bounds import ADJUSTED_MAX
from server.domain.tournament import commands, events
from server.domain.tournament.lifecycle import ResultsStatus, Status, is_over
from server.domain.tournament.money.pool import COLLECTED_MAX_MINOR
from server.domain.tournament.money.refunds import refund_lines
from server.domain.tournament.money.sale_rules import No, why_no_rebuy, why_not_in_play
from server.domain.tournament.state import Entry, Tournament

Events = list[events.Event]


def register(state: Tournament, command: commands.Register, now_ms: int) -> Events:
    """A first entry."""
    if is_reserved(command.user_id):
        fields = {"user_id": "Must not begin with TP_ or plr_: these are names that Pitboss gives"}
        raise Refusal(Code.VALIDATION_FAILED, "The user id is reserved", {"fields": fields})
    known = state.no_of.get(command.user_id)
    if known is not None:
        _refuse_known(state, state.entries[known])
    if not state.rules.takes_entries(state.status, state.started_at_ms, now_ms, state.round_no):
        detail: Detail = {"status": state.status.value}
        raise Refusal(Code.REGISTRATION_CLOSED, "Registration is not open", detail)
    if state.is_full():
        raise Refusal(Code.TOURNAMENT_FULL, "No place left", {"max_players": state.rules.max_players})
    _check_payment(state, command, state.rules.entry_price_minor)
    return [
        events.Registered(
            player_no=len(state.entries),
            user_id=command.user_id,
            player_id=command.player_id,
            display_name=command.display_name,
            buy_in_minor=state.rules.buy_in_minor,
            fee_minor=state.rules.fee_minor,
            tender=command.tender,
            payment_id=command.payment_id,
            rules_version=state.rules.rules_version,
        )
    ]


def _refuse_known(state: Tournament, entry: Entry) -> None:
    """A user who left may come back: for nothing after a refund, as a further entry after a forfeit. One who
    was disqualified may not."""
    detail: Detail = {"player_id": entry.player_id, "user_id": entry.user_id}
    if entry.disqualified:
        raise Refusal(Code.PLAYER_DISQUALIFIED, "This user was disqualified", detail)
    if not entry.removed:
        raise Refusal(Code.ALREADY_REGISTERED, "This user is registered already", detail)
    most, forfeited = state.rules.max_entries_per_player, state.forfeited_entries(entry.user_id)
    if most is not None and forfeited >= most:
        detail |= {"max_entries_per_player": most, "entries": forfeited}
        raise Refusal(Code.REBUY_LIMIT_REACHED, "No entries left for this player", detail)


def _check_payment(state: Tournament, command: commands.Sale, price_minor: int) -> None:
    """The casino must say what it took: the exact price, or a payment id that stands for it. A payment buys
    once, and what was collected stays a number that every reader holds."""
    paid = command.paid_minor
    silent = paid is None and command.payment_id is None and price_minor > 0
    if silent:
        detail: Detail = {"expected_minor": price_minor}
        raise Refusal(Code.WRONG_AMOUNT, "Say what was paid: the amount, or a payment id", detail)
    if paid is not None and paid != price_minor:
        detail = {"expected_minor": price_minor, "given_minor": paid}
        raise Refusal(Code.WRONG_AMOUNT, "The amount paid is not the price", detail)
    if command.used is not None:
        detail = {
            "payment_id": command.payment_id,
            "used_in_tournament": command.used.tournament_id,
            "used_by_player": command.used.player_id,
            "used_for": command.used.kind,
        }
        raise Refusal(Code.PAYMENT_ALREADY_USED, "This payment has paid for another sale", detail)
    if state.collected_minor + state.fees_minor + price_minor > COLLECTED_MAX_MINOR:
        detail = {"collected_minor": state.collected_minor}
        raise Refusal(Code.AMOUNT_LIMIT_REACHED, "A tournament cannot collect more than it has", detail)


def rebuy(state: Tournament, command: commands.Rebuy, now_ms: int) -> Events:
    """Further entries, all or nothing."""
    entry, rules = state.entry_named(command.player), state.rules
    if why := why_no_rebuy(state, entry, now_ms, command.entries):
        if why.rule == "limit":
            detail: Detail = {"max_entries_per_player": rules.max_entries_per_player, "entries": entry.entries}
            raise Refusal(Code.REBUY_LIMIT_REACHED, why.reason, detail)
        raise Refusal(Code.REBUY_NOT_ALLOWED, why.reason, _refused_sale(state, entry, why.rule))
    price = rules.rebuy_fee_minor * command.entries
    _check_payment(state, command, price)
    return [events.Rebought(entry.player_no, command.entries, price, command.tender, command.payment_id)]


def _refused_sale(state: Tournament, entry: Entry, rule: str) -> Detail:
    """Which rule says no, and when it will say yes, where that can be known."""
    opens = state.rules.start_at_ms if rule == "not_started" and state.rules.format == "scheduled" else None
    return {"player_id": entry.player_id, "rule": rule, "opens_at_ms": opens}


def buy_add_on(state: Tournament, command: commands.BuyAddOn, now_ms: int) -> Events:
    """One add-on for a player who is in play."""
    entry, add_on = state.entry_named(command.player), state.rules.add_on
    if add_on is None:
        detail = _refused_sale(state, entry, "no_add_ons")
        raise Refusal(Code.ADD_ON_NOT_ALLOWED, "This tournament has no add-ons", detail)
    why = why_not_in_play(state, now_ms)
    if why is None and add_on.deadline_ms is not None and now_ms >= add_on.deadline_ms:
        why = No("deadline", "The add-on deadline has passed")
    if why is None and not entry.is_in_play:
        why = No("not_in_play", "The player is not in play")
    full = entry.add_ons() >= add_on.most_per_player or entry.adjusted + add_on.points > ADJUSTED_MAX
    if why is None and full:
        why = No("limit", "No add-ons left for this player")
    if why is not None:
        raise Refusal(Code.ADD_ON_NOT_ALLOWED, why.reason, _refused_sale(state, entry, why.rule))
    _check_payment(state, command, add_on.price_minor)
    return [
        events.AddOnBought(
            entry.player_no, add_on.price_minor, add_on.points, command.tender, command.payment_id
        )
    ]


def remove(state: Tournament, command: commands.Remove, now_ms: int) -> Events:
    """A player leaves: refunded before the start, forfeited during play."""
    entry = state.entry_named(command.player)
    if is_over(state.status) or (command.only_before_start and state.status is Status.IN_PROGRESS):
        detail: Detail = {"status": state.status.value}
        message = f"A player cannot leave a tournament that is {state.status}"
        raise Refusal(Code.INVALID_STATUS, message, detail)
    if entry.removed:
        return []
    return [events.Removed(entry.player_no, command.reason, _before_start(state, entry))]


def disqualify(state: Tournament, command: commands.Disqualify, now_ms: int) -> Events:
    """A player is taken off the board for cause; after results are final a person must look at it."""
    entry = state.entry_named(command.player)
    if state.status is Status.CANCELLED:
        detail: Detail = {"status": state.status.value}
        raise Refusal(Code.INVALID_STATUS, "A cancelled tournament has no results", detail)
    if entry.disqualified:
        return []
    if state.results_status is ResultsStatus.FINAL:
        if state.disqualification_asked(entry.player_no) is not None:
            return []
        return [events.ReviewRequested("disqualify", entry.player_no, command.reason, by=command.by)]
    if entry.removed:
        detail = {"player_id": entry.player_id}
        raise Refusal(Code.PLAYER_REMOVED, "The player has left already", detail)
    return [events.Disqualified(entry.player_no, command.reason, _before_start(state, entry))]


def _before_start(state: Tournament, entry: Entry) -> tuple[events.RefundLine, ...]:
    return refund_lines(entry) if state.status in (Status.SCHEDULED, Status.OPEN) else ()
