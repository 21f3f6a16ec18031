"""How a whole house is doing, of all tenants: for metrics and the command line."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from server.ports.placements import OwnerProcess

Where = Literal["own", "shared", "none"]


@dataclass(frozen=True, slots=True)
class HouseView:
    """`tournaments` that are not over, by status and where they live; how many have a step that is `overdue`
    since a minute; the processes that own many; `commits` and open `connections` of the database so far;
    `payouts` that wait, by state, with when the oldest was made; what processes have counted (`Counters`), by
    kind of process and name."""

    tournaments: dict[tuple[str, Where], int]
    overdue: int
    owners: Sequence[OwnerProcess]
    commits: int
    connections: int
    connections_max: int
    payouts: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    counts: Mapping[tuple[str, str], int] = field(default_factory=dict)


class Overview(Protocol):
    """One look at everything."""

    async def house_view(self, now_ms: int) -> HouseView: ...
