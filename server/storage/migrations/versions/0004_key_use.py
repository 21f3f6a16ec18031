"""When a key was last used."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("api_keys", sa.Column("last_used_ms", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    op.drop_column("api_keys", "last_used_ms")
