"""What one casino user has played."""

from fastapi import APIRouter, Request

from api.access.dependencies import Ctx, PlayersRead
from api.access.idempotency import OnceRoute
from api.answers import amounts, views_people
from api.http.json_response import Json
from api.http.query import ListParams
from api.rest.players.responses import PlayedTournament, PlayerHistory
from server.domain.money import points_to_decimal
from server.encoding.answer import pagination
from server.encoding.wire import instant
from server.ports import Played

router = APIRouter(route_class=OnceRoute, prefix="/api/players", tags=["Players"])


@router.get("/{user_id}/tournaments")
async def list_player_tournaments(
    user_id: str, request: Request, ctx: Ctx, caller: PlayersRead, query: ListParams
) -> Json[PlayerHistory]:
    """All entries of one casino user, newest tournament first; with place and prize once results are final."""
    limit, offset = query.limit, query.offset
    total, found = await ctx.listings.played_by(caller.tenant, user_id, limit, offset)
    return Json(
        PlayerHistory(
            user_id=user_id,
            tournaments=[_line(row) for row in found],
            pagination=pagination(total, limit, offset),
        )
    )


def _line(row: Played) -> PlayedTournament:
    entry, summary, result = row.entry, row.summary, row.result
    paid = sum(sale.buy_in_minor + sale.fee_minor for sale in entry.sales)
    return PlayedTournament(
        tournament_id=summary.id,
        name=summary.rules.name,
        status=summary.status,
        results_status=summary.results_status,
        player_id=entry.player_id,
        player_status=views_people.entry_status(entry, summary),
        registered_at=instant(entry.registered_at_ms),
        entries=sum(sale.entries for sale in entry.sales),
        total_paid=amounts.money(summary, paid),
        currency=summary.rules.currency,
        position=None if result is None else result.position,
        rank=None if result is None else result.rank,
        points=None if result is None else points_to_decimal(result.points),
        prize=None if result is None else amounts.money(summary, result.prize_minor),
    )
