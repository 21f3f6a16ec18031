"""Checking the books: everything that is stored beside a log is derived from it again and compared row by row.

The first wrong row is named: a changed, missing or added row of the log breaks its chain; whatever else was
changed differs from what the log implies.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Any

from config.limits import OVERDUE_AFTER_MS
from server.domain.ids import Tenant, TournamentId
from server.domain.tournament.money.payouts import payout_row
from server.domain.tournament.money.prizes import pool_minor
from server.domain.tournament.play.room_facts import awaited_round
from server.domain.tournament.play.schedule import next_due_ms
from server.domain.tournament.state import Tournament
from server.domain.tournament.summary import entry_row, result_rows, summary_of
from server.encoding import codec
from server.encoding.wire import instant
from server.journal.effects import effects_of
from server.journal.replay import replay
from server.ports import Audit, BlockRow, EventRow, Ledgers, PostingRow, StoredTournament
from server.public_events.mapping import Announcement
from workers.commands.room_check import RoomCheck

_PAGE = 500
_LOOKS_MAX = 5


@dataclass(frozen=True, slots=True)
class Wrong:
    """The first row that is not as it should be."""

    table: str
    row: str
    what: str


@dataclass(slots=True)
class Derived:
    """What a log implies. `room` plays the room again, where there is one."""

    state: Tournament | None
    postings: list[PostingRow]
    announcements: list[Announcement]
    chain: bytes = codec.CHAIN_START
    seq: int = 0
    room: RoomCheck | None = None


def _overdue(stored: StoredTournament, tournament_id: TournamentId, now_ms: int) -> Wrong | None:
    """A tournament whose next step should have been done: not a wrong row, yet something that a person must
    see."""
    if stored.next_due_ms is None or stored.next_due_ms > now_ms - OVERDUE_AFTER_MS:
        return None
    return Wrong(
        "tournaments", tournament_id, f"is overdue: its next step was due at {instant(stored.next_due_ms)}"
    )


async def all_tournaments(books: Ledgers) -> AsyncIterator[TournamentId]:
    """Every tournament of every tenant."""
    after = ""
    while page := await books.tournament_ids(after, _PAGE):
        for found in page:
            yield found
        after = page[-1]


async def verify_tournament(
    books: Ledgers, tournament_id: TournamentId, now_ms: int, room: RoomCheck | None = None
) -> Wrong | None:
    """The first wrong row of a tournament; None when all is well and nothing is overdue. While it runs, its
    log may be ahead of what was read first: a difference counts once nothing was written during the look.
    `room` plays rooms again, and says afterwards which of it could not be."""
    for _ in range(_LOOKS_MAX):
        stored = await books.stored(tournament_id)
        if stored is None:
            return Wrong("tournaments", tournament_id, "is missing")
        wrong = await _look(books, tournament_id, stored, room) or _overdue(stored, tournament_id, now_ms)
        if wrong is None or await books.stored(tournament_id) == stored:
            return wrong
    return wrong


async def _look(
    books: Ledgers, tournament_id: TournamentId, stored: StoredTournament, room: RoomCheck | None
) -> Wrong | None:
    derived = Derived(None, [], [], room=room)
    if room is not None and stored.summary.rules.room is not None:
        await room.begin(books, tournament_id)
    async for row in books.tail(tournament_id, 0):
        if wrong := _follow(derived, row):
            return wrong
    if derived.state is None:
        return Wrong("events", f"{tournament_id}:1", "is missing")
    state = derived.state
    return (
        _compared(stored, derived, state) or await _payments(books, state) or await _checkpoints(books, state)
    )


def _follow(derived: Derived, row: EventRow | BlockRow) -> Wrong | None:
    """One row of the log: in its place, covered by the chain, readable."""
    table = "events" if isinstance(row, EventRow) else "fact_blocks"
    first, last = (row.seq, row.seq) if isinstance(row, EventRow) else (row.first_seq, row.last_seq)
    if first != derived.seq + 1:
        return Wrong(table, str(first), f"does not follow {derived.seq}: a row is missing or was added")
    kind, actor = row.kind, row.actor if isinstance(row, EventRow) else ""
    derived.chain = codec.chained(derived.chain, last, kind, row.at_ms, row.payload, actor)
    if derived.chain != row.hash:
        return Wrong(table, str(first), "was changed: its hash does not fit")
    derived.seq = last
    try:
        if isinstance(row, BlockRow):
            derived.state = replay(derived.state, row)
            if derived.room is not None and row.kind == codec.ROOM:
                derived.room.take(row, derived.state)
        else:
            _apply(derived, row)
    except Exception as error:
        return Wrong(table, str(first), f"cannot be replayed: {type(error).__name__}: {error}")
    assert derived.state is not None
    if derived.room is not None and derived.room.why is not None:
        return Wrong(table, str(first), derived.room.why)
    return None if derived.state.seq == last else Wrong(table, str(first), "has another number of facts")


def _apply(derived: Derived, row: EventRow) -> None:
    effects = effects_of(derived.state, codec.decode_event(row.kind, row.payload), row.at_ms)
    derived.state = effects.state
    derived.postings += effects.postings
    derived.announcements += effects.announcements


def _compared(stored: StoredTournament, derived: Derived, state: Tournament) -> Wrong | None:
    """Everything beside the log against what the log implies."""
    entries = [entry_row(state, no) for no in range(len(state.entries))]
    payouts = [payout_row(state, name) for name in sorted(state.payouts)]
    results = result_rows(state)
    return (
        _rows("postings", stored.postings, derived.postings, lambda row: f"{row.seq}:{row.line}")
        or _rows("outbox", stored.announcements, derived.announcements, lambda row: row.event_id)
        or _rows("entries", stored.entries, entries, lambda row: str(row.player_no))
        or _rows("results", stored.results, results, lambda row: str(row.position))
        or _rows("payouts", stored.payouts, payouts, lambda row: row.payout.id)
        or _paid(stored, state)
        or _money(state)
        or _listing(stored, state)
    )


async def _payments(books: Ledgers, state: Tournament) -> Wrong | None:
    """Every payment that a sale names is known as used; logs of before it was asked may name one twice."""
    named = {sale.payment_id for entry in state.entries for sale in entry.sales if sale.payment_id is not None}
    known = await books.payments(state.tenant, sorted(named))
    missing = sorted(named - set(known))
    return Wrong("payments", missing[0], "is missing") if missing else None


def _rows(table: str, stored: Sequence[Any], expected: Sequence[Any], name: Any) -> Wrong | None:
    """The first difference, by the row's key."""
    by_key, wanted = {name(row): row for row in stored}, {name(row): row for row in expected}
    for key, row in wanted.items():
        if key not in by_key:
            return Wrong(table, key, "is missing")
        if by_key[key] != row:
            return Wrong(table, key, "is not what the log says")
    added = [key for key in by_key if key not in wanted]
    return Wrong(table, added[0], "is not in the log") if added else None


