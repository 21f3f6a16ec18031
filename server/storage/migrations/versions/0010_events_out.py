"""Events on their way out: a queue of what was committed, feeds, endpoints, lanes, attempts."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"

_TENANT = (
    "operator_id = current_setting('pitboss.operator_id', true)"
    " AND live = (current_setting('pitboss.live', true) = 'true')"
)
_MAY = {
    "streams": "SELECT",
    "feed": "SELECT",
    "endpoints": "SELECT, INSERT, UPDATE, DELETE",
    "lanes": "SELECT, INSERT, DELETE",
    "attempts": "SELECT, DELETE",
}
# The house's own streams belong to a tenant as tournaments do.
_OUTBOX = (
    "EXISTS (SELECT 1 FROM tournaments t WHERE t.id = outbox.tournament_id)"
    " OR EXISTS (SELECT 1 FROM streams s WHERE s.id = outbox.tournament_id)"
)
_OUTBOX_BEFORE = "EXISTS (SELECT 1 FROM tournaments t WHERE t.id = outbox.tournament_id)"


def _tenant_columns() -> tuple[sa.Column[str], sa.Column[bool]]:
    return sa.Column("operator_id", sa.Text(), nullable=False), sa.Column("live", sa.Boolean(), nullable=False)


def upgrade() -> None:
    _queue_and_feed()
    _outlets()
    for table, may in _MAY.items():
        op.execute(f"GRANT {may} ON {table} TO pitboss_tenant")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY of_tenant ON {table} TO pitboss_tenant USING ({_TENANT})")
    op.execute(f"ALTER POLICY of_tenant ON outbox USING ({_OUTBOX})")
    # What was announced before gets its place in the feed, too.
    op.execute(
        "INSERT INTO unrouted (tournament_id, seq) SELECT tournament_id, seq FROM outbox ORDER BY at_ms, seq"
    )


def _queue_and_feed() -> None:
    op.create_table(
        "streams",
        sa.Column("id", sa.Text(), primary_key=True),
        *_tenant_columns(),
        sa.Column("seq", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "unrouted",
        sa.Column("no", sa.BigInteger(), sa.Identity(always=True), primary_key=True),
        sa.Column("tournament_id", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "feed",
        sa.Column("operator_id", sa.Text(), primary_key=True),
        sa.Column("live", sa.Boolean(), primary_key=True),
        sa.Column("no", sa.BigInteger(), primary_key=True),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
    )


def _outlets() -> None:
    op.create_table(
        "endpoints",
        sa.Column("id", sa.Text(), primary_key=True),
        *_tenant_columns(),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("types", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("disabled_ms", sa.BigInteger()),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.Column("failing_since_ms", sa.BigInteger()),
        sa.Column("last_delivered_ms", sa.BigInteger()),
        sa.Column("behind_told_ms", sa.BigInteger()),
        *(
            sa.Column(n, sa.BigInteger(), nullable=False, server_default="0")
            for n in ("delivered", "failed", "dead")
        ),
        sa.UniqueConstraint("operator_id", "live", "name", name="endpoints_by_name"),
    )
    op.create_table(
        "lanes",
        sa.Column("id", sa.Text(), primary_key=True),
        *_tenant_columns(),
        sa.Column("endpoint_id", sa.Text(), nullable=False),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("whole", sa.Boolean(), nullable=False),
        sa.Column("done_seq", sa.BigInteger(), nullable=False),
        sa.Column("tip_seq", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("since_ms", sa.BigInteger(), nullable=False),
        sa.Column("next_try_ms", sa.BigInteger(), nullable=False),
        sa.Column("claim", sa.Text()),
        sa.Column("claimed_until_ms", sa.BigInteger()),
    )
    op.create_index("lanes_due", "lanes", ["endpoint_id", "next_try_ms"])
    op.create_table(
        "attempts",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True),
        *_tenant_columns(),
        sa.Column("endpoint_id", sa.Text(), nullable=False),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
    )
    op.create_index("attempts_of_tenant", "attempts", ["operator_id", "live", "id"])
    op.create_index("attempts_of_event", "attempts", ["event_id"])
    op.create_index("attempts_by_age", "attempts", ["at_ms"])


def downgrade() -> None:
    op.execute(f"ALTER POLICY of_tenant ON outbox USING ({_OUTBOX_BEFORE})")
    for table in ("attempts", "lanes", "endpoints", "feed", "unrouted", "streams"):
        op.drop_table(table)
