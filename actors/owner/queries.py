"""Questions to the state of an owner: pages of the board, places of players."""

from dataclasses import replace
from typing import assert_never

from actors.replies import (
    BoardAnswer,
    BoardRow,
    CancelPreview,
    Gone,
    OwnPayout,
    Place,
    RefundAnswer,
    ReviewRow,
    ReviewsAnswer,
    SheetAnswer,
    TraceBasis,
)
from actors.requests import (
    Message,
    PreviewCancel,
    ReadBoard,
    Reading,
    ReadPlaces,
    ReadReviews,
    ReadRoom,
    ReadSheet,
    ReadSummary,
    ReadTraceBasis,
    Showing,
)
from server.domain.ranking import Standing
from server.domain.tournament.commands import Cancel
from server.domain.tournament.decide import decide
from server.domain.tournament.events import Cancelled
from server.domain.tournament.money.prizes import final_sheet, prizes_of
from server.domain.tournament.state import Tournament
from server.domain.tournament.summary import priced_rows, summary_of


def shown(state: Tournament, message: Reading, epoch: int, now_ms: int) -> object:
    """The answer to a question; nothing changes. Raises `Refusal`."""
    match message:
        case ReadBoard():
            return board(state, message, epoch, now_ms)
        case ReadPlaces(player_nos):
            return places(state, player_nos)
        case ReadSheet():
            return sheet(state, message)
        case PreviewCancel():
            return cancel_preview(state, now_ms)
        case ReadTraceBasis(player):
            return trace_basis(state, player)
        case ReadReviews():
            return reviews(state)
        case ReadRoom():
            return state.room
        case ReadSummary():
            return summary_of(state)
    assert_never(message)


def board(state: Tournament, want: ReadBoard, epoch: int, now_ms: int) -> BoardAnswer:
    """A page of the board. Raises `player_not_found` for an unknown or removed player in `around`."""
    offset, limit = want.offset, want.limit
    if want.around is not None:
        entry = state.entry_named(want.around)
        place = state.ranking.position_of(entry.player_no) if entry.player_no in state.ranking else 1
        offset = max(place - 1 - want.above, 0)
        limit = place - 1 - offset + 1 + want.below
    total = len(state.ranking)
    if want.eliminated:
        page = state.ranking.page(offset, limit)
    else:
        whole = state.ranking.page(0, total)
        in_play = [row for row in whole if state.entries[row.player_no].is_in_play]
        page, total = in_play[offset : offset + limit], len(in_play)
    rows = tuple(row_of(state, standing) for standing in page)
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
        eliminated_round=entry.eliminated_round,
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
    pool_minor = None if cancelled is None else cancelled.pool_minor
    return CancelPreview(now_ms, named, summary_of(state), pool_minor)


def sheet(state: Tournament, want: ReadSheet) -> SheetAnswer:
    """The sheet that was made final, else the one that would be."""
    found = state.results or final_sheet(state)
    rows = tuple(priced_rows(state, found, want.offset, want.limit))
    return SheetAnswer(None if want.limit else found, len(state.ranking), rows, summary_of(state))


def trace_basis(state: Tournament, player: str) -> TraceBasis:
    """What the points of a player are shared out by."""
    entry = state.entry_named(player)
    return TraceBasis(entry, state.rules, frozenset(state.voided), state.bell_ms, state.seq, summary_of(state))


def review_row(state: Tournament, number: int) -> ReviewRow:
    """One review, with its player; what a void would leave stays inside."""
    review = state.reviews[number - 1]
    entry = state.entries[review.player_no]
    shown = replace(review, attempts=())
    return ReviewRow(shown, entry.player_id, entry.user_id, entry.display_name)


def reviews(state: Tournament) -> ReviewsAnswer:
    """All of them, oldest first."""
    rows = tuple(review_row(state, n) for n in range(1, len(state.reviews) + 1))
    return ReviewsAnswer(rows, summary_of(state))


def places(state: Tournament, player_nos: tuple[int, ...]) -> list[Place]:
    """Where these players stand, computed together."""
    prizes = prizes_of(state)
    paid = state.ranking.page(0, len(prizes.amounts))
    owed = _owed(state, frozenset(player_nos))
    found = []
    for player_no in player_nos:
        if not 0 <= player_no < len(state.entries):
            continue
        if player_no not in state.ranking:
            found.append(_off_the_board(state, player_no, owed.get(player_no, ())))
            continue
        at = state.ranking.standing_of(player_no)
        better = paid[min(at.position - 1, len(paid)) - 1] if at.position > 1 and paid else None
        gap = None if better is None else better.points - at.points
        out = state.entries[player_no].eliminated_round
        prize = prizes.at(at.position)
        lines = owed.get(player_no, ())
        found.append(Place(player_no, at.position, at.rank, at.points, gap, prize, out, None, lines))
    return found


def _owed(state: Tournament, player_nos: frozenset[int]) -> dict[int, tuple[OwnPayout, ...]]:
    found: dict[int, tuple[OwnPayout, ...]] = {}
    for line in state.payouts.values():
        if line.player_no in player_nos:
            own = OwnPayout(line.kind, line.amount_minor, line.tender, line.code, line.quantity, line.state)
            found[line.player_no] = (*found.get(line.player_no, ()), own)
    return found


def _off_the_board(state: Tournament, player_no: int, owed: tuple[OwnPayout, ...]) -> Place:
    entry = state.entries[player_no]
    gone: Gone = "disqualified" if entry.disqualified else "removed"
    return Place(player_no, 0, 0, entry.points, None, 0, entry.eliminated_round, gone, owed)


def only_shows(message: Message) -> bool:
    """Whether it may be answered under a lease that was proven a moment ago."""
    return isinstance(message, Showing) and not (isinstance(message, ReadBoard) and message.strong)
