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
class SilentOwner:
    """A tournament in play whose own process shows no life. `needs_own`: too large to share a process, or it
    has ended one."""

    tournament_id: TournamentId
    game_slug: str
    needs_own: bool


@dataclass(frozen=True, slots=True)
class Held:
    """A lease that a process believes it holds. `head` is where its log ends, None where that is not asked."""

    tournament_id: TournamentId
    epoch: int
    head: bytes | None


@dataclass(frozen=True, slots=True)
class OwnerProcess:
    """A process that owns many tournaments. `incarnation` tells two of one name apart: the greater one counts.
    `lag_us` is how late its event loop runs, `silent_s` how long ago it last showed life. `holder` begins with
    the name of its node and a slash."""

    placement: str
    holder: str
    incarnation: int
    tournaments: int
    lag_us: int
    silent_s: float = 0.0

    @property
    def node(self) -> str:
        """The node that it runs on."""
        return self.holder.rpartition("/")[0]


class Placements(Protocol):
    """Who may own what. A question to a process never makes it an owner: only a placement does."""

    async def placed(self, tournament_id: TournamentId) -> Placed | None:
        """Where a tournament lives; None when there is no such tournament."""

    async def place(
        self, tournament_id: TournamentId, placement: str | None, expected: str | None
    ) -> Placed | None:
        """Give it another placement, if it has the expected one. Where it lives now. It is held by no process
        that shows life for it, until one takes it over."""

    async def isolate(self, tournament_id: TournamentId, expected: str) -> None:
        """Give it a process of its own, if it has the expected placement, because it has ended the one of
        others: what is silent then is started anew, and does not come back among them."""

    async def hand_over(self, placement: str, to: Sequence[str]) -> int:
        """Give all that lives at one placement to others, to each about as much; how many."""

    async def enter(self, placement: str, holder: str) -> int:
        """Take a name: the incarnation of this process. One that has had the name before is replaced."""

    async def beat(self, process: OwnerProcess, held: Sequence[Held]) -> list[TournamentId] | None:
        """Show the life of a process: those of its leases that it holds no more, or whose log does not end
        where it says. None when another process has taken its name."""

    async def processes(self) -> list[OwnerProcess]:
        """All that ever showed life, by name."""

    async def in_play(self, placement: str) -> list[TournamentId]:
        """The tournaments in play that live there."""

    async def silent(self, after_s: float) -> list[SilentOwner]:
        """The tournaments in play whose own process took them over, and has shown no life for so long."""

    async def own_on(self, node: str) -> list[TournamentId]:
        """The tournaments whose own process is on a node, and shows life."""

    async def drain(self, node: str, *, drains: bool) -> None:
        """Say that a node is to own nothing any more, or that it may again."""

    async def draining(self) -> frozenset[str]:
        """The nodes that are to own nothing."""
