"""What outsiders may know of a tournament without asking its owner: the listing row."""

from dataclasses import dataclass

from server.domain.ids import Tenant, TournamentId, internal_player_id
from server.domain.tournament.lifecycle import ResultsStatus, Status
from server.domain.tournament.prizes import pool_minor
from server.domain.tournament.rules import Rules
from server.domain.tournament.state import Sale, Tournament


@dataclass(frozen=True, slots=True)
class Summary:
    """One tournament as lists, details and status pages show it, true at journal position `seq`.

    `players` counts places taken, `ranked` those still on the board.
    """

    id: TournamentId
    tenant: Tenant
    rules: Rules
    status: Status
    results_status: ResultsStatus
    seq: int
    created_at_ms: int
    started_at_ms: int | None
    completed_at_ms: int | None
    cancelled_at_ms: int | None
    cancel_reason: str | None
    players: int
    ranked: int
    collected_minor: int
    fees_minor: int
    pool_minor: int


@dataclass(frozen=True, slots=True)
class EntryRow:
    """One player as it was sold and removed. Points live on the board, not here."""

    player_no: int
    user_id: str
    player_id: str
    internal_player_id: str
    display_name: str
    removed: bool
    registered_at_ms: int
    rules_version: int
    sales: tuple[Sale, ...]


@dataclass(frozen=True, slots=True)
class ResultRow:
    """One line of final results."""

    position: int
    rank: int
    player_no: int
    player_id: str
    user_id: str
    display_name: str
    points: int
    prize_minor: int


def summary_of(state: Tournament) -> Summary:
    """The listing row of a state."""
    return Summary(
        id=state.id,
        tenant=state.tenant,
        rules=state.rules,
        status=state.status,
        results_status=state.results_status,
        seq=state.seq,
        created_at_ms=state.created_at_ms,
        started_at_ms=state.started_at_ms,
        completed_at_ms=state.completed_at_ms,
        cancelled_at_ms=state.cancelled_at_ms,
        cancel_reason=None if state.cancellation is None else state.cancellation.reason,
        players=state.seated,
        ranked=len(state.ranking),
        collected_minor=state.collected_minor,
        fees_minor=state.fees_minor,
        pool_minor=pool_minor(state.rules.prize_pool, state.collected_minor),
    )


def entry_row(state: Tournament, player_no: int) -> EntryRow:
    """The row of one entry."""
    entry = state.entries[player_no]
    return EntryRow(
        player_no=player_no,
        user_id=entry.user_id,
        player_id=entry.player_id,
        internal_player_id=internal_player_id(state.id, entry.player_id, player_no),
        display_name=entry.display_name,
        removed=entry.removed,
        registered_at_ms=entry.registered_at_ms,
        rules_version=entry.rules_version,
        sales=entry.sales,
    )


def result_rows(state: Tournament) -> list[ResultRow]:
    """The final board with prizes, best first; empty before results exist."""
    if state.results is None:
        return []
    prize_of = {line.player_no: line.amount_minor for line in state.results.prizes}
    rows = []
    for standing in state.ranking.page(0, len(state.ranking)):
        entry = state.entries[standing.player_no]
        rows.append(
            ResultRow(
                position=standing.position,
                rank=standing.rank,
                player_no=standing.player_no,
                player_id=entry.player_id,
                user_id=entry.user_id,
                display_name=entry.display_name,
                points=standing.points,
                prize_minor=prize_of.get(standing.player_no, 0),
            )
        )
    return rows
