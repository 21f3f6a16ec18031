"""The tables of events on their way out: queue, feed, endpoints, lanes, attempts."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from server.storage.postgres.tables.columns import (
    BYTES,
    ID,
    MS,
    metadata,
)


def _tenant() -> tuple[sa.Column[str], sa.Column[bool]]:
    return sa.Column("operator_id", ID, nullable=False), sa.Column("live", sa.Boolean, nullable=False)


# Streams of the house itself: `seq` is their newest event.
streams = sa.Table(
    "streams",
    metadata,
    sa.Column("id", ID, primary_key=True),
    *_tenant(),
    sa.Column("seq", sa.BigInteger, nullable=False),
)

# Events that have no place in a feed yet. `no` orders them as they were committed, stream by stream.
unrouted = sa.Table(
    "unrouted",
    metadata,
    sa.Column("no", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("tournament_id", ID, nullable=False),
    sa.Column("seq", sa.BigInteger, nullable=False),
)

feed = sa.Table(
    "feed",
    metadata,
    sa.Column("operator_id", ID, primary_key=True),
    sa.Column("live", sa.Boolean, primary_key=True),
    sa.Column("no", sa.BigInteger, primary_key=True),
    sa.Column("stream", ID, nullable=False),
    sa.Column("seq", sa.BigInteger, nullable=False),
)

endpoints = sa.Table(
    "endpoints",
    metadata,
    sa.Column("id", ID, primary_key=True),
    *_tenant(),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("types", postgresql.ARRAY(sa.Text), nullable=False),
    sa.Column("disabled_ms", MS),
    sa.Column("document", BYTES, nullable=False),
    sa.Column("failing_since_ms", MS),
    sa.Column("last_delivered_ms", MS),
    sa.Column("behind_told_ms", MS),
    *(
        sa.Column(n, sa.BigInteger, nullable=False, server_default="0")
        for n in ("delivered", "failed", "dead")
    ),
    sa.UniqueConstraint("operator_id", "live", "name", name="endpoints_by_name"),
)

# A stream to an endpoint, while something is to be sent: everything up to `done_seq` is done.
lanes = sa.Table(
    "lanes",
    metadata,
    sa.Column("id", ID, primary_key=True),
    *_tenant(),
    sa.Column("endpoint_id", ID, nullable=False),
    sa.Column("stream", ID, nullable=False),
    sa.Column("whole", sa.Boolean, nullable=False),
    sa.Column("done_seq", sa.BigInteger, nullable=False),
    sa.Column("tip_seq", sa.BigInteger, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("since_ms", MS, nullable=False),
    sa.Column("next_try_ms", MS, nullable=False),
    sa.Column("claim", sa.Text),
    sa.Column("claimed_until_ms", MS),
    sa.Index("lanes_due", "endpoint_id", "next_try_ms"),
)

attempts = sa.Table(
    "attempts",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    *_tenant(),
    sa.Column("endpoint_id", ID, nullable=False),
    sa.Column("stream", ID, nullable=False),
    sa.Column("event_id", sa.Text, nullable=False),
    sa.Column("outcome", sa.Text, nullable=False),
    sa.Column("at_ms", MS, nullable=False),
    sa.Column("document", BYTES, nullable=False),
    sa.Index("attempts_of_tenant", "operator_id", "live", "id"),
    sa.Index("attempts_of_event", "event_id"),
    sa.Index("attempts_by_age", "at_ms"),
)

# By no tenant's session: the seal's key is not in the database, and its owner needs no other row.
token_generations = sa.Table(
    "token_generations",
    metadata,
    sa.Column("internal_player_id", sa.Text, primary_key=True),
    sa.Column("generation", sa.Integer, nullable=False),
    sa.Column("ended_ms", MS, nullable=False, index=True),
)

room_seeds = sa.Table(
    "room_seeds",
    metadata,
    sa.Column("tournament_id", ID, primary_key=True),
    sa.Column("key_id", sa.Text, nullable=False),
    sa.Column("nonce", BYTES, nullable=False),
    sa.Column("sealed", BYTES, nullable=False),
)

house = sa.Table(
    "house",
    metadata,
    sa.Column("name", ID, primary_key=True),
    sa.Column("value", BYTES, nullable=False),
)
