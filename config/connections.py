"""Connections to the database: what each process opens at most, and what all of them need.

Postgres must allow that many (`max_connections`): the embedded one and docker-compose.yml are held to it by a
test, a running house by `pitboss doctor`.
"""

from typing import Final

# An owner: one for commits, one for signs of life and reads beside them.
OWN_MAX: Final = 2
SHARED_OWNER_MAX: Final = 8
# What a front end or a worker asks owners' journals; claims, kept answers and books; the other tables.
DIRECTORY_MAX: Final = 16
ENGINE_KEPT: Final = 4
ENGINE_MORE: Final = 4
GROUPED_MAX: Final = 4
COUNTERS_MAX: Final = 1

FRONT_END_MAX: Final = DIRECTORY_MAX + ENGINE_KEPT + ENGINE_MORE + GROUPED_MAX
WORKERS_MAX: Final = DIRECTORY_MAX + ENGINE_KEPT + ENGINE_MORE + COUNTERS_MAX
# A command of an operator at a time, and what Postgres keeps for its own superuser.
SPARE: Final = DIRECTORY_MAX + 3


def connections_needed(front_ends: int, workers: int, shared_owners: int, own: int) -> int:
    """At most, by so many processes of each kind."""
    each = (FRONT_END_MAX, WORKERS_MAX, SHARED_OWNER_MAX, OWN_MAX)
    counts = (front_ends, workers, shared_owners, own)
    return SPARE + sum(most * count for most, count in zip(each, counts, strict=True))
