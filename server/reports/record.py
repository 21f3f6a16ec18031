"""The whole record of one tournament, as regulators ask for it (20-api.md, section 5), exact at one
position of its log. Pure: rows come in, lines go out.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from typing import Any

import msgspec

from server.domain.ids import internal_player_id
from server.domain.money import points_to_decimal, to_decimal
from server.domain.tournament.money.totals import totals
from server.domain.tournament.state import Entry, Review, Tournament
from server.encoding import codec
from server.encoding.outside import outside
from server.encoding.wire import dump, instant, instant_or_none
from server.encoding.wire_names import to_camel, wire_name
from server.ports import EventRow
from server.reports import rules_text

Line = tuple[str, dict[str, Any]]
SECTIONS = ("tournament", "players", "payouts", "reviews", "events")


def record_of(state: Tournament, events: Sequence[EventRow], chain: bytes) -> Iterator[Line]:
    """(section, line) in the order of SECTIONS. `chain` is the head of the log's hash chain at `state.seq`."""
    yield "tournament", _head(state, events, chain)
    for entry in state.entries:
        yield "players", _player(state, entry)
    for payout in state.payouts.values():
        yield "payouts", _payout(state, payout)
    for review in state.reviews:
        entry = state.entries[review.player_no]
        yield "reviews", review_line(review, entry.player_id, entry.user_id)
    for row in events:
        yield "events", _event(row, state.rules.currency_places)


def _head(state: Tournament, events: Sequence[EventRow], chain: bytes) -> dict[str, Any]:
    rules = state.rules
    return {
        "tournamentId": state.id,
        "operatorId": state.tenant.operator_id,
        "live": state.tenant.live,
        "sequence": state.seq,
        "chain": chain.hex(),
        "name": rules.name,
        "game": rules.game_slug,
        "format": rules.format,
        "status": state.status.value,
        "resultsStatus": state.results_status.value,
        "createdAt": instant(state.created_at_ms),
        "startedAt": instant_or_none(state.started_at_ms),
        "completedAt": instant_or_none(state.completed_at_ms),
        "cancelledAt": instant_or_none(state.cancelled_at_ms),
        "facts": state.facts_counted,
        "money": _money(state),
        "prizeStructure": outside(msgspec.to_builtins(rules.prize_pool), rules.currency_places),
        "rulesText": [{"title": one.title, "lines": one.lines} for one in rules_text.sections_of(rules)],
        "rulesHistory": [_version(row) for row in events if row.kind in codec.RULE_KINDS],
    }


def _money(state: Tournament) -> dict[str, Any]:
    """Sources of the pool and where everything went (`totals.Totals`); amounts in `currency`."""
    places = state.rules.currency_places
    sums = asdict(totals(state))
    told = {to_camel(name): to_decimal(amount, places) for name, amount in sums.items()}
    return {"currency": state.rules.currency} | told


def _version(row: EventRow) -> dict[str, Any]:
    rules, changed = codec.rules_in(row.kind, row.payload)
    return {
        "version": rules.rules_version,
        "at": instant(row.at_ms),
        "actor": row.actor,
        "changed": [wire_name(name) for name in changed],
        "rules": outside(msgspec.to_builtins(rules), rules.currency_places),
    }


def review_line(review: Review, player_id: str, user_id: str) -> dict[str, Any]:
    """One review as answers and records show it."""
    return {
        "review": review.number,
        "status": review.status,
        "action": review.action,
        "playerId": player_id,
        "userId": user_id,
        "reason": review.reason,
        "eventId": review.event_id,
        "points": points_to_decimal(review.delta),
        "openedAt": instant(review.opened_ms),
        "openedBy": review.opened_by or None,
        "decidedAt": instant_or_none(review.decided_ms),
        "decidedBy": review.decided_by or None,
        "decisionReason": review.decision_reason or None,
    }


def _player(state: Tournament, entry: Entry) -> dict[str, Any]:
    places = state.rules.currency_places
    standing = None if entry.removed else state.ranking.standing_of(entry.player_no)
    return {
        "playerId": entry.player_id,
        "internalPlayerId": internal_player_id(state.id, entry.player_id, entry.player_no),
        "userId": entry.user_id,
        "displayName": entry.display_name,
        "registeredAt": instant(entry.registered_at_ms),
        "rulesVersion": entry.rules_version,
        "removed": entry.removed,
        "disqualified": entry.disqualified,
        "eliminatedRound": entry.eliminated_round,
        "position": None if standing is None else standing.position,
        "rank": None if standing is None else standing.rank,
        "points": points_to_decimal(entry.points),
        "entries": entry.entries,
        "paid": to_decimal(sum(sale.buy_in_minor + sale.fee_minor for sale in entry.sales), places),
        "sales": [
            {
                "kind": sale.kind,
                "entries": sale.entries,
                "buyIn": to_decimal(sale.buy_in_minor, places),
                "fee": to_decimal(sale.fee_minor, places),
                "tender": sale.tender,
                "paymentId": sale.payment_id,
                "at": instant(sale.at_ms),
            }
            for sale in entry.sales
        ],
    }


def _payout(state: Tournament, payout: Any) -> dict[str, Any]:
    entry = state.entries[payout.player_no]
    return {
        "payoutId": payout.id,
        "playerId": entry.player_id,
        "userId": entry.user_id,
        "kind": payout.kind,
        "position": payout.position,
        "amount": to_decimal(payout.amount_minor, state.rules.currency_places),
        "currency": state.rules.currency,
        "tender": payout.tender or None,
        "code": payout.code,
        "quantity": payout.quantity,
        "state": payout.state,
        "reference": payout.reference,
        "reason": payout.reason,
        "owedSince": instant(payout.made_at_ms),
        "paidAt": instant_or_none(payout.moved_at_ms) if payout.state == "paid" else None,
    }


def _event(row: EventRow, places: int) -> dict[str, Any]:
    """One line of the audit trail: what was done, by whom, when, and the link of the chain. `payload` are the
    very bytes that the hash covers, as they are stored; `detail` tells them under public names."""
    return {
        "sequence": row.seq,
        "at": instant(row.at_ms),
        "actor": row.actor,
        "kind": row.kind,
        "detail": outside(msgspec.json.decode(row.payload), places),
        "payload": row.payload.decode(),
        "hash": row.hash.hex(),
    }


def as_ndjson(lines: Iterable[Line]) -> Iterator[bytes]:
    """One JSON object a line; `section` says what it is."""
    for section, line in lines:
        yield dump({"section": section} | line) + b"\n"


def as_json(lines: Iterable[Line]) -> Iterator[bytes]:
    """One object: the tournament's own fields, then a list for each other section."""
    lists: dict[str, list[dict[str, Any]]] = {section: [] for section in SECTIONS}
    for section, line in lines:
        lists[section].append(line)
    yield dump(lists.pop("tournament")[0] | lists)


def as_csv(lines: Iterable[Line], section: str) -> Iterator[bytes]:
    """One section as a table; nested values as JSON."""
    header: list[str] | None = None
    for name, line in lines:
        if name != section:
            continue
        out = io.StringIO()
        table = csv.writer(out)
        if header is None:
            header = list(line)
            table.writerow(header)
        table.writerow([_cell(line[column]) for column in header])
        yield out.getvalue().encode()


def _cell(value: Any) -> str:
    """Text as it is, but never as a formula: a name may begin with `=`."""
    if value is None:
        return ""
    text = value if isinstance(value, str) else dump(value).decode()
    return f"'{text}" if isinstance(value, str) and text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
