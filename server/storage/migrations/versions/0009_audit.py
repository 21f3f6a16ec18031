"""The trail of an operator's own settings. A tenant may add to it and read it, and nothing else."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

_TENANT = (
    "operator_id = current_setting('pitboss.operator_id', true)"
    " AND live = (current_setting('pitboss.live', true) = 'true')"
)


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column("operator_id", sa.Text(), primary_key=True),
        sa.Column("live", sa.Boolean(), primary_key=True),
        sa.Column("seq", sa.BigInteger(), primary_key=True),
        sa.Column("deed", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
    )
    op.execute("GRANT SELECT, INSERT ON audit TO pitboss_tenant")
    op.execute("ALTER TABLE audit ENABLE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY of_tenant ON audit TO pitboss_tenant USING ({_TENANT})")


def downgrade() -> None:
    op.drop_table("audit")
