"""Selling entries and losing players: the guards of register, rebuy, add-on, remove and disqualify."""

from server.domain.refusal import Code, Refusal
from server.domain.tournament import commands as ask
from server.domain.tournament import events as fact
from server.domain.tournament.lifecycle import ResultsStatus, Status, is_over
from server.domain.tournament.refunds import refund_lines
from server.domain.tournament.state import Entry, Tournament

Events = list[fact.Event]


def register(state: Tournament, command: ask.Register, now_ms: int) -> Events:
    """A first entry."""
    known = state.no_of.get(command.user_id)
    if known is not None:
        _refuse_known(state.entries[known])
    if not state.rules.takes_entries(state.status, state.started_at_ms, now_ms, state.round_no):
        detail = {"status": state.status.value}
        raise Refusal(Code.REGISTRATION_CLOSED, "Registration is not open", detail)
    if state.is_full():
        raise Refusal(Code.TOURNAMENT_FULL, "No place left", {"max_players": state.rules.max_players})
    _check_paid(command, state.rules.entry_price_minor)
    return [
        fact.Registered(
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


def _refuse_known(entry: Entry) -> None:
    """A user who left before the start may come back; one who was disqualified may not."""
    detail = {"player_id": entry.player_id, "user_id": entry.user_id}
    if entry.disqualified:
        raise Refusal(Code.PLAYER_DISQUALIFIED, "This user was disqualified", detail)
    if not entry.removed:
        raise Refusal(Code.ALREADY_REGISTERED, "This user is registered already", detail)


def _check_paid(command: ask.Register | ask.Rebuy | ask.BuyAddOn, price_minor: int) -> None:
    """The casino must say what it took: the exact price, or a payment id that stands for it."""
    paid = command.paid_minor
    silent = paid is None and command.payment_id is None and price_minor > 0
    if silent or (paid is not None and paid != price_minor):
        detail = {"expected_minor": price_minor, "given_minor": paid}
        raise Refusal(Code.WRONG_AMOUNT, "The amount paid is not the price", detail)


def rebuy(state: Tournament, command: ask.Rebuy, now_ms: int) -> Events:
    """Further entries, all or nothing."""
    entry, rules = state.entry_named(command.player), state.rules
    if found := _why_no_rebuy(state, entry, now_ms):
        rule, reason = found
        detail = _refused_sale(state, entry, rule)
        raise Refusal(Code.REBUY_NOT_ALLOWED, reason, detail)
    most = rules.max_entries_per_player
    if most is not None and entry.entries + command.entries > most:
        detail = {"max_entries_per_player": most, "entries": entry.entries}
        raise Refusal(Code.REBUY_LIMIT_REACHED, "No entries left for this player", detail)
    price = rules.rebuy_fee_minor * command.entries
    _check_paid(command, price)
    return [fact.Rebought(entry.player_no, command.entries, price, command.tender, command.payment_id)]


def _refused_sale(state: Tournament, entry: Entry, rule: str) -> dict[str, object]:
    """Which rule says no, and when it will say yes, where that can be known."""
    opens = state.rules.start_at_ms if rule == "not_started" and state.rules.format == "scheduled" else None
    return {"player_id": entry.player_id, "rule": rule, "opens_at_ms": opens}


def _why_no_rebuy(state: Tournament, entry: Entry, now_ms: int) -> tuple[str, str] | None:
    rules = state.rules
    if not rules.rebuy_enabled:
        return "no_rebuys", "This tournament has no rebuys"
    if why := _why_not_in_play(state, now_ms):
        return why
    if rules.rebuy_deadline_ms is not None and now_ms >= rules.rebuy_deadline_ms:
        return "deadline", "The rebuy deadline has passed"
    if entry.removed:
        return "removed", "The player was removed"
    if entry.eliminated_round is not None and entry.eliminated_round < state.rounds_finished:
        return "eliminated", "Only players whom the last round eliminated can buy themselves back"
    return None


def _why_not_in_play(state: Tournament, now_ms: int) -> tuple[str, str] | None:
    if state.status in (Status.SCHEDULED, Status.OPEN):
        return "not_started", "Possible only while the tournament is in progress; it has not started"
    ended = now_ms >= state.rules.planned_end_ms(state.started_at_ms) and state.rules.rounds is None
    if state.status is not Status.IN_PROGRESS or ended:
        return "over", "Possible only while the tournament is in progress; it is over"
    return None


def buy_add_on(state: Tournament, command: ask.BuyAddOn, now_ms: int) -> Events:
    """One add-on for a player who is in play."""
    entry, add_on = state.entry_named(command.player), state.rules.add_on
    if add_on is None:
        detail = _refused_sale(state, entry, "no_add_ons")
        raise Refusal(Code.ADD_ON_NOT_ALLOWED, "This tournament has no add-ons", detail)
    found = _why_not_in_play(state, now_ms)
    if found is None and add_on.deadline_ms is not None and now_ms >= add_on.deadline_ms:
        found = "deadline", "The add-on deadline has passed"
    if found is None and not entry.is_in_play:
        found = "not_in_play", "The player is not in play"
    if found is None and entry.add_ons() >= add_on.most_per_player:
        found = "limit", "No add-ons left for this player"
    if found is not None:
        rule, reason = found
        raise Refusal(Code.ADD_ON_NOT_ALLOWED, reason, _refused_sale(state, entry, rule))
    _check_paid(command, add_on.price_minor)
    return [
        fact.AddOnBought(
            entry.player_no, add_on.price_minor, add_on.points, command.tender, command.payment_id
        )
    ]


def remove(state: Tournament, command: ask.Remove, now_ms: int) -> Events:
    """A player leaves: refunded before the start, forfeited during play."""
    entry = state.entry_named(command.player)
    if is_over(state.status) or (command.only_before_start and state.status is Status.IN_PROGRESS):
        detail = {"status": state.status.value}
        message = f"Nobody can leave a tournament that is {state.status}"
        raise Refusal(Code.INVALID_STATUS, message, detail)
    if entry.removed:
        return []
    return [fact.Removed(entry.player_no, command.reason, _before_start(state, entry))]


def disqualify(state: Tournament, command: ask.Disqualify, now_ms: int) -> Events:
    """A player is taken off the board for cause; after results are final a person must look at it."""
    entry = state.entry_named(command.player)
    if state.status is Status.CANCELLED:
        detail = {"status": state.status.value}
        raise Refusal(Code.INVALID_STATUS, "A cancelled tournament has no results", detail)
    if entry.disqualified:
        return []
    if state.results_status is ResultsStatus.FINAL:
        return [fact.ReviewRequested("disqualify", entry.player_no, command.reason)]
    if entry.removed:
        detail = {"player_id": entry.player_id}
        raise Refusal(Code.PLAYER_REMOVED, "The player has left already", detail)
    return [fact.Disqualified(entry.player_no, command.reason, _before_start(state, entry))]


def _before_start(state: Tournament, entry: Entry) -> tuple[fact.RefundLine, ...]:
    return refund_lines(entry) if state.status in (Status.SCHEDULED, Status.OPEN) else ()
