"""Tournaments: create, list, read, update, cancel, start, finish."""

from dataclasses import replace

from fastapi import APIRouter, Request
from msgspec import UNSET, structs

from actors.requests import PreviewCancel, request_of
from api.access.audit import write_audit_entry
from api.access.dependencies import (
    Ctx,
    TournamentsDelete,
    TournamentsRead,
    TournamentsWrite,
)
from api.access.idempotency import OnceRoute
from api.answers import amounts, views
from api.answers.money_answers import CancellationPreview
from api.answers.tournament_answers import (
    CancelledTournament,
    CreatedTournament,
    Tournament,
    TournamentList,
    TournamentStatus,
)
from api.context.context import Context
from api.context.key_cache import Caller
from api.http.body import Parsed, parse, read_json
from api.http.json_response import Json
from api.http.openapi import body_of
from api.rest.tournaments.create import INVALID, create, room_offer
from api.rest.tournaments.requests import (
    CancelBody,
    CreateBody,
    TournamentBody,
    TournamentsParams,
    TournamentsQuery,
)
from api.rest.tournaments.rules_mapping import rule_fields, spelled
from api.tournaments.external_ids import external_id
from api.tournaments.owner_client import ask, find, identity
from api.tournaments.viewers import TournamentSight
from server.domain.tournament import commands
from server.domain.tournament.lifecycle import is_over
from server.domain.tournament.rules.checks import faults_of
from server.domain.tournament.rules.rules import RuleFields, fields_of
from server.domain.tournament.summary import Summary
from server.encoding.answer import pagination
from server.ports import ListFilter

router = APIRouter(route_class=OnceRoute, prefix="/api/tournaments", tags=["Tournaments"])


@router.post("", status_code=201, openapi_extra=body_of(CreateBody))
async def create_tournament(request: Request, ctx: Ctx, caller: TournamentsWrite) -> Json[CreatedTournament]:
    """Create a tournament. Registration opens at once unless `registrationOpens` says otherwise."""
    summary = await create(request, ctx, caller, await read_json(request))
    return Json(views.created(summary), status_code=201)


@router.get("")
async def list_tournaments(
    request: Request, ctx: Ctx, caller: TournamentsRead, query: TournamentsParams
) -> Json[TournamentList]:
    """List tournaments, newest start first. Filters: `status` (several with commas), `gameSlug`, `format`,
    `externalId`, and the start from `startDate` to `endDate`."""
    want, limit, offset = _filter(query), query.limit, query.offset
    total, found = await ctx.listings.page(caller.tenant, want, limit, offset)
    lines = [views.listed(summary) for summary in found]
    return Json(TournamentList(tournaments=lines, pagination=pagination(total, limit, offset)))


def _filter(query: TournamentsQuery) -> ListFilter:
    return ListFilter(
        statuses=query.status,
        game_slug=query.game_slug,
        format=query.format,
        external_id=query.external_id,
        start_from_ms=query.start_date,
        start_until_ms=query.end_date,
    )


@router.get("/{tournament_id}")
async def get_tournament(ctx: Ctx, sight: TournamentSight) -> Json[Tournament]:
    """Everything about one tournament. `externalId` is null for all but the operator."""
    told = views.detail(sight.summary, ctx.clock.now_ms())
    return Json(told if sight.is_operator else structs.replace(told, external_id=None))


@router.put("/{tournament_id}", openapi_extra=body_of(TournamentBody))
async def update_tournament(
    tournament_id: str, request: Request, ctx: Ctx, caller: TournamentsWrite
) -> Json[Tournament]:
    """Change the given fields. What may change depends on the status; the answer is the whole."""
    summary = await find(ctx, caller, tournament_id)
    body = await read_json(request)
    parsed = parse(body, TournamentBody)
    fields = _changes(parsed, summary, ctx, caller)
    parsed.raise_faults(INVALID)
    message = request_of(commands.Update(fields), identity(request, ctx, caller, body))
    before, wanted = summary.rules.external_id, fields.get("external_id")
    async with external_id(ctx, caller, None if wanted == before else wanted, tournament_id):
        answer = await ask(ctx, summary, message, lambda faults: spelled(faults, parsed))
    if before is not None and answer.summary.rules.external_id != before:
        await ctx.listings.release_external_id(caller.tenant, before, tournament_id)
    return Json(views.detail(answer.summary, ctx.clock.now_ms()))