def _paid(stored: StoredTournament, state: Tournament) -> Wrong | None:
    """No payment is said to have paid for what was not sold."""
    sold = {(sale.payment_id, entry.player_id, sale.kind) for entry in state.entries for sale in entry.sales}
    for row in stored.payments:
        if (row.payment_id, row.player_id, row.kind) not in sold:
            return Wrong("payments", row.payment_id, "is not in the log")
    return None


def _money(state: Tournament) -> Wrong | None:
    """prizes + fee = collected + overlay + seed; one line per thing owed."""
    results = state.results
    if results is None:
        return None
    total = sum(line.amount_minor for line in results.prizes) + results.unclaimed_minor
    pool = pool_minor(state.rules.prize_pool, results.collected_minor)
    if total != pool:
        return Wrong("results", "sheet", f"prizes add up to {total}, the pool is {pool}")
    return None


def _listing(stored: StoredTournament, state: Tournament) -> Wrong | None:
    expected = replace(summary_of(state), seq=stored.summary.seq)
    if stored.summary != expected or stored.summary.seq > state.seq:
        return Wrong("tournaments", state.id, "is not what the log says")
    if stored.next_due_ms != next_due_ms(state):
        return Wrong("tournaments", state.id, "is due at another time than the log says")
    if stored.beacon_round != awaited_round(state):
        return Wrong("tournaments", state.id, "waits for another round of a beacon than the log says")
    return None


async def _checkpoints(books: Ledgers, state: Tournament) -> Wrong | None:
    """A checkpoint is only a shortcut, yet it must lead to the same place."""
    for point in await books.checkpoints(state.id):
        if blake2b(point.payload, digest_size=16).digest() != point.digest:
            return Wrong("checkpoints", f"{state.id}:{point.seq}", "is damaged")
        short = codec.decode_state(point.payload)
        async for row in books.tail(state.id, point.seq):
            short = replay(short, row)
        if codec.state_digest(short) != codec.state_digest(state):
            return Wrong("checkpoints", f"{state.id}:{point.seq}", "leads to another state than the log")
    return None


async def verify_trail(audit: Audit, tenant: Tenant) -> Wrong | None:
    """The first row of a tenant's trail of deeds that breaks its chain."""
    seq, chain = 0, codec.CHAIN_START
    while page := await audit.trail(tenant, seq, _PAGE):
        for row in page:
            seq += 1
            _, chain = codec.chained_audit_entry(chain, seq, row.entry)
            if (row.seq, row.hash) != (seq, chain):
                what = "was changed, or one before it is missing"
                return Wrong("audit", f"{tenant.operator_id}:{row.seq}", what)
    return None
