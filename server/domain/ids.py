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


def payout_id(tournament_id: str, internal_player_id: str, kind: str) -> str:
    """The name of what one player is owed for one kind of thing: never made from rank, attempt or time, so
    whatever is repeated cannot be paid twice."""
    parts = "\x1f".join((tournament_id, internal_player_id, kind))
    return f"pay_{blake2b(parts.encode(), digest_size=16).hexdigest()}"


def internal_player_id(tournament_id: str, player_id: str, player_no: int) -> str:
    """`TP_<tournament>_<player>_<n>`: the name of an entry inside one tournament."""
    return f"TP_{tournament_id}_{player_id}_{player_no}"
