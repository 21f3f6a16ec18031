"""Answers to keyed requests."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "request_answers",
        sa.Column("operator_id", sa.Text(), nullable=False),
        sa.Column("live", sa.Boolean(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("claimed_ms", sa.BigInteger(), nullable=False),
        sa.Column("request_hash", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("operator_id", "live", "key"),
    )
    op.create_index("request_answers_by_age", "request_answers", ["claimed_ms"], unique=False)


def downgrade() -> None:
    op.drop_index("request_answers_by_age", table_name="request_answers")
    op.drop_table("request_answers")
