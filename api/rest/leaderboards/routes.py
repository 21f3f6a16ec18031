"""Rankings and money: leaderboard, results, prize pool, event history."""

import asyncio

import msgspec
from fastapi import APIRouter, Request

from actors.requests import ReadBoard, ReadSheet
from api.access.dependencies import Ctx, TournamentsRead
from api.access.idempotency import OnceRoute
from api.answers import amounts, views_people
from api.answers.money_answers import PoolTotal, PrizePool
from api.context.context import Context
from api.context.page_cache import Page, PageKey, tag_of
from api.http.error_body import Error
from api.http.errors import ApiError, DoorCode
from api.http.json_response import Json
from api.http.query import CursorParams
from api.rest.leaderboards.requests import BoardPageParams, BoardParams, BoardQuery
from api.rest.leaderboards.responses import Leaderboard, Results, TournamentEvents
from api.tournaments.owner_client import ask, find
from api.tournaments.results import priced_rows
from api.tournaments.viewers import BoardSight, ResultsSight, Sight
from config.limits import (
    BOARD_PATIENCE_S,
)
from server.domain.tournament.lifecycle import ResultsStatus, Status
from server.encoding.answer import pagination
from server.encoding.wire import instant
from server.public_events.envelope import envelope

router = APIRouter(route_class=OnceRoute, prefix="/api/tournaments/{tournament_id}", tags=["Results"])


@router.get("/leaderboard")
async def get_leaderboard(
    request: Request, ctx: Ctx, sight: BoardSight, query: BoardParams
) -> Json[Leaderboard]:
    """The live board, exact at its `sequence`; with `around` the rows about one player, with
    `includeEliminated=false` only those in play. A board is shown again for up to one tick; with
    `consistency=strong` its owner is asked each time, and an old one is never shown. `userId` is told to the
    operator alone."""
    summary = sight.summary
    want = _wanted(query)
    if summary.results_status is ResultsStatus.FINAL and want.around is None and want.eliminated:
        return await _final_board(ctx, sight, want)
    key = PageKey(summary.tenant, summary.id, request.scope["query_string"], sight.is_operator)
    last = None if want.strong else ctx.page_cache.last(key)
    try:
        async with asyncio.timeout(None if last is None else BOARD_PATIENCE_S):
            board = await ask(ctx, summary, want)
    except (ApiError, TimeoutError) as error:
        if last is None or (isinstance(error, ApiError) and error.code != DoorCode.SERVICE_UNAVAILABLE):
            raise
        return _stale(last)
    offset = board.rows[0].position - 1 if board.rows else want.offset
    answer = Json(
        Leaderboard(
            tournament_id=summary.id,
            status=board.summary.status,
            last_updated=instant(board.at_ms),
            epoch=board.epoch,
            sequence=board.seq,
            stale=False,
            leaderboard=[views_people.live_board_row(row, sight.is_operator) for row in board.rows],
            pagination=pagination(board.total, want.limit if want.around is None else len(board.rows), offset),
        )
    )
    tag = tag_of(board.epoch, board.seq, key.query)
    if not want.strong:
        ctx.page_cache.keep(key, bytes(answer.body), tag)
    answer.headers["ETag"] = tag.decode()
    return answer


def _stale(page: Page) -> Json[Leaderboard]:
    """The board as it was read last, and saying so: its owner or the database cannot be reached right now."""
    body = msgspec.json.decode(page.body, type=Leaderboard)
    body.stale = True
    return Json(body, headers={"Warning": '110 - "Response is Stale"'})


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


async def _final_board(ctx: Context, sight: Sight, want: ReadBoard) -> Json[Leaderboard]:
    """The board of a completed tournament comes from its stored results; no owner is woken for it."""
    summary = sight.summary
    total, rows = await ctx.listings.results(summary.tenant, summary.id, want.limit, want.offset)
    return Json(
        Leaderboard(
            tournament_id=summary.id,
            status=summary.status,
            last_updated=instant(summary.completed_at_ms or summary.created_at_ms),
            epoch=0,
            sequence=summary.seq,
            stale=False,
            leaderboard=[views_people.stored_board_row(row, sight.is_operator) for row in rows],
            pagination=pagination(total, want.limit, want.offset),
        )
    )


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
