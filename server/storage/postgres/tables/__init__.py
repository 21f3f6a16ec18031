"""The tables, as SQLAlchemy Core. Alembic migrates to exactly these; a test compares the two."""

import sqlalchemy as sa

from server.storage.postgres.tables.columns import (
    BYTES,
    ID,
    MINOR,
    MS,
    NOT_OVER,
    WAITS,
    metadata,
    where_given,
)
from server.storage.postgres.tables.events import (
    attempts,
    endpoints,
    feed,
    house,
    lanes,
    room_seeds,
    streams,
    token_generations,
    unrouted,
)
from server.storage.postgres.tables.owners import draining_nodes, leases, owner_processes, process_counts

__all__ = [
    "answers",
    "api_keys",
    "attempts",
    "audit",
    "checkpoints",
    "draining_nodes",
    "endpoints",
    "entries",
    "events",
    "external_ids",
    "fact_blocks",
    "feed",
    "house",
    "lanes",
    "leases",
    "metadata",
    "operators",
    "outbox",
    "owner_processes",
    "payments",
    "payouts",
    "postings",
    "process_counts",
    "request_answers",
    "results",
    "room_seeds",
    "streams",
    "templates",
    "token_generations",
    "tournaments",
    "unrouted",
    "wallets",
]


operators = sa.Table(
    "operators",
    metadata,
    sa.Column("id", ID, primary_key=True),
    sa.Column("document", BYTES, nullable=False),
)

api_keys = sa.Table(
    "api_keys",
    metadata,
    sa.Column("key_id", ID, primary_key=True),
    sa.Column("operator_id", ID, sa.ForeignKey("operators.id"), nullable=False, index=True),
    sa.Column("document", BYTES, nullable=False),
    sa.Column("last_used_ms", MS),
)

