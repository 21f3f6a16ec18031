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
from server.domain.tournament.money.payouts import PayoutState
from server.domain.tournament.money.totals import totals
from server.domain.tournament.state import Entry, Payout, Review, Tournament
from server.encoding import codec
from server.encoding.answer import Answer, extended
from server.encoding.public_form import outside
from server.encoding.wire import dump, instant, instant_or_none
from server.encoding.wire_names import wire_name
from server.ports import EventRow
from server.reports import record_lines, rules_text

Line = tuple[str, Answer]
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


def _head(state: Tournament, events: Sequence[EventRow], chain: bytes) -> record_lines.RecordTournament:
    rules = state.rules
    return record_lines.RecordTournament(
        tournament_id=state.id,
        operator_id=state.tenant.operator_id,
        live=state.tenant.live,
        sequence=state.seq,
        chain=chain.hex(),
        name=rules.name,
        game=rules.game_slug,
        format=rules.format,
        status=state.status,
        results_status=state.results_status,
        created_at=instant(state.created_at_ms),
        started_at=instant_or_none(state.started_at_ms),
        completed_at=instant_or_none(state.completed_at_ms),
        cancelled_at=instant_or_none(state.cancelled_at_ms),
        facts=state.facts_counted,
        money=_money(state),
        prize_structure=outside(msgspec.to_builtins(rules.prize_pool), rules.currency_places),
        rules_text=[
            record_lines.RecordSection(title=one.title, lines=list(one.lines))
            for one in rules_text.sections_of(rules)
        ],
        rules_history=[_version(row) for row in events if row.kind in codec.RULE_KINDS],
        fairness=_fairness(state),
    )


def _fairness(state: Tournament) -> record_lines.RecordFairness | None:
    rules, room = state.rules.room, state.room
    if rules is None:
        return None
    return record_lines.RecordFairness(
        game_version=room.version,
        commitment=rules.commitment,
        links=rules.links,
        entrants=room.entrants,
        entrants_sha256=room.entrants_digest.hex(),
        beacon=rules.beacon or None,
        beacon_round=room.beacon_round or None,
        beacon_signature=room.beacon or None,
        salt=room.salt,
        flights=room.flight,
        link_flight=room.link_flight,
        link=room.link.hex(),
    )


def _money(state: Tournament) -> record_lines.RecordMoney:
    """Sources of the pool and where everything went (`totals.Totals`); amounts in `currency`."""
    places = state.rules.currency_places
    sums = asdict(totals(state))
    amounts = {name: to_decimal(amount, places) for name, amount in sums.items()}
    return record_lines.RecordMoney(currency=state.rules.currency, **amounts)


def _version(row: EventRow) -> record_lines.RecordRules:
    rules, changed = codec.rules_in(row.kind, row.payload)
    return record_lines.RecordRules(
        version=rules.rules_version,
        at=instant(row.at_ms),
        actor=row.actor,
        changed=[wire_name(name) for name in changed],
        rules=outside(msgspec.to_builtins(rules), rules.currency_places),
    )


def review_line(review: Review, player_id: str, user_id: str) -> record_lines.ReviewLine:
    """One review as answers and records show it."""
    return record_lines.ReviewLine(
        review=review.number,
        status=review.status,
        action=review.action,
        player_id=player_id,
        user_id=user_id,
        reason=review.reason,
        event_id=review.event_id,
        points=points_to_decimal(review.delta),
        opened_at=instant(review.opened_ms),
        opened_by=review.opened_by or None,
        decided_at=instant_or_none(review.decided_ms),
        decided_by=review.decided_by or None,
        decision_reason=review.decision_reason or None,
    )


def _player(state: Tournament, entry: Entry) -> record_lines.RecordPlayer:
    places = state.rules.currency_places
    standing = None if entry.removed else state.ranking.standing_of(entry.player_no)
    return record_lines.RecordPlayer(
        player_id=entry.player_id,
        internal_player_id=internal_player_id(state.id, entry.player_id, entry.player_no),
        user_id=entry.user_id,
        display_name=entry.display_name,
        registered_at=instant(entry.registered_at_ms),
        rules_version=entry.rules_version,
        removed=entry.removed,
        disqualified=entry.disqualified,
        eliminated_round=entry.eliminated_round,
        position=None if standing is None else standing.position,
        rank=None if standing is None else standing.rank,
        points=points_to_decimal(entry.points),
        entries=entry.entries,
        paid=to_decimal(sum(sale.buy_in_minor + sale.fee_minor for sale in entry.sales), places),
        sales=[
            record_lines.RecordSale(
                kind=sale.kind,
                entries=sale.entries,
                buy_in=to_decimal(sale.buy_in_minor, places),
                fee=to_decimal(sale.fee_minor, places),
                tender=sale.tender,
                payment_id=sale.payment_id,
                at=instant(sale.at_ms),
            )
            for sale in entry.sales
        ],
    )


def _payout(state: Tournament, payout: Payout) -> record_lines.RecordPayout:
    entry = state.entries[payout.player_no]
    return record_lines.RecordPayout(
        payout_id=payout.id,
        player_id=entry.player_id,
        user_id=entry.user_id,
        kind=payout.kind,
        position=payout.position,
        amount=to_decimal(payout.amount_minor, state.rules.currency_places),
        currency=state.rules.currency,
        tender=payout.tender or None,
        code=payout.code,
        quantity=payout.quantity,
        state=PayoutState(payout.state),
        reference=payout.reference,
        reason=payout.reason,
        owed_since=instant(payout.made_at_ms),
        paid_at=instant_or_none(payout.moved_at_ms) if payout.state == "paid" else None,
    )


def _event(row: EventRow, places: int) -> record_lines.RecordEvent:
    """One line of the audit trail: what was done, by whom, when, and the link of the chain. `payload` are the
    very bytes that the hash covers, as they are stored; `detail` tells them under public names."""
    return record_lines.RecordEvent(
        sequence=row.seq,
        at=instant(row.at_ms),
        actor=row.actor,
        kind=row.kind,
        detail=outside(msgspec.json.decode(row.payload), places),
        payload=row.payload.decode(),
        hash=row.hash.hex(),
    )


def as_ndjson(record: Iterable[Line]) -> Iterator[bytes]:
    """One JSON object a line; `section` says what it is."""
    for section, line in record:
        yield b'{"section":' + dump(section) + b"," + dump(line)[1:] + b"\n"


def as_json(record: Iterable[Line]) -> Iterator[bytes]:
    """One object: the tournament's own fields, then a list for each other section."""
    sections: dict[str, list[Answer]] = {section: [] for section in SECTIONS}
    for section, line in record:
        sections[section].append(line)
    yield dump(extended(record_lines.Record, sections.pop("tournament")[0], **sections))


def as_csv(record: Iterable[Line], section: str) -> Iterator[bytes]:
    """One section as a table; nested values as JSON."""
    has_header = False
    for name, line in record:
        if name != section:
            continue
        out = io.StringIO()
        table = csv.writer(out)
        if not has_header:
            table.writerow(line.__struct_encode_fields__)
            has_header = True
        table.writerow([_cell(getattr(line, column)) for column in line.__struct_fields__])
        yield out.getvalue().encode()


def _cell(value: Any) -> str:
    """Text as it is, but never as a formula: a name may begin with `=`."""
    if value is None:
        return ""
    text = value if isinstance(value, str) else dump(value).decode()
    return f"'{text}" if isinstance(value, str) and text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
