"""What is owed, and the wallets that pay it."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

_TENANT = (
    "operator_id = current_setting('pitboss.operator_id', true)"
    " AND live = (current_setting('pitboss.live', true) = 'true')"
)
_OPEN = "state IN ('approved', 'retry_scheduled') AND next_try_ms IS NOT NULL"


def upgrade() -> None:
    op.create_table(
        "payouts",
        sa.Column("payout_id", sa.Text(), primary_key=True),
        sa.Column("tournament_id", sa.Text(), nullable=False),
        sa.Column("operator_id", sa.Text(), nullable=False),
        sa.Column("live", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("made_ms", sa.BigInteger(), nullable=False),
        sa.Column("next_try_ms", sa.BigInteger()),
        sa.Column("claimed_until_ms", sa.BigInteger()),
        sa.Column("document", sa.LargeBinary(), nullable=False),
    )
    op.create_index("payouts_of_tournament", "payouts", ["tournament_id", "position"])
    op.create_index("payouts_of_tenant", "payouts", ["operator_id", "live", "state", "made_ms"])
    op.create_index("payouts_due", "payouts", ["next_try_ms"], postgresql_where=sa.text(_OPEN))
    op.create_table(
        "wallets",
        sa.Column("operator_id", sa.Text(), primary_key=True),
        sa.Column("live", sa.Boolean(), primary_key=True),
        sa.Column("document", sa.LargeBinary(), nullable=False),
    )
    for table, may in (("payouts", "SELECT"), ("wallets", "SELECT, INSERT, UPDATE, DELETE")):
        op.execute(f"GRANT {may} ON {table} TO pitboss_tenant")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY of_tenant ON {table} TO pitboss_tenant USING ({_TENANT})")


def downgrade() -> None:
    op.drop_table("wallets")
    op.drop_table("payouts")
