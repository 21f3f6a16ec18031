"""Rooms: batches of inputs among the blocks of facts, and sealed seeds."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.add_column("fact_blocks", sa.Column("kind", sa.Text, nullable=False, server_default="facts"))
    op.create_table(
        "room_seeds",
        sa.Column("tournament_id", sa.Text, primary_key=True),
        sa.Column("key_id", sa.Text, nullable=False),
        sa.Column("nonce", sa.LargeBinary, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("room_seeds")
    op.drop_column("fact_blocks", "kind")
