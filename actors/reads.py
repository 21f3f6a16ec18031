"""Questions to the state of an owner: pages of the board, places of players."""

from actors.messages import ReadBoard
from actors.replies import BoardAnswer, BoardRow, CancelPreview, Place, RefundAnswer
from server.domain.ranking import Standing
from server.domain.tournament.commands import Cancel
from server.domain.tournament.decide import decide
from server.domain.tournament.events import Cancelled
from server.domain.tournament.prizes import pool_minor, prize_amounts
from server.domain.tournament.state import Tournament
from server.domain.tournament.summary import summary_of


def board(state: Tournament, want: ReadBoard, epoch: int, now_ms: int) -> BoardAnswer:
    """A page of the board. Raises `player_not_found` for an unknown or removed player in `around`."""
    offset, limit = want.offset, want.limit
    if want.around is not None:
        entry = state.entry_named(want.around)
        place = state.ranking.position_of(entry.player_no) if entry.player_no in state.ranking else 1
        offset = max(place - 1 - want.above, 0)
        limit = place - 1 - offset + 1 + want.below
    rows = tuple(row_of(state, standing) for standing in state.ranking.page(offset, limit))
    total = len(state.ranking)
    return BoardAnswer(epoch, state.seq, now_ms, total, rows, summary_of(state))


def row_of(state: Tournament, standing: Standing) -> BoardRow:
    """A standing with the player's names."""
    entry = state.entries[standing.player_no]
    return BoardRow(
        position=standing.position,
        rank=standing.rank,
        player_no=standing.player_no,
        player_id=entry.player_id,
        user_id=entry.user_id,
        display_name=entry.display_name,
        points=standing.points,
        entries=entry.entries,
    )


def cancel_preview(state: Tournament, now_ms: int) -> CancelPreview:
    """Decides a cancellation and applies nothing. Raises `invalid_status` where it would be refused."""
    events = decide(state, Cancel("preview"), now_ms)
    cancelled = next((e for e in events if isinstance(e, Cancelled)), state.cancellation)
    lines = () if cancelled is None else cancelled.refunds
    named = tuple(
        RefundAnswer(line, state.entries[line.player_no].player_id, state.entries[line.player_no].user_id)
        for line in lines
    )
    return CancelPreview(now_ms, named, summary_of(state))


def live_prizes(state: Tournament) -> list[int]:
    """Prize of each paid place if play ended now."""
    pool = state.rules.prize_pool
    return prize_amounts(pool, pool_minor(pool, state.collected_minor), len(state.ranking))


def places(state: Tournament, player_nos: tuple[int, ...]) -> list[Place]:
    """Places of the players that are on the board, computed together."""
    prizes = live_prizes(state)
    paid = state.ranking.page(0, len(prizes))
    found = []
    for player_no in player_nos:
        if player_no not in state.ranking:
            continue
        at = state.ranking.standing_of(player_no)
        better = paid[min(at.position - 1, len(paid)) - 1] if at.position > 1 and paid else None
        gap = None if better is None else better.points - at.points
        prize = prizes[at.position - 1] if at.position <= len(prizes) else 0
        found.append(Place(player_no, at.position, at.rank, at.points, gap, prize))
    return found
