"""Tournaments: create, list, read, update, cancel, start, finish."""

from dataclasses import replace
from typing import Any

from fastapi import APIRouter, Request

from actors.replies import CancelPreview, TournamentAnswer
from actors.requests import PreviewCancel
from api.access.audit import note
from api.access.dependencies import (
    Home,
    TournamentsDelete,
    TournamentsRead,
    TournamentsWrite,
)
from api.access.idempotency import OnceRoute
from api.context.context import Resources
from api.context.key_cache import Caller
from api.http.body import Parsed, parse, read_json
from api.http.json_response import Json
from api.http.openapi import body_of
from api.http.query import Query
from api.rest.tournaments.create import INVALID, create
from api.rest.tournaments.requests import CancelBody, CreateBody, TournamentBody
from api.rest.tournaments.rules_mapping import rule_fields, spelled
from api.tournaments import amounts, views
from api.tournaments.external_ids import external_id
from api.tournaments.owner_client import ask, find, order
from config.limits import LIST_PAGE_DEFAULT, LIST_PAGE_MAX
from server.domain.tournament import commands as do
from server.domain.tournament.lifecycle import Status, is_over
from server.domain.tournament.rules.checks import faults_of
from server.domain.tournament.rules.rules import RuleFields, fields_of
from server.domain.tournament.summary import Summary
from server.ports import ListFilter

_FILTERS = ("status", "gameSlug", "format", "externalId", "startDate", "endDate")
_FORMATS: dict[str, str | None] = {"scheduled": "scheduled", "hop_on_off": "hop_on_off"}
router = APIRouter(route_class=OnceRoute, prefix="/api/tournaments", tags=["Tournaments"])


@router.post("", status_code=201, openapi_extra=body_of(CreateBody))
async def create_tournament(request: Request, home: Home, caller: TournamentsWrite) -> Json:
    """Create a tournament. Registration opens at once unless `registrationOpens` says otherwise."""
    summary = await create(request, home, caller, await read_json(request))
    return Json(views.created(summary), status_code=201)


@router.get("")
async def list_tournaments(request: Request, home: Home, caller: TournamentsRead) -> Json:
    """List tournaments, newest start first. Filters: `status` (several with commas), `gameSlug`, `format`,
    `externalId`, and the start from `startDate` to `endDate`."""
    with Query(request, *_FILTERS, "limit", "offset") as query:
        want = _filter(query)
        limit, offset = query.page(LIST_PAGE_DEFAULT, LIST_PAGE_MAX)
    total, found = await home.listings.page(caller.tenant, want, limit, offset)
    lines = [views.listed(summary) for summary in found]
    return Json({"tournaments": lines, "pagination": views.pagination(total, limit, offset)})


def _filter(query: Query) -> ListFilter:
    statuses = (query.text("status") or "").split(",") if "status" in query else []
    if not set(statuses) <= set(Status):
        query.faults["status"] = f"Must be one or more of {', '.join(Status)}"
    return ListFilter(
        statuses=tuple(statuses),
        game_slug=query.text("gameSlug"),
        format=query.among("format", _FORMATS, None),
        external_id=query.text("externalId"),
        start_from_ms=query.day("startDate"),
        start_until_ms=query.day("endDate"),
    )


@router.get("/{tournament_id}")
async def get_tournament(tournament_id: str, home: Home, caller: TournamentsRead) -> Json:
    """Everything about one tournament."""
    summary = await find(home, caller, tournament_id)
    return Json(views.detail(summary, home.clock.now_ms()))


@router.put("/{tournament_id}", openapi_extra=body_of(TournamentBody))
async def update_tournament(
    tournament_id: str, request: Request, home: Home, caller: TournamentsWrite
) -> Json:
    """Change the given fields. What may change depends on the status; the answer is the whole."""
    summary = await find(home, caller, tournament_id)
    body = await read_json(request)
    parsed = parse(body, TournamentBody)
    fields = _changes(parsed, summary, caller)
    parsed.raise_faults(INVALID)
    message = order(request, home, caller, do.Update(fields), body)
    before, wanted = summary.rules.external_id, fields.get("external_id")
    async with external_id(home, caller, None if wanted == before else wanted, tournament_id):
        answer = await ask(home, summary, message, TournamentAnswer, lambda faults: spelled(faults, parsed))
    if before is not None and answer.summary.rules.external_id != before:
        await home.listings.release_external_id(caller.tenant, before, tournament_id)
    return Json(views.detail(answer.summary, home.clock.now_ms()))


def _changes(parsed: Parsed, summary: Summary, caller: Caller) -> RuleFields:
    """The given fields; a prize pool that names only some of its parts keeps the others."""
    old = summary.rules
    fields = rule_fields(parsed, old.currency, caller.operator.games, old)
    if "currency" not in parsed.values:
        del fields["currency"], fields["currency_places"]
    if not parsed.faults:
        faults = faults_of(fields_of(replace(old, **fields)), None)
        parsed.faults |= spelled({n: w for n, w in faults.items() if n.startswith("prize")}, parsed)
    return fields


@router.delete("/{tournament_id}", openapi_extra=body_of(CancelBody))
async def cancel_tournament(
    tournament_id: str, request: Request, home: Home, caller: TournamentsDelete
) -> Json:
    """Cancel before or during play. Twice changes nothing and gives the first answer."""
    summary = await find(home, caller, tournament_id)
    body = await read_json(request)
    parsed = parse(body, CancelBody)
    parsed.raise_faults()
    given = CancelBody(**parsed.values)
    command = do.Cancel(given.reason, given.refund_players, given.notify_players)
    if not is_over(summary.status):
        what = {"reason": given.reason, "refundPlayers": given.refund_players}
        await note(home, caller, "tournament.cancelled", summary.id, {"status": summary.status.value}, what)
    answer = await ask(home, summary, order(request, home, caller, command, body), TournamentAnswer)
    return Json(views.cancelled(answer.summary, answer.refunded_players, answer.refunded_minor))


@router.post("/{tournament_id}/cancel/preview")
async def preview_cancellation(tournament_id: str, home: Home, caller: TournamentsDelete) -> Json:
    """The lines that a cancellation would execute now. During play they shrink with every second."""
    summary = await find(home, caller, tournament_id)
    return Json(amounts.cancel_preview(await ask(home, summary, PreviewCancel(), CancelPreview)))


@router.get("/{tournament_id}/status")
async def get_tournament_status(tournament_id: str, home: Home, caller: TournamentsRead) -> Json:
    """Progress, pool and room."""
    summary = await find(home, caller, tournament_id)
    return Json(views.status(summary, home.clock.now_ms(), await home.hub.connections(summary)))


@router.post("/{tournament_id}/start")
async def start_tournament(tournament_id: str, request: Request, home: Home, caller: TournamentsWrite) -> Json:
    """Start by hand, when enough players are in."""
    return await _move(request, home, caller, tournament_id, do.Start())


@router.post("/{tournament_id}/finish")
async def finish_tournament(
    tournament_id: str, request: Request, home: Home, caller: TournamentsWrite
) -> Json:
    """Finish by hand: results and prizes as the board stands."""
    return await _move(request, home, caller, tournament_id, do.Finish())


async def _move(
    request: Request, home: Resources, caller: Caller, tournament_id: str, command: do.Start | do.Finish
) -> Json:
    summary = await find(home, caller, tournament_id)
    answer = await ask(home, summary, order(request, home, caller, command, {}), TournamentAnswer)
    detail: dict[str, Any] = views.detail(answer.summary, home.clock.now_ms())
    return Json(detail)
