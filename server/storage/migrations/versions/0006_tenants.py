"""The second wall between tenants: Postgres shows `pitboss_tenant` the rows of one tenant alone.

The owner of the tables (the house: owners of tournaments, workers) sees all; what it does for a tenant it does
as this role, with the tenant in `pitboss.operator_id` and `pitboss.live` of the transaction.
"""

from alembic import op

revision = "0006"
down_revision = "0005"

# A role is of the whole server: other databases, and others that migrate just now, may have made it.
_MAKE_ROLE = """
DO $$ BEGIN
  IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'pitboss_tenant') THEN
    CREATE ROLE pitboss_tenant NOLOGIN;
  END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$
"""
_OPERATOR = "operator_id = current_setting('pitboss.operator_id', true)"
_TENANT = f"{_OPERATOR} AND live = (current_setting('pitboss.live', true) = 'true')"
_OWN = {"tournaments": _TENANT, "templates": _TENANT, "request_answers": _TENANT, "api_keys": _OPERATOR}
_OF_TOURNAMENTS = ("entries", "results", "events", "outbox", "postings")
_WRITTEN = {"templates", "request_answers"}


def upgrade() -> None:
    op.execute(_MAKE_ROLE)
    op.execute("GRANT pitboss_tenant TO CURRENT_USER")
    op.execute("GRANT USAGE ON SCHEMA public TO pitboss_tenant")
    for table, rule in _rules().items():
        may = "SELECT, INSERT, UPDATE, DELETE" if table in _WRITTEN else "SELECT"
        op.execute(f"GRANT {may} ON {table} TO pitboss_tenant")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY of_tenant ON {table} TO pitboss_tenant USING ({rule})")


def downgrade() -> None:
    for table in _rules():
        op.execute(f"DROP POLICY of_tenant ON {table}")
        op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
        op.execute(f"REVOKE ALL ON {table} FROM pitboss_tenant")


def _rules() -> dict[str, str]:
    """Which rows of which table a tenant has; of a tournament's tables, where it has the tournament."""
    return _OWN | {
        table: f"EXISTS (SELECT 1 FROM tournaments t WHERE t.id = {table}.tournament_id)"
        for table in _OF_TOURNAMENTS
    }
