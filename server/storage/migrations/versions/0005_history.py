"""The tournaments of one user."""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_index("entries_of_user", "entries", ["user_id"], unique=False)


def downgrade() -> None:
    op.drop_index("entries_of_user", table_name="entries")