request_answers = sa.Table(
    "request_answers",
    metadata,
    sa.Column("operator_id", ID, primary_key=True),
    sa.Column("live", sa.Boolean, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("claimed_ms", MS, nullable=False),
    sa.Column("request_hash", BYTES, nullable=False),
    sa.Column("status", sa.Integer),
    sa.Column("body", BYTES),
    sa.Index("request_answers_by_age", "claimed_ms"),
)

templates = sa.Table(
    "templates",
    metadata,
    sa.Column("id", ID, primary_key=True),
    sa.Column("operator_id", ID, nullable=False),
    sa.Column("live", sa.Boolean, nullable=False),
    sa.Column("created_ms", MS, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("due_ms", MS),
    sa.Column("document", BYTES, nullable=False),
    sa.Index("templates_by_tenant", "operator_id", "live", sa.text("created_ms DESC"), sa.text("id DESC")),
    where_given("templates_due", "due_ms"),
)

events = sa.Table(
    "events",
    metadata,
    sa.Column("tournament_id", ID, primary_key=True),
    sa.Column("seq", sa.BigInteger, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("at_ms", MS, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("payload", BYTES, nullable=False),
    sa.Column("hash", BYTES, nullable=False),
)

fact_blocks = sa.Table(
    "fact_blocks",
    metadata,
    sa.Column("tournament_id", ID, primary_key=True),
    sa.Column("first_seq", sa.BigInteger, primary_key=True),
    sa.Column("last_seq", sa.BigInteger, nullable=False),
    sa.Column("at_ms", MS, nullable=False),
    sa.Column("payload", BYTES, nullable=False),
    sa.Column("hash", BYTES, nullable=False),
    sa.Column("kind", sa.Text, nullable=False, server_default="facts"),
)

postings = sa.Table(
    "postings",
    metadata,
    sa.Column("tournament_id", ID, primary_key=True),
    sa.Column("seq", sa.BigInteger, primary_key=True),
    sa.Column("line", sa.Integer, primary_key=True),
    sa.Column("account", sa.Text, nullable=False),
    sa.Column("currency", sa.Text, nullable=False),
    sa.Column("amount_minor", MINOR, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("tender", sa.Text, nullable=False),
    sa.CheckConstraint("amount_minor <> 0", name="postings_move_something"),
)

outbox = sa.Table(
    "outbox",
    metadata,
    sa.Column("tournament_id", ID, primary_key=True),
    sa.Column("seq", sa.BigInteger, primary_key=True),
    sa.Column("event_id", sa.Text, nullable=False, unique=True),
    sa.Column("event_type", sa.Text, nullable=False),
    sa.Column("at_ms", MS, nullable=False),
    sa.Column("data", BYTES, nullable=False),
)

answers = sa.Table(
    "answers",
    metadata,
    sa.Column("tournament_id", ID, primary_key=True),
    sa.Column("command_id", ID, primary_key=True),
    sa.Column("input_hash", BYTES, nullable=False),
    sa.Column("answer", BYTES, nullable=False),
    sa.Index("answers_of_command", "command_id"),
)

checkpoints = sa.Table(
    "checkpoints",
    metadata,
    sa.Column("tournament_id", ID, primary_key=True),
    sa.Column("seq", sa.BigInteger, primary_key=True),
    sa.Column("digest", BYTES, nullable=False),
    sa.Column("chain", BYTES, nullable=False),
    sa.Column("payload", BYTES, nullable=False),
)

tournaments = sa.Table(
    "tournaments",
    metadata,
    sa.Column("id", ID, primary_key=True),
    sa.Column("operator_id", ID, nullable=False),
    sa.Column("live", sa.Boolean, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("game_slug", sa.Text, nullable=False),
    sa.Column("format", sa.Text, nullable=False, server_default="scheduled"),
    sa.Column("external_id", sa.Text),
    sa.Column("start_at_ms", MS, nullable=False),
    sa.Column("public", sa.Boolean, nullable=False),
    sa.Column("next_due_ms", MS),
    sa.Column("beacon_round", sa.BigInteger),
    sa.Column("overdue_told_ms", MS),
    sa.Column("document", BYTES, nullable=False),
    sa.Index("tournaments_by_tenant", "operator_id", "live", sa.text("start_at_ms DESC"), sa.text("id DESC")),
    sa.Index(
        "tournaments_by_external_id",
        "operator_id",
        "external_id",
        postgresql_where=sa.text("external_id IS NOT NULL"),
    ),
    where_given("tournaments_due", "next_due_ms"),
    sa.Index("tournaments_not_over", "status", postgresql_where=NOT_OVER),
    where_given("tournaments_awaiting_beacon", "beacon_round"),
    sa.Index("tournaments_public", "start_at_ms", postgresql_where=sa.text("public")),
)

entries = sa.Table(
    "entries",
    metadata,
    sa.Column("tournament_id", ID, primary_key=True),
    sa.Column("player_no", sa.Integer, primary_key=True),
    sa.Column("user_id", sa.Text, nullable=False),
    sa.Column("player_id", sa.Text, nullable=False),
    sa.Column("internal_player_id", sa.Text, nullable=False),
    sa.Column("document", BYTES, nullable=False),
    sa.Index("entries_by_user", "tournament_id", "user_id"),
    sa.Index("entries_of_user", "user_id"),
    sa.Index("entries_by_player", "tournament_id", "player_id"),
    sa.Index("entries_by_internal", "tournament_id", "internal_player_id"),
)

payouts = sa.Table(
    "payouts",
    metadata,
    sa.Column("payout_id", ID, primary_key=True),
    sa.Column("tournament_id", ID, nullable=False),
    sa.Column("operator_id", ID, nullable=False),
    sa.Column("live", sa.Boolean, nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("amount_minor", MINOR, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("made_ms", MS, nullable=False),
    sa.Column("next_try_ms", MS),
    sa.Column("claimed_until_ms", MS),
    sa.Column("document", BYTES, nullable=False),
    sa.Index("payouts_of_tournament", "tournament_id", "position"),
    sa.Index("payouts_of_tenant", "operator_id", "live", "state", "made_ms"),
    sa.Index(
        "payouts_due",
        "next_try_ms",
        postgresql_where=sa.text("state IN ('approved', 'retry_scheduled') AND next_try_ms IS NOT NULL"),
    ),
    sa.Index("payouts_waiting", "state", "made_ms", postgresql_where=WAITS),
)

wallets = sa.Table(
    "wallets",
    metadata,
    sa.Column("operator_id", ID, primary_key=True),
    sa.Column("live", sa.Boolean, primary_key=True),
    sa.Column("document", BYTES, nullable=False),
)

audit = sa.Table(
    "audit",
    metadata,
    sa.Column("operator_id", ID, primary_key=True),
    sa.Column("live", sa.Boolean, primary_key=True),
    sa.Column("seq", sa.BigInteger, primary_key=True),
    sa.Column("deed", BYTES, nullable=False),
    sa.Column("hash", BYTES, nullable=False),
)

results = sa.Table(
    "results",
    metadata,
    sa.Column("tournament_id", ID, primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True),
    sa.Column("player_no", sa.Integer, nullable=False),
    sa.Column("prize_minor", MINOR, nullable=False),
    sa.Column("document", BYTES, nullable=False),
    # Checked at the end of a statement: a review may swap two places.
    sa.UniqueConstraint("tournament_id", "player_no", name="results_once_per_player", deferrable=True),
)

payments = sa.Table(
    "payments",
    metadata,
    sa.Column("operator_id", ID, primary_key=True),
    sa.Column("live", sa.Boolean, primary_key=True),
    sa.Column("payment_id", sa.Text, primary_key=True),
    sa.Column("tournament_id", ID, nullable=False),
    sa.Column("player_id", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("at_ms", MS, nullable=False),
    sa.Index("payments_of_tournament", "tournament_id"),
)

external_ids = sa.Table(
    "external_ids",
    metadata,
    sa.Column("operator_id", ID, primary_key=True),
    sa.Column("live", sa.Boolean, primary_key=True),
    sa.Column("external_id", sa.Text, primary_key=True),
    sa.Column("tournament_id", ID, nullable=False),
    sa.Column("claimed_ms", MS, nullable=False),
)
