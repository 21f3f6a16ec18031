"""Format and external id of a tournament, to list by. Rows of before get theirs from their documents."""

import sqlalchemy as sa
from alembic import op

from server.domain.tournament.summary import Summary
from server.encoding import codec

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.add_column("tournaments", sa.Column("format", sa.Text(), nullable=False, server_default="scheduled"))
    op.add_column("tournaments", sa.Column("external_id", sa.Text()))
    op.create_index(
        "tournaments_by_external_id",
        "tournaments",
        ["operator_id", "external_id"],
        postgresql_where=sa.text("external_id IS NOT NULL"),
    )
    db = op.get_bind()
    for tournament_id, document in db.execute(sa.text("SELECT id, document FROM tournaments")).all():
        rules = codec.decode(document, Summary).rules
        values = {"id": tournament_id, "format": rules.format, "external_id": rules.external_id}
        change = "UPDATE tournaments SET format = :format, external_id = :external_id WHERE id = :id"
        db.execute(sa.text(change), values)


def downgrade() -> None:
    op.drop_index("tournaments_by_external_id", table_name="tournaments")
    op.drop_column("tournaments", "external_id")
    op.drop_column("tournaments", "format")
