"""Where tournaments live, and the processes that own many."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.add_column("leases", sa.Column("placed", sa.Text))
    # What is in play has a process of its own now, and keeps it.
    op.execute(
        "UPDATE leases SET placed = 'own' FROM tournaments WHERE id = tournament_id AND status = 'in_progress'"
    )
    op.create_table(
        "owner_processes",
        sa.Column("placement", sa.Text, primary_key=True),
        sa.Column("holder", sa.Text, nullable=False),
        sa.Column("incarnation", sa.BigInteger, nullable=False),
        sa.Column("tournaments", sa.Integer, nullable=False),
        sa.Column("lag_us", sa.BigInteger, nullable=False),
        sa.Column("beat_at", sa.DateTime(timezone=True), nullable=False),
        postgresql_with={"fillfactor": "50"},
    )
    op.create_index(
        "tournaments_not_over",
        "tournaments",
        ["status"],
        postgresql_where=sa.text("status IN ('scheduled', 'open', 'in_progress')"),
    )


def downgrade() -> None:
    op.drop_index("tournaments_not_over", table_name="tournaments")
    op.drop_table("owner_processes")
    op.drop_column("leases", "placed")