def _changes(parsed: Parsed, summary: Summary, ctx: Context, caller: Caller) -> RuleFields:
    """The given fields; a prize pool that names only some of its parts keeps the others."""
    old = summary.rules
    fields = rule_fields(parsed, old.currency, caller.operator.games, room_offer(ctx, caller), old)
    if "currency" not in parsed.values:
        del fields["currency"], fields["currency_places"]
    if not parsed.faults:
        faults = faults_of(fields_of(replace(old, **fields)), None)
        parsed.faults |= spelled({n: w for n, w in faults.items() if n.startswith("prize")}, parsed)
    return fields


@router.delete("/{tournament_id}", openapi_extra=body_of(CancelBody))
async def cancel_tournament(
    tournament_id: str, request: Request, ctx: Ctx, caller: TournamentsDelete
) -> Json[CancelledTournament]:
    """Cancel before or during play. Twice changes nothing and gives the first answer."""
    summary = await find(ctx, caller, tournament_id)
    body = await read_json(request)
    parsed = parse(body, CancelBody)
    parsed.raise_faults()
    given = CancelBody(**parsed.values)
    command = commands.Cancel(given.reason, given.refund_players, given.notify_players)
    if not is_over(summary.status):
        what = {"reason": given.reason, "refundPlayers": given.refund_players}
        await write_audit_entry(
            ctx, caller, "tournament.cancelled", summary.id, {"status": summary.status.value}, what
        )
    answer = await ask(ctx, summary, request_of(command, identity(request, ctx, caller, body)))
    return Json(views.cancelled(answer.summary, answer.refunded_players, answer.refunded_minor))


@router.post("/{tournament_id}/cancel/preview")
async def preview_cancellation(
    tournament_id: str, ctx: Ctx, caller: TournamentsDelete
) -> Json[CancellationPreview]:
    """The lines that a cancellation would execute now. During play they shrink with every second."""
    summary = await find(ctx, caller, tournament_id)
    return Json(amounts.cancel_preview(await ask(ctx, summary, PreviewCancel())))


@router.get("/{tournament_id}/status")
async def get_tournament_status(ctx: Ctx, sight: TournamentSight) -> Json[TournamentStatus]:
    """Progress, pool and room. `openReviews` is told to the operator alone."""
    summary = sight.summary
    told = views.status(summary, ctx.clock.now_ms(), await ctx.hub.connections(summary))
    return Json(told if sight.is_operator else structs.replace(told, open_reviews=UNSET))


@router.post("/{tournament_id}/start")
async def start_tournament(
    tournament_id: str, request: Request, ctx: Ctx, caller: TournamentsWrite
) -> Json[Tournament]:
    """Start by hand, when enough players are in."""
    return await _move(request, ctx, caller, tournament_id, commands.Start())


@router.post("/{tournament_id}/finish")
async def finish_tournament(
    tournament_id: str, request: Request, ctx: Ctx, caller: TournamentsWrite
) -> Json[Tournament]:
    """Finish by hand: results and prizes as the board stands."""
    return await _move(request, ctx, caller, tournament_id, commands.Finish())


async def _move(
    request: Request,
    ctx: Context,
    caller: Caller,
    tournament_id: str,
    command: commands.Start | commands.Finish,
) -> Json[Tournament]:
    summary = await find(ctx, caller, tournament_id)
    answer = await ask(ctx, summary, request_of(command, identity(request, ctx, caller, {})))
    return Json(views.detail(answer.summary, ctx.clock.now_ms()))
