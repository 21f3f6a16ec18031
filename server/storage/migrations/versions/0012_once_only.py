"""What may happen once only: a payment, an external id. And what the house keeps for itself."""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

_TENANT = (
    "operator_id = current_setting('pitboss.operator_id', true)"
    " AND live = (current_setting('pitboss.live', true) = 'true')"
)


def upgrade() -> None:
    op.create_table(
        "payments",
        sa.Column("operator_id", sa.Text(), primary_key=True),
        sa.Column("live", sa.Boolean(), primary_key=True),
        sa.Column("payment_id", sa.Text(), primary_key=True),
        sa.Column("tournament_id", sa.Text(), nullable=False),
        sa.Column("player_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
    )
    op.create_index("payments_of_tournament", "payments", ["tournament_id"])
    op.create_table(
        "external_ids",
        sa.Column("operator_id", sa.Text(), primary_key=True),
        sa.Column("live", sa.Boolean(), primary_key=True),
        sa.Column("external_id", sa.Text(), primary_key=True),
        sa.Column("tournament_id", sa.Text(), nullable=False),
        sa.Column("claimed_ms", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "house",
        sa.Column("name", sa.Text(), primary_key=True),
        sa.Column("value", sa.LargeBinary(), nullable=False),
    )
    op.add_column("tournaments", sa.Column("overdue_told_ms", sa.BigInteger()))
    op.create_index("answers_of_command", "answers", ["command_id"])
    op.drop_constraint("results_once_per_player", "results")
    op.create_unique_constraint(
        "results_once_per_player", "results", ["tournament_id", "player_no"], deferrable=True
    )
    for table, may in (("payments", "SELECT"), ("external_ids", "SELECT, INSERT, UPDATE, DELETE")):
        op.execute(f"GRANT {may} ON {table} TO pitboss_tenant")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY of_tenant ON {table} TO pitboss_tenant USING ({_TENANT})")
    _take_up_what_there_is()


def _take_up_what_there_is() -> None:
    """Of two that are alike the older one has the name."""
    op.execute(
        "INSERT INTO external_ids SELECT DISTINCT ON (operator_id, live, external_id) operator_id, live,"
        " external_id, id, 0 FROM tournaments WHERE external_id IS NOT NULL"
        " ORDER BY operator_id, live, external_id, start_at_ms, id"
    )
    db = op.get_bind()
    used = []
    for tournament_id, operator_id, live, player_id, document in _entries(db):
        for sale in msgspec.msgpack.decode(document)["sales"]:
            if sale["payment_id"] is not None:
                at_ms, row = sale["at_ms"], (operator_id, live, sale["payment_id"], tournament_id)
                used.append((at_ms, *row, player_id, sale["kind"]))
    for at_ms, operator_id, live, payment_id, tournament_id, player_id, kind in sorted(used):
        db.execute(
            sa.text(
                "INSERT INTO payments VALUES (:operator_id, :live, :payment_id, :tournament_id, :player_id,"
                " :kind, :at_ms) ON CONFLICT DO NOTHING"
            ),
            {
                "operator_id": operator_id,
                "live": live,
                "payment_id": payment_id,
                "tournament_id": tournament_id,
                "player_id": player_id,
                "kind": kind,
                "at_ms": at_ms,
            },
        )


def _entries(db: sa.Connection) -> Iterator[Sequence[Any]]:
    """Page by page: a cursor would stay open, and keep later migrations from altering the table."""
    want = sa.text(
        "SELECT e.tournament_id, t.operator_id, t.live, e.player_id, e.document, e.player_no FROM entries e"
        " JOIN tournaments t ON t.id = e.tournament_id WHERE (e.tournament_id, e.player_no) > (:after, :no)"
        " ORDER BY e.tournament_id, e.player_no LIMIT 1000"
    )
    after, no = "", -1
    while rows := db.execute(want, {"after": after, "no": no}).all():
        yield from (row[:5] for row in rows)
        after, no = rows[-1][0], rows[-1][5]


def downgrade() -> None:
    op.drop_constraint("results_once_per_player", "results")
    op.create_unique_constraint("results_once_per_player", "results", ["tournament_id", "player_no"])
    op.drop_index("answers_of_command", "answers")
    op.drop_column("tournaments", "overdue_told_ms")
    op.drop_table("house")
    op.drop_table("external_ids")
    op.drop_table("payments")
