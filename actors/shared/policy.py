"""Which tournaments have a process of their own, and from when on."""

from dataclasses import dataclass
from hashlib import blake2b
from typing import Final, Literal

from config.owner_limits import MOVE_BEFORE_START_MS, MOVE_SPREAD_MS, MOVE_UNTIL_MS, SHARED_ENTRIES_MAX
from server.domain.tournament.lifecycle import Status
from server.domain.tournament.state import Tournament

OWN: Final = "own"
"""The placement of a tournament that has a process of its own."""

Owners = Literal["adaptive", "dedicated", "shared"]


@dataclass(frozen=True, slots=True)
class Policy:
    """`adaptive`: in play a tournament has a process of its own, but for small ones; what is not in play
    shares. Small is one that takes at most `players_max` players. Games of `packages` never share."""

    owners: Owners = "adaptive"
    players_max: int = 20
    packages: frozenset[str] = frozenset()

    def wants_own(self, state: Tournament, now_ms: int) -> bool:
        """Whether a tournament should have a process of its own now."""
        rules = state.rules
        if rules.room is not None and rules.game_slug in self.packages:
            return True
        if self.owners != "adaptive":
            return self.owners == "dedicated"
        if len(state.entries) > SHARED_ENTRIES_MAX:
            return True
        if rules.max_players is not None and rules.max_players <= self.players_max:
            return False
        return state.status is Status.IN_PROGRESS or _starts_soon(state, now_ms)

    def first(self, state: Tournament, now_ms: int) -> bool:
        """The same for a new one. One that starts within minutes does not move first."""
        soon = state.rules.format == "scheduled" and state.rules.start_at_ms - now_ms < MOVE_BEFORE_START_MS
        small = state.rules.max_players is not None and state.rules.max_players <= self.players_max
        return self.wants_own(state, now_ms) or (self.owners == "adaptive" and soon and not small)


def shared_placement(number: int) -> str:
    """The placement of what lives in a shared owner."""
    return f"shared:{number}"


def _starts_soon(state: Tournament, now_ms: int) -> bool:
    """Between five and two minutes before the start, at a moment of its own; not in the last minute, which is
    when all register. A lobby starts where it is."""
    if state.rules.format != "scheduled" or state.status not in (Status.SCHEDULED, Status.OPEN):
        return False
    spread_ms = int.from_bytes(blake2b(state.id.encode(), digest_size=4).digest()) % MOVE_SPREAD_MS
    left_ms = state.rules.start_at_ms - now_ms
    return MOVE_UNTIL_MS < left_ms < MOVE_BEFORE_START_MS - spread_ms
