"""Which generation of a player's tokens still counts."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.create_table(
        "token_generations",
        sa.Column("internal_player_id", sa.Text, primary_key=True),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("ended_ms", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_token_generations_ended_ms", "token_generations", ["ended_ms"])


def downgrade() -> None:
    op.drop_table("token_generations")
