"""Which round of a public beacon the room of a tournament waits for."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.add_column("tournaments", sa.Column("beacon_round", sa.BigInteger))
    op.create_index(
        "tournaments_awaiting_beacon",
        "tournaments",
        ["beacon_round"],
        postgresql_where=sa.text("beacon_round IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("tournaments_awaiting_beacon", table_name="tournaments")
    op.drop_column("tournaments", "beacon_round")
