"""Rankings and money: leaderboard, results, prize pool, event history."""

import asyncio

import msgspec
from fastapi import APIRouter, Request

from actors.replies import Unavailable
from actors.requests import ReadBoard, ReadSheet
from api.access.dependencies import Ctx, TournamentsRead
from api.access.idempotency import OnceRoute
from api.answers import amounts, views_people
from api.answers.board_answers import Leaderboard
from api.answers.money_answers import PoolTotal, PrizePool
from api.context.boards.boards import Question
from api.context.boards.page_cache import Page, PageKey
from api.context.context import Context
from api.http.error_body import Error
from api.http.errors import ApiError, DoorCode
from api.http.json_response import Encoded, Json
from api.http.query import CursorParams
from api.rest.leaderboards.requests import BoardPageParams, BoardParams, BoardQuery
from api.rest.leaderboards.responses import Results, TournamentEvents
from api.tournaments.owner_client import ask, error_of, find
from api.tournaments.results import priced_rows
from api.tournaments.viewers import BoardSight, ResultsSight, Sight
from config.limits import (
    BOARD_PATIENCE_S,
)
from server.domain.tournament.lifecycle import ResultsStatus, Status
from server.encoding.answer import pagination
from server.encoding.wire import dump, instant
from server.public_events.envelope import envelope

router = APIRouter(route_class=OnceRoute, prefix="/api/tournaments/{tournament_id}", tags=["Results"])


@router.get("/leaderboard")
async def get_leaderboard(
    request: Request, ctx: Ctx, sight: BoardSight, query: BoardParams
) -> Encoded[Leaderboard]:
    """The live board, exact at its `sequence`; with `around` the rows about one player, with
    `includeEliminated=false` only those in play. A board is shown again for up to one tick; with
    `consistency=strong` its owner is asked each time, and an old one is never shown. `userId` is told to the
    operator alone."""
    summary = sight.summary
    want = _wanted(query)
    if summary.results_status is ResultsStatus.FINAL and want.around is None and want.eliminated:
        return await _final_board(ctx, sight, want)
    query_string = request.scope["query_string"]
    question = Question(PageKey(summary.tenant, summary.id, query_string, sight.is_operator), want)
    last = ctx.boards.last(question)
    try:
        async with asyncio.timeout(None if last is None else BOARD_PATIENCE_S):
            page = await ctx.boards.page(summary, question)
    except TimeoutError:
        page = Unavailable("slow")
    if isinstance(page, Page):
        return Encoded(page.body, headers={"ETag": page.tag.decode()})
    if last is None or not isinstance(page, Unavailable):
        raise error_of(page, summary)
    return _stale(last)


def _stale(page: Page) -> Encoded[Leaderboard]:
    """The board as it was read last, and saying so: its owner or the database cannot be reached right now."""
    body = msgspec.json.decode(page.body, type=Leaderboard)
    body.stale = True
    return Encoded(dump(body), headers={"Warning": '110 - "Response is Stale"'})


def _wanted(query: BoardQuery) -> ReadBoard:
    return ReadBoard(
        offset=query.offset,
        limit=query.limit,
        around=query.around,
        strong=query.consistency == "strong",
        above=query.above,
        below=query.below,
        eliminated=query.include_eliminated,
    )


async def _final_board(ctx: Context, sight: Sight, want: ReadBoard) -> Encoded[Leaderboard]:
    """The board of a completed tournament comes from its stored results; no owner is woken for it."""
    summary = sight.summary
    total, rows = await ctx.listings.results(summary.tenant, summary.id, want.limit, want.offset)
    board = Leaderboard(
        tournament_id=summary.id,
        status=summary.status,
        last_updated=instant(summary.completed_at_ms or summary.created_at_ms),
        epoch=0,
        sequence=summary.seq,
        stale=False,
        leaderboard=[views_people.stored_board_row(row, sight.is_operator) for row in rows],
        pagination=pagination(total, want.limit, want.offset),
    )
    return Encoded(dump(board))


@router.get("/results")
async def get_results(ctx: Ctx, sight: ResultsSight, query: BoardPageParams) -> Json[Results]:
    """Results with prizes, best first: provisional while late facts or a review may change them, then
    final. Before the end: 409. `userId` is told to the operator alone."""
    summary = sight.summary
    limit, offset = query.limit, query.offset
    if summary.status is not Status.COMPLETED:
        fields = Error(tournament_id=summary.id, status=summary.status.value)
        raise ApiError(DoorCode.RESULTS_NOT_AVAILABLE, "The tournament is not completed", fields)
    summary, total, rows = await priced_rows(ctx, summary, limit, offset)
    return Json(
        Results(
            tournament_id=summary.id,
            status=summary.status,
            results_status=summary.results_status,
            completed_at=instant(summary.completed_at_ms or 0),
            prize_pool=PoolTotal(
                total_amount=amounts.money(summary, summary.pool_minor),
                currency=summary.rules.currency,
            ),
            results=[views_people.result(row, summary, sight.is_operator) for row in rows],
            pagination=pagination(total, limit, offset),
        )
    )


@router.get("/prize-pool")
async def get_prize_pool(ctx: Ctx, sight: ResultsSight) -> Json[PrizePool]:
    """The pool and what each paid place gets if nothing more is sold."""
    summary = sight.summary
    if summary.status not in (Status.IN_PROGRESS, Status.COMPLETED):
        return Json(amounts.prize_pool(summary, None))
    answer = await ask(ctx, summary, ReadSheet())
    return Json(amounts.prize_pool(answer.summary, answer.sheet))


@router.get("/events")
async def list_tournament_events(
    tournament_id: str, request: Request, ctx: Ctx, caller: TournamentsRead, query: CursorParams
) -> Json[TournamentEvents]:
    """The tournament's public events in order; continue with `cursor` = the last `nextCursor`."""
    summary = await find(ctx, caller, tournament_id)
    after, limit = query.cursor, query.limit
    rows = await ctx.listings.history(caller.tenant, tournament_id, after, limit + 1)
    page = rows[:limit]
    return Json(
        TournamentEvents(
            tournament_id=summary.id,
            events=[envelope(caller.tenant.operator_id, summary.id, row) for row in page],
            next_cursor=str(page[-1].seq if page else after),
            has_more=len(rows) > limit,
        )
    )
