"""What outsiders may know of a tournament without asking its owner: the listing row."""

from dataclasses import dataclass
from typing import Literal

from server.domain.ids import Tenant, TournamentId, internal_player_id
from server.domain.tournament.events import ItemLine, ResultsFinalised
from server.domain.tournament.lifecycle import ResultsStatus, Status
from server.domain.tournament.money.prizes import pool_minor
from server.domain.tournament.rules.rules import Rules
from server.domain.tournament.state import Sale, Tournament

# `ended`: the game rang the bell and the grace is on; `between`: the game may start the next one.
RoundState = Literal["running", "ended", "between"]


@dataclass(frozen=True, slots=True)
class Summary:
    """One tournament as lists, details and status pages show it, true at journal position `seq`.

    `players` counts places taken, `ranked` those still on the board, `in_play` those not eliminated.
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
    round_no: int = 0
    round_started_ms: int = 0
    in_play: int = 0
    reviews: int = 0
    round_state: RoundState | None = None

    @property
    def rounds_finished(self) -> int:
        """How many rounds are behind."""
        return self.round_no if self.round_state == "between" else max(self.round_no - 1, 0)


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
    disqualified: bool = False
    eliminated_round: int | None = None


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
    items: tuple[ItemLine, ...] = ()


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
        round_no=state.round_no,
        round_started_ms=state.round_started_ms,
        in_play=state.in_play,
        reviews=state.open_reviews(),
        round_state=_round_state(state),
    )


def _round_state(state: Tournament) -> RoundState | None:
    if state.status is not Status.IN_PROGRESS or not state.round_no:
        return None
    if state.between_rounds:
        return "between"
    return "running" if state.round_ended_ms is None else "ended"


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
        disqualified=entry.disqualified,
        eliminated_round=entry.eliminated_round,
    )


def result_rows(state: Tournament) -> list[ResultRow]:
    """The final board with prizes, best first; empty before results exist."""
    return [] if state.results is None else priced_rows(state, state.results, 0, len(state.ranking))


def priced_rows(state: Tournament, sheet: ResultsFinalised, offset: int, limit: int) -> list[ResultRow]:
    """Rows of the board with what the sheet gives them."""
    prize_of = {line.player_no: line.amount_minor for line in sheet.prizes}
    items_of: dict[int, tuple[ItemLine, ...]] = {}
    for item in sheet.items:
        items_of[item.player_no] = (*items_of.get(item.player_no, ()), item)
    rows = []
    for standing in state.ranking.page(offset, limit):
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
                items=items_of.get(standing.player_no, ()),
            )
        )
    return rows
