"""The one statement of a commit: fence, then every kind of row that there is, in one round trip.

The fence locks the lease row FOR SHARE, so a take-over waits for commits in flight and later commits of
the old epoch find nothing. A plain read or FOR KEY SHARE would let a zombie through. It also asks that the log
ends where the owner left it: one that was set back, by a restored database, is not written on.
"""

from functools import cache
from typing import Any

from server.domain.tournament.money.payouts import PayoutRow
from server.encoding import codec
from server.ports import Commit, PaymentRow

_NO_PLACE = 1 << 30


def head_of(tournament_id: str) -> str:
    """SQL of the hash of the last row of a log."""
    return (
        f"SELECT hash FROM ((SELECT seq AS at, hash FROM events WHERE tournament_id = {tournament_id}"
        f" ORDER BY seq DESC LIMIT 1) UNION ALL (SELECT last_seq, hash FROM fact_blocks"
        f" WHERE tournament_id = {tournament_id} ORDER BY first_seq DESC LIMIT 1)) AS ends"
        " ORDER BY at DESC LIMIT 1"
    )


HEAD = head_of("$1")
_FENCE = (
    "own AS MATERIALIZED (SELECT 1 FROM leases WHERE tournament_id = $1 AND epoch = $2"
    f" AND ($3::bytea IS NULL OR ({HEAD}) = $3) FOR SHARE)"
)
# Part: table, what stands after its rows, and (column, array type) in the order of its values.
_PARTS: dict[str, tuple[str, str, tuple[tuple[str, str], ...]]] = {
    "events": (
        "events",
        "",
        (("seq", "bigint"), ("kind", "text"), ("at_ms", "bigint"), ("actor", "text"),
         ("payload", "bytea"), ("hash", "bytea")),
    ),
    "blocks": (
        "fact_blocks",
        "",
        (("first_seq", "bigint"), ("last_seq", "bigint"), ("at_ms", "bigint"),
         ("payload", "bytea"), ("hash", "bytea"), ("kind", "text")),
    ),
    "postings": (
        "postings",
        "",
        (("seq", "bigint"), ("line", "int"), ("account", "text"), ("currency", "text"),
         ("amount_minor", "bigint"), ("kind", "text"), ("tender", "text")),
    ),
    "announcements": (
        "outbox",
        "RETURNING seq",
        (("seq", "bigint"), ("event_id", "text"), ("event_type", "text"), ("at_ms", "bigint"),
         ("data", "bytea")),
    ),
    "answers": (
        "answers",
        "",
        (("command_id", "text"), ("input_hash", "bytea"), ("answer", "bytea")),
    ),
    "entries": (
        "entries",
        "ON CONFLICT (tournament_id, player_no) DO UPDATE SET document = excluded.document",
        (("player_no", "int"), ("user_id", "text"), ("player_id", "text"),
         ("internal_player_id", "text"), ("document", "bytea")),
    ),
    "payouts": (
        "payouts",
        "ON CONFLICT (payout_id) DO UPDATE SET state = excluded.state, next_try_ms = excluded.next_try_ms,"
        " claimed_until_ms = NULL, document = excluded.document",
        (("payout_id", "text"), ("operator_id", "text"), ("live", "boolean"), ("position", "int"),
         ("amount_minor", "bigint"), ("state", "text"), ("made_ms", "bigint"), ("next_try_ms", "bigint"),
         ("document", "bytea")),
    ),
    "payments": (
        "payments",
        "",
        (("operator_id", "text"), ("live", "boolean"), ("payment_id", "text"), ("player_id", "text"),
         ("kind", "text"), ("at_ms", "bigint")),
    ),
    "results": (
        "results",
        "ON CONFLICT (tournament_id, position) DO UPDATE SET player_no = excluded.player_no,"
        " prize_minor = excluded.prize_minor, document = excluded.document",
        (("position", "int"), ("player_no", "int"), ("prize_minor", "bigint"), ("document", "bytea")),
    ),
}  # fmt: skip
# After a review there may be fewer places than before.
_TRIM = (
    "trimmed AS (DELETE FROM results WHERE tournament_id = $1 AND position > cardinality({places}::int[])"
    " AND EXISTS (SELECT 1 FROM own))"
)
# What was announced waits for its place in the feed; numbers are given in the order of events.
_QUEUE = "queued AS (INSERT INTO unrouted (tournament_id, seq) SELECT $1, seq FROM announcements ORDER BY seq)"
_LISTING = (
    "listing AS (INSERT INTO tournaments (id, operator_id, live, status, game_slug, format, external_id,"
    " start_at_ms, public, next_due_ms, beacon_round, document) SELECT $1, {args}"
    " WHERE EXISTS (SELECT 1 FROM own)"
    " ON CONFLICT (id) DO UPDATE SET status = excluded.status, game_slug = excluded.game_slug,"
    " format = excluded.format, external_id = excluded.external_id,"
    " start_at_ms = excluded.start_at_ms, public = excluded.public,"
    " next_due_ms = excluded.next_due_ms, beacon_round = excluded.beacon_round,"
    " document = excluded.document)"
)
_LISTING_TYPES = (
    "text", "boolean", "text", "text", "text", "text", "bigint", "boolean", "bigint", "bigint", "bytea",
)  # fmt: skip


