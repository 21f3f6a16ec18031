"""An operator who saves an endpoint makes what waits for it due at once."""

from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.execute("GRANT UPDATE ON lanes TO pitboss_tenant")


def downgrade() -> None:
    op.execute("REVOKE UPDATE ON lanes FROM pitboss_tenant")
