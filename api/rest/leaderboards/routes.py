"""Rankings and money: leaderboard, results, prize pool, event history."""

import asyncio

from fastapi import APIRouter, Request

from actors.replies import BoardAnswer, SheetAnswer
from actors.requests import ReadBoard, ReadSheet
from api.access.dependencies import Home, ResultsRead, TournamentsRead
from api.access.idempotency import OnceRoute
from api.context.context import Resources
from api.context.key_cache import Caller
from api.context.page_cache import Page, PageKey, tag_of
from api.http.errors import ApiError, DoorCode
from api.http.json_response import Json
from api.http.query import Query
from api.tournaments import amounts, views, views_people
from api.tournaments.owner_client import ask, find, find_known
from api.tournaments.results import priced_rows
from config.limits import (
    AROUND_ROWS_MAX,
    BOARD_PAGE_DEFAULT,
    BOARD_PAGE_MAX,
    BOARD_PATIENCE_S,
    LIST_PAGE_DEFAULT,
    LIST_PAGE_MAX,
)
from server.domain.tournament.lifecycle import ResultsStatus, Status
from server.domain.tournament.summary import Summary
from server.encoding.wire import instant, load
from server.public_events.envelope import envelope

router = APIRouter(route_class=OnceRoute, prefix="/api/tournaments/{tournament_id}", tags=["Results"])


_BOARD_QUERY = "limit", "offset", "around", "above", "below", "includeEliminated", "consistency"


@router.get("/leaderboard")
async def get_leaderboard(tournament_id: str, request: Request, home: Home, caller: ResultsRead) -> Json:
    """The live board, exact at its `sequence`; with `around` the rows about one player, with
    `includeEliminated=false` only those in play. A board is shown again for up to one tick; with
    `consistency=strong` its owner is asked each time, and an old one is never shown."""
    summary = await find_known(home, caller, tournament_id)
    want, strong = _wanted(request)
    if summary.results_status is ResultsStatus.FINAL and want.around is None and want.eliminated:
        return await _final_board(home, caller, summary, want)
    key = PageKey(caller.tenant, summary.id, request.scope["query_string"])
    last = None if strong else home.pages.last(key)
    try:
        async with asyncio.timeout(None if last is None else BOARD_PATIENCE_S):
            board = await ask(home, summary, want, BoardAnswer)
    except (ApiError, TimeoutError) as error:
        if last is None or (isinstance(error, ApiError) and error.code != DoorCode.SERVICE_UNAVAILABLE):
            raise
        return _stale(last)
    offset = board.rows[0].position - 1 if board.rows else want.offset
    answer = Json(
        {
            "tournamentId": summary.id,
            "status": board.summary.status.value,
            "lastUpdated": instant(board.at_ms),
            "epoch": board.epoch,
            "sequence": board.seq,
            "stale": False,
            "leaderboard": [views_people.leader(row) for row in board.rows],
            "pagination": views.pagination(
                board.total, want.limit if want.around is None else len(board.rows), offset
            ),
        }
    )
    tag = tag_of(board.epoch, board.seq, key.query)
    if not strong:
        home.pages.keep(key, bytes(answer.body), tag)
    answer.headers["ETag"] = tag.decode()
    return answer


def _stale(page: Page) -> Json:
    """The board as it was read last, and saying so: its owner or the database cannot be reached right now."""
    body = load(page.body) | {"stale": True}
    return Json(body, headers={"Warning": '110 - "Response is Stale"'})


def _wanted(request: Request) -> tuple[ReadBoard, bool]:
    """The page, and whether the owner itself must say it."""
    with Query(request, *_BOARD_QUERY) as query:
        strong = query.among("consistency", {"eventual": False, "strong": True}, False)
        around = query.text("around")
        if around is None and ("above" in query or "below" in query):
            query.faults["around"] = "Is required with above and below"
        limit, offset = query.page(BOARD_PAGE_DEFAULT, BOARD_PAGE_MAX)
        want = ReadBoard(
            offset=offset,
            limit=limit,
            around=around,
            strong=strong,
            above=query.whole("above", AROUND_ROWS_MAX, 0, AROUND_ROWS_MAX),
            below=query.whole("below", AROUND_ROWS_MAX, 0, AROUND_ROWS_MAX),
            eliminated=query.flag("includeEliminated", True),
        )
    return want, strong


async def _final_board(home: Resources, caller: Caller, summary: Summary, want: ReadBoard) -> Json:
    """The board of a completed tournament comes from its stored results; nobody is woken for it."""
    total, rows = await home.listings.results(caller.tenant, summary.id, want.limit, want.offset)
    return Json(
        {
            "tournamentId": summary.id,
            "status": summary.status.value,
            "lastUpdated": instant(summary.completed_at_ms or summary.created_at_ms),
            "epoch": 0,
            "sequence": summary.seq,
            "stale": False,
            "leaderboard": [views_people.board_row(row) for row in rows],
            "pagination": views.pagination(total, want.limit, want.offset),
        }
    )


@router.get("/results")
async def get_results(tournament_id: str, request: Request, home: Home, caller: ResultsRead) -> Json:
    """Results with prizes, best first: provisional while late facts or a review may change them, then
    final. Before the end: 409."""
    summary = await find(home, caller, tournament_id)
    with Query(request, "limit", "offset") as query:
        limit, offset = query.page(BOARD_PAGE_DEFAULT, BOARD_PAGE_MAX)
    if summary.status is not Status.COMPLETED:
        extra = {"tournamentId": summary.id, "status": summary.status.value}
        raise ApiError(DoorCode.RESULTS_NOT_AVAILABLE, "The tournament is not completed", extra)
    summary, total, rows = await priced_rows(home, caller, summary, limit, offset)
    return Json(
        {
            "tournamentId": summary.id,
            "status": summary.status.value,
            "resultsStatus": summary.results_status.value,
            "completedAt": instant(summary.completed_at_ms or 0),
            "prizePool": {
                "totalAmount": amounts.money(summary, summary.pool_minor),
                "currency": summary.rules.currency,
            },
            "results": [views_people.result(row, summary) for row in rows],
            "pagination": views.pagination(total, limit, offset),
        }
    )


@router.get("/prize-pool")
async def get_prize_pool(tournament_id: str, home: Home, caller: ResultsRead) -> Json:
    """The pool and what each paid place gets if nothing more is sold."""
    summary = await find(home, caller, tournament_id)
    if summary.status not in (Status.IN_PROGRESS, Status.COMPLETED):
        return Json(amounts.prize_pool(summary, None))
    answer = await ask(home, summary, ReadSheet(), SheetAnswer)
    return Json(amounts.prize_pool(answer.summary, answer.sheet))


@router.get("/events")
async def get_events(tournament_id: str, request: Request, home: Home, caller: TournamentsRead) -> Json:
    """The tournament's public events in order; continue with `cursor` = the last `nextCursor`."""
    summary = await find(home, caller, tournament_id)
    with Query(request, "cursor", "limit") as query:
        after = query.whole("cursor", 0, 0, 10**8)
        limit = query.whole("limit", LIST_PAGE_DEFAULT, 1, LIST_PAGE_MAX)
    rows = await home.listings.history(caller.tenant, tournament_id, after, limit + 1)
    page = rows[:limit]
    return Json(
        {
            "tournamentId": summary.id,
            "events": [envelope(caller.tenant.operator_id, summary.id, row) for row in page],
            "nextCursor": str(page[-1].seq if page else after),
            "hasMore": len(rows) > limit,
        }
    )
