"""Identifier types. Opaque strings: nothing reads meaning out of one."""

from dataclasses import dataclass
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


def internal_player_id(tournament_id: str, player_id: str, player_no: int) -> str:
    """`TP_<tournament>_<player>_<n>`: the name of an entry inside one tournament."""
    return f"TP_{tournament_id}_{player_id}_{player_no}"
