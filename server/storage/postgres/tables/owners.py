"""Who owns what, and who shows life."""

import sqlalchemy as sa

from server.storage.postgres.tables.columns import ID, metadata

leases = sa.Table(
    "leases",
    metadata,
    sa.Column("tournament_id", ID, primary_key=True),
    sa.Column("epoch", sa.BigInteger, nullable=False),
    sa.Column("holder", sa.Text, nullable=False),
    # Of the process of its own that took it over; null before it does.
    sa.Column("beat_at", sa.DateTime(timezone=True)),
    sa.Column("placed", sa.Text),
    sa.Column("alone", sa.Boolean, nullable=False, server_default=sa.false()),
    # A heartbeat rewrites the row in its own page: room for it keeps the table from growing.
    postgresql_with={"fillfactor": "50"},
)

draining_nodes = sa.Table(
    "draining_nodes",
    metadata,
    sa.Column("node", sa.Text, primary_key=True),
    sa.Column("since", sa.DateTime(timezone=True), nullable=False),
)

process_counts = sa.Table(
    "process_counts",
    metadata,
    sa.Column("node", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", sa.BigInteger, nullable=False),
    # As in `leases`.
    postgresql_with={"fillfactor": "50"},
)

owner_processes = sa.Table(
    "owner_processes",
    metadata,
    sa.Column("placement", sa.Text, primary_key=True),
    sa.Column("holder", sa.Text, nullable=False),
    sa.Column("incarnation", sa.BigInteger, nullable=False),
    sa.Column("tournaments", sa.Integer, nullable=False),
    sa.Column("lag_us", sa.BigInteger, nullable=False),
    sa.Column("beat_at", sa.DateTime(timezone=True), nullable=False),
    # As in `leases`.
    postgresql_with={"fillfactor": "50"},
)
