"""Reviews: what was asked for after results were final, and what a person decides about it."""

from contextlib import nullcontext

from fastapi import APIRouter, Request

from actors.replies import ReviewRow
from actors.requests import ReadReviews, request_of
from api.access.dependencies import Ctx, PayoutsApprove, ResultsRead
from api.access.idempotency import OnceRoute
from api.http.body import parse, read_json
from api.http.errors import ApiError
from api.http.json_response import Json
from api.http.openapi import body_of
from api.rest.players.requests import ReviewBody
from api.rest.reviews.responses import DecidedReview, NamedReview, ReviewList
from api.tournaments.owner_client import ask, find, identity
from api.tournaments.payout_hold import held
from server.domain.refusal import Code
from server.domain.tournament import commands
from server.encoding.answer import extended
from server.reports.record import review_line

router = APIRouter(route_class=OnceRoute, prefix="/api/tournaments/{tournament_id}/reviews", tags=["Reviews"])
_NUMBER_DIGITS_MAX = 9


@router.get("")
async def list_reviews(tournament_id: str, ctx: Ctx, caller: ResultsRead) -> Json[ReviewList]:
    """All reviews of a tournament, oldest first. `status` is `open`, `upheld` or `dismissed`."""
    summary = await find(ctx, caller, tournament_id)
    answer = await ask(ctx, summary, ReadReviews())
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
        raise ApiError(Code.REVIEW_NOT_FOUND, f"Review {number} not found")
    given = parsed.values
    command = commands.DecideReview(int(number), given["decision"], given["reason"], caller.maker)
    message = request_of(command, identity(request, ctx, caller, body))
    takes_back = given["decision"] == "uphold"
    async with held(ctx, caller, summary.id) if takes_back else nullcontext():
        answer = await ask(ctx, summary, message)
    return Json(extended(DecidedReview, _review(answer.rows[0]), tournament_id=summary.id))


def _review(row: ReviewRow) -> NamedReview:
    line = review_line(row.review, row.player_id, row.user_id)
    return extended(NamedReview, line, display_name=row.display_name)