def statement_of(commit: Commit) -> tuple[str, list[Any]]:
    """SQL and arguments that store a commit; it returns how many leases it owned (0 or 1)."""
    rows = _rows_of(commit)
    again = commit.results is not None
    parts = tuple(name for name in _PARTS if rows[name] or (name == "results" and again))
    arguments: list[Any] = [commit.tournament_id, commit.epoch, commit.after]
    for name in parts:
        columns = len(_PARTS[name][2])
        arguments += [list(column) for column in zip(*rows[name], strict=True)] or [[] for _ in range(columns)]
    if commit.summary is not None:
        arguments += _listing(commit)
    return _sql(parts, commit.summary is not None), arguments


@cache
def _sql(parts: tuple[str, ...], with_listing: bool) -> str:
    clauses, next_argument = [_FENCE], 4
    for name in parts:
        table, tail, columns = _PARTS[name]
        arrays = ", ".join(f"${next_argument + i}::{kind}[]" for i, (_, kind) in enumerate(columns))
        names = ", ".join(column for column, _ in columns)
        if name == "results":
            clauses.append(_TRIM.format(places=f"${next_argument}"))
        next_argument += len(columns)
        clauses.append(
            f"{name} AS (INSERT INTO {table} (tournament_id, {names}) SELECT $1, * FROM unnest({arrays})"
            f" WHERE EXISTS (SELECT 1 FROM own) {tail})"
        )
    if "announcements" in parts:
        clauses.append(_QUEUE)
    if with_listing:
        args = ", ".join(f"${next_argument + i}::{kind}" for i, kind in enumerate(_LISTING_TYPES))
        clauses.append(_LISTING.format(args=args))
    return f"WITH {', '.join(clauses)} SELECT count(*) FROM own"


def _rows_of(commit: Commit) -> dict[str, list[tuple[Any, ...]]]:
    return {
        "events": [(r.seq, r.kind, r.at_ms, r.actor, r.payload, r.hash) for r in commit.events],
        "blocks": [(r.first_seq, r.last_seq, r.at_ms, r.payload, r.hash, r.kind) for r in commit.blocks],
        "postings": [
            (r.seq, r.line, p.account, p.currency, p.amount_minor, p.kind, p.tender)
            for r in commit.postings
            for p in (r.posting,)
        ],
        "announcements": [(a.seq, a.event_id, a.event_type, a.at_ms, a.data) for a in commit.announcements],
        "answers": [(a.command_id, a.input_hash, a.answer) for a in commit.answers],
        "entries": [
            (no, row.user_id, row.player_id, row.internal_player_id, codec.encode(row))
            for no, row in commit.entries.items()
        ],
        "payouts": [_payout(row, commit) for row in commit.payouts],
        "payments": [_payment(row, commit) for row in commit.payments],
        "results": [(r.position, r.player_no, r.prize_minor, codec.encode(r)) for r in commit.results or ()],
    }


def _payment(row: PaymentRow, commit: Commit) -> tuple[Any, ...]:
    assert commit.summary is not None, "what moves money has a listing row"
    tenant = commit.summary.tenant
    return tenant.operator_id, tenant.live, row.payment_id, row.player_id, row.kind, row.at_ms


def _payout(row: PayoutRow, commit: Commit) -> tuple[Any, ...]:
    summary, of = commit.summary, row.payout
    assert summary is not None, "what moves money has a listing row"
    tenant = summary.tenant
    # Refunds have no place, and stand behind those who have one.
    place = _NO_PLACE if of.position is None else of.position
    document = codec.encode(row)
    head = (of.id, tenant.operator_id, tenant.live, place, of.amount_minor)
    return *head, of.state, of.made_at_ms, of.next_try_ms, document


def _listing(commit: Commit) -> list[Any]:
    summary = commit.summary
    assert summary is not None
    return [
        summary.tenant.operator_id,
        summary.tenant.live,
        summary.status.value,
        summary.rules.game_slug,
        summary.rules.format,
        summary.rules.external_id,
        summary.rules.start_at_ms,
        summary.rules.public,
        commit.next_due_ms,
        commit.beacon_round,
        codec.encode(summary),
    ]
