"""What all tables are made of. Instants are UTC milliseconds, money is minor units, both bigint."""

import sqlalchemy as sa

metadata = sa.MetaData()

ID = sa.Text
MS = sa.BigInteger
MINOR = sa.BigInteger
# LZ4 is quick, but payloads are compressed already where that pays: plain storage for the rest.
BYTES = sa.LargeBinary


# Payouts that are not done with.
WAITS = sa.text("state IN ('approved', 'retry_scheduled', 'needs_person')")
NOT_OVER = sa.text("status IN ('scheduled', 'open', 'in_progress')")


def where_given(name: str, column: str) -> sa.Index:
    """An index of the rows that have it: few of many."""
    return sa.Index(name, column, postgresql_where=sa.text(f"{column} IS NOT NULL"))
