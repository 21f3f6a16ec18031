"""Nodes that are to own nothing; only a process of its own shows life in the lease."""

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
    op.execute("UPDATE leases SET beat_at = NULL WHERE placed IS DISTINCT FROM 'own'")


def downgrade() -> None:
    op.drop_table("draining_nodes")
