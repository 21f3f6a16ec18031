"""What needs no key: the public tournaments."""

from functools import partial

from fastapi import APIRouter, Request

from api.access.dependencies import Ctx
from api.access.idempotency import OnceRoute
from api.answers import amounts, views
from api.context.context import Context
from api.http.errors import ApiError, DoorCode
from api.http.json_response import Encoded
from api.rest.public.requests import PublicParams, PublicQuery
from api.rest.public.responses import PublicTournament, PublicTournaments
from server.domain.ids import OperatorId, Tenant
from server.domain.tournament.summary import Summary
from server.encoding.answer import pagination
from server.encoding.wire import dump, instant, instant_or_none

router = APIRouter(route_class=OnceRoute, tags=["Public"])


@router.get("/api/public/tournaments")
async def list_public_tournaments(
    request: Request, ctx: Ctx, query: PublicParams
) -> Encoded[PublicTournaments]:
    """Public tournaments of the operator whom the page at / shows, where the house has chosen one."""
    shown = ctx.shown_tenant
    if shown is None:
        raise ApiError(DoorCode.NOT_FOUND, "Name an operator: /api/public/{operatorId}/tournaments")
    request.state.shown_of = shown.operator_id
    return await _listed(query, ctx, shown.operator_id, shown.live)


@router.get("/api/public/{operator_id}/tournaments")
async def list_public_tournaments_of(
    operator_id: str, request: Request, ctx: Ctx, query: PublicParams
) -> Encoded[PublicTournaments]:
    """Public tournaments of one operator, those that are running or coming first. `mode` is `live`, or `test`
    for those of test keys. The list may be a second old: `serverTime` says of when it is."""
    request.state.shown_of = operator_id
    return await _listed(query, ctx, operator_id)


async def _listed(
    query: PublicQuery, ctx: Context, operator_id: str, default: bool = True
) -> Encoded[PublicTournaments]:
    tenant = Tenant(OperatorId(operator_id), default if query.mode is None else query.mode == "live")
    make = partial(_rendered, ctx, tenant, query.limit, query.offset)
    body = await ctx.answer_cache.find(("public", tenant, query.limit, query.offset), make)
    return Encoded(body)


async def _rendered(ctx: Context, tenant: Tenant, limit: int, offset: int) -> bytes:
    total, found = await ctx.listings.public(tenant, limit, offset)
    if not total and await ctx.operators.operator(tenant.operator_id) is None:
        raise ApiError(DoorCode.NOT_FOUND, f"There is no operator {tenant.operator_id}")
    return dump(
        PublicTournaments(
            operator_id=tenant.operator_id,
            tournaments=[_line(summary) for summary in found],
            pagination=pagination(total, limit, offset),
            server_time=instant(ctx.clock.now_ms()),
        )
    )


def _line(summary: Summary) -> PublicTournament:
    return PublicTournament(
        tournament_id=summary.id,
        name=summary.rules.name,
        status=summary.status,
        start_time=views.start_time(summary),
        ends_at=views.end_time(summary),
        completed_at=instant_or_none(summary.completed_at_ms),
        players=summary.players,
        prize_pool=amounts.money(summary, summary.pool_minor),
        currency=summary.rules.currency,
        game_slug=summary.rules.game_slug,
    )
