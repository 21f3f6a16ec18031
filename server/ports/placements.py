"""Where tournaments live: which process may own one, and which processes there are."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from server.domain.ids import TournamentId


@dataclass(frozen=True, slots=True)
class Placed:
    """The placement of a tournament: the name of the only process that may own it; None before it has one."""

    placement: str | None


@dataclass(frozen=True, slots=True)
class Held:
    """A lease that a process believes it holds. `head` is where its log ends, None where that is not asked."""

    tournament_id: TournamentId
    epoch: int
    head: bytes | None


@dataclass(frozen=True, slots=True)
class OwnerProcess:
    """A process that owns many tournaments. `incarnation` tells two of one name apart: the greater one counts.
    `lag_us` is how late its event loop runs, `silent_s` how long ago it last showed life."""

    placement: str
    holder: str
    incarnation: int
    tournaments: int
    lag_us: int
    silent_s: float = 0.0


class Placements(Protocol):
    """Who may own what. A question to a process never makes it an owner: only a placement does."""

    async def placed(self, tournament_id: TournamentId) -> Placed | None:
        """Where a tournament lives; None when there is no such tournament."""

    async def place(
        self, tournament_id: TournamentId, placement: str | None, expected: str | None
    ) -> Placed | None:
        """Give it another placement, if it has the expected one. Where it lives now."""

    async def enter(self, placement: str, holder: str) -> int:
        """Take a name: the incarnation of this process. One that has had the name before is replaced."""

    async def beat(self, process: OwnerProcess, held: Sequence[Held]) -> list[TournamentId] | None:
        """Show the life of a process: those of its leases that it holds no more, or whose log does not end
        where it says. None when another process has taken its name."""

    async def processes(self) -> list[OwnerProcess]:
        """All that ever showed life, by name."""

    async def in_play(self, placement: str) -> list[TournamentId]:
        """The tournaments in play that live there."""
