"""Reviews: what was asked for after results were final, and what a person decides about it."""

from fastapi import APIRouter, Request

from actors.replies import ReviewRow, ReviewsAnswer
from actors.requests import ReadReviews
from api.access.dependencies import Ctx, PayoutsApprove, ResultsRead
from api.access.idempotency import OnceRoute
from api.context.context import Context
from api.context.key_cache import Caller
from api.http.body import parse, read_json
from api.http.errors import ApiError
from api.http.json_response import Json
from api.http.openapi import body_of
from api.rest.players.requests import ReviewBody
from api.rest.reviews.responses import DecidedReview, NamedReview, ReviewList
from api.tournaments.owner_client import ask, command_request, find
from server.domain.refusal import Code
from server.domain.tournament import commands
from server.domain.tournament.money.payouts import OPEN
from server.domain.tournament.summary import Summary
from server.encoding.answer import extended
from server.reports.record import review_line

router = APIRouter(route_class=OnceRoute, prefix="/api/tournaments/{tournament_id}/reviews", tags=["Reviews"])
_NUMBER_DIGITS_MAX = 9
_PAGE = 500


@router.get("")
async def list_reviews(tournament_id: str, ctx: Ctx, caller: ResultsRead) -> Json[ReviewList]:
    """All reviews of a tournament, oldest first. `status` is `open`, `upheld` or `dismissed`."""
    summary = await find(ctx, caller, tournament_id)
    answer = await ask(ctx, summary, ReadReviews(), ReviewsAnswer)
    return Json(ReviewList(tournament_id=summary.id, reviews=[_review(row) for row in answer.rows]))


@router.post("/{number}/decide", openapi_extra=body_of(ReviewBody))
async def decide_review(
    tournament_id: str, number: str, request: Request, ctx: Ctx, caller: PayoutsApprove
) -> Json[DecidedReview]:
    """Uphold a review, so that board, sheet and unpaid prizes become what they should have been, or dismiss
    it. What was paid stays paid. Where results need two keys, another person must decide than the one who
    asked."""
    summary = await find(ctx, caller, tournament_id)
    body = await read_json(request)
    parsed = parse(body, ReviewBody)
    parsed.raise_faults()
    if not (number.isascii() and number.isdigit() and len(number) <= _NUMBER_DIGITS_MAX):
        raise ApiError(Code.REVIEW_NOT_FOUND, f"Review {number} not found", {"review": number})
    given = parsed.values
    if given["decision"] == "uphold":
        await _refuse_while_paying(ctx, caller, summary)
    command = commands.DecideReview(int(number), given["decision"], given["reason"], caller.maker)
    answer = await ask(ctx, summary, command_request(request, ctx, caller, command, body), ReviewsAnswer)
    return Json(extended(DecidedReview, _review(answer.rows[0]), tournament_id=summary.id))


async def _refuse_while_paying(ctx: Context, caller: Caller, summary: Summary) -> None:
    """A wallet that is being asked may credit a prize that is taken back here: wait until it has answered."""
    now_ms, offset, states = ctx.clock.now_ms(), 0, sorted(OPEN)
    while True:
        total, owed = await ctx.payouts.payouts(caller.tenant, summary.id, states, _PAGE, offset)
        if any(one.is_processing(now_ms) for one in owed):
            message = "Prizes of this tournament are being paid right now; try again"
            raise ApiError(Code.PAYOUT_CLOSED, message, {"tournamentId": summary.id})
        offset += _PAGE
        if offset >= total:
            return


def _review(row: ReviewRow) -> NamedReview:
    line = review_line(row.review, row.player_id, row.user_id)
    return extended(NamedReview, line, display_name=row.display_name)
