"""Identifier types. Opaque strings: nothing reads meaning out of one."""

from dataclasses import dataclass
from hashlib import blake2b
from typing import NewType

TournamentId = NewType("TournamentId", str)
OperatorId = NewType("OperatorId", str)
PlayerId = NewType("PlayerId", str)
CommandId = NewType("CommandId", str)


@dataclass(frozen=True, slots=True)
class Tenant:
    """Who owns a row: one operator, and either its live or its test data. The two never meet."""

    operator_id: OperatorId
    live: bool


# Names of three namespaces may stand in one place of an API. These prefixes are ours: no user id has one.
INTERNAL_PREFIX = "TP_"
PLAYER_PREFIX = "plr_"


def is_reserved(user_id: str) -> bool:
    """Whether a user id looks like one of our own names, and so could stand for another player."""
    return user_id.startswith((INTERNAL_PREFIX, PLAYER_PREFIX))


def payout_id(tournament_id: str, internal_player_id: str, kind: str) -> str:
    """The name of what one player is owed for one kind of thing: never made from rank, attempt or time, so
    whatever is repeated cannot be paid twice."""
    parts = "\x1f".join((tournament_id, internal_player_id, kind))
    return f"pay_{blake2b(parts.encode(), digest_size=16).hexdigest()}"


def internal_player_id(tournament_id: str, player_id: str, player_no: int) -> str:
    """`TP_<tournament>_<player>_<n>`: the name of an entry inside one tournament."""
    return f"{INTERNAL_PREFIX}{tournament_id}_{player_id}_{player_no}"
