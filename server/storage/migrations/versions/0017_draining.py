"""Nodes that are to own nothing; counts of processes; a lease is beaten by a process of its own alone."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.create_table(
        "draining_nodes",
        sa.Column("node", sa.Text, primary_key=True),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "process_counts",
        sa.Column("node", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("value", sa.BigInteger, nullable=False),
        postgresql_with={"fillfactor": "50"},
    )
    op.create_index(
        "payouts_waiting",
        "payouts",
        ["state", "made_ms"],
        postgresql_where=sa.text("state IN ('approved', 'retry_scheduled', 'needs_person')"),
    )
    op.execute("UPDATE leases SET beat_at = NULL WHERE placed IS DISTINCT FROM 'own'")


def downgrade() -> None:
    op.drop_index("payouts_waiting", table_name="payouts")
    op.drop_table("process_counts")
    op.drop_table("draining_nodes")
