"""Templates of tournaments."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "templates",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("operator_id", sa.Text(), nullable=False),
        sa.Column("live", sa.Boolean(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("due_ms", sa.BigInteger(), nullable=True),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "templates_by_tenant",
        "templates",
        ["operator_id", "live", sa.text("created_ms DESC"), sa.text("id DESC")],
        unique=False,
    )
    op.create_index(
        "templates_due",
        "templates",
        ["due_ms"],
        unique=False,
        postgresql_where=sa.text("due_ms IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("templates_due", table_name="templates")
    op.drop_index("templates_by_tenant", table_name="templates")
    op.drop_table("templates")
