"""`pitboss capacity`: how many nodes an evening needs, by what was measured (docs/capacity.md)."""

import json
from dataclasses import asdict, dataclass
from math import ceil
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.table import Table

# Microseconds of a core, as docs/benchmarks.md has them.
IDLE_US_A_SECOND: Final = 37  # of one tournament that is awake: owners, Postgres, Ray
OWN_IDLE_US_A_SECOND: Final = 7_600  # the same of a process of its own: Ray and a sign of life
FACT_ALONE_US: Final = {"front ends": 765, "owners": 780, "Postgres": 210}
FACT_IN_BATCH_US: Final = {"front ends": 14, "owners": 9, "Postgres": 4}
MESSAGE_US: Final = 11  # to one socket, the kernel included
REGISTRATION_US: Final = {"front ends": 2_600, "owners": 700, "Postgres": 270}
# MiB.
SHARED_TOURNAMENT_MIB: Final = 17 / 1_024
SHARED_PROCESS_MIB: Final = 100
OWN_MIB: Final = 54
FRONT_END_MIB: Final = 240
SOCKET_MIB: Final = 8.2 / 1_024
# A board moves at most so often, and only when a fact has come.
TICKS_A_SECOND: Final = 5
# A front end's event loop is one core; beyond this use its answers wait.
USE: Final = 0.6


@dataclass(frozen=True, slots=True)
class Evening:
    """What goes on at its busiest. `large` have processes of their own; `batched` is the share of facts that
    come a hundred to a request."""

    tournaments: int
    large: int
    watchers: int
    facts_a_second: int
    batched: float
    registrations_a_second: int


@dataclass(frozen=True, slots=True)
class Need:
    """Cores at work and memory of one role, and how many of it."""

    role: str
    cores: float
    gib: float
    count: int


def needs_of(evening: Evening, node_cores: int, node_gib: int) -> list[Need]:
    """Of front ends (one core each), nodes of owners (with one more than needed, so that one may be lost) and
    Postgres."""
    cores = {"front ends": 0.0, "owners": 0.0, "Postgres": 0.0}
    for costs, a_second in (
        (FACT_IN_BATCH_US, evening.facts_a_second * evening.batched),
        (FACT_ALONE_US, evening.facts_a_second * (1 - evening.batched)),
        (REGISTRATION_US, evening.registrations_a_second),
    ):
        for role, cost_us in costs.items():
            cores[role] += cost_us * a_second / 1_000_000
    moves = min(TICKS_A_SECOND, evening.facts_a_second / max(1, evening.tournaments))
    cores["front ends"] += evening.watchers * moves * MESSAGE_US / 1_000_000
    cores["owners"] += evening.tournaments * IDLE_US_A_SECOND / 1_000_000
    front_ends = max(2, ceil(cores["front ends"] / USE))
    shared = max(2, ceil(cores["owners"] / USE))
    cores["owners"] += evening.large * OWN_IDLE_US_A_SECOND / 1_000_000
    owners_mib = (
        evening.large * OWN_MIB
        + (evening.tournaments - evening.large) * SHARED_TOURNAMENT_MIB
        + shared * SHARED_PROCESS_MIB
    )
    front_mib = front_ends * FRONT_END_MIB + evening.watchers * SOCKET_MIB
    nodes = max(ceil(cores["owners"] / USE / node_cores), ceil(owners_mib / 1_024 / node_gib / USE))
    return [
        Need("front ends", cores["front ends"], front_mib / 1_024, front_ends),
        Need("nodes of owners", cores["owners"], owners_mib / 1_024, nodes + 1),
        Need("PITBOSS_SHARED_OWNERS", cores["owners"], shared * SHARED_PROCESS_MIB / 1_024, shared),
        Need("Postgres, cores", cores["Postgres"], 0.0, max(1, ceil(cores["Postgres"] / USE))),
    ]


def capacity(
    tournaments: Annotated[int, typer.Option(min=1, help="Awake at once, in play or soon.")] = 1_000,
    large: Annotated[int, typer.Option(min=0, help="Of them, those with a process of their own.")] = 0,
    watchers: Annotated[int, typer.Option(min=0, help="Open player sockets.")] = 10_000,
    facts: Annotated[int, typer.Option(min=0, help="Facts a second.")] = 1_000,
    batched: Annotated[float, typer.Option(min=0, max=1, help="Share of facts in batches of 100.")] = 0.0,
    registrations: Annotated[int, typer.Option(min=0, help="Registrations a second.")] = 10,
    node_cores: Annotated[int, typer.Option(min=1, help="Cores of a node of owners.")] = 4,
    node_gib: Annotated[int, typer.Option(min=1, help="Memory of a node of owners, GiB.")] = 16,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say what an evening needs, by the costs that were measured; at most 60 % of each core is used."""
    if large > tournaments:
        raise typer.BadParameter("more large tournaments than tournaments", param_hint="--large")
    evening = Evening(tournaments, large, watchers, facts, batched, registrations)
    needs = needs_of(evening, node_cores, node_gib)
    if as_json:
        print(json.dumps([asdict(need) for need in needs], indent=2))
        return
    table = Table("", "cores at work", "GiB", "how many")
    for need in needs:
        table.add_row(need.role, f"{need.cores:.1f}", f"{need.gib:.1f}", str(need.count))
    Console().print(table)
