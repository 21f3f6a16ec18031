"""Templates, recurring schedules on them, and tournaments made of them in bulk."""

from dataclasses import replace
from typing import Any

from fastapi import APIRouter, Request
from pydantic.alias_generators import to_camel

from api.access import rate_limits
from api.access.audit import write_audit_entry
from api.access.dependencies import (
    Ctx,
    TemplatesWrite,
    TournamentsRead,
    TournamentsWrite,
)
from api.access.idempotency import OnceRoute
from api.answers import views
from api.context.context import Context
from api.context.key_cache import Caller
from api.http.body import (
    Parsed,
    parse,
    read_json,
    spellings,
)
from api.http.error_body import Error
from api.http.errors import ApiError, DoorCode, invalid
from api.http.json_response import Json
from api.http.openapi import body_of
from api.http.query import ListParams
from api.rest.templates.requests import BulkBody, NewTemplateBody, TemplateBody
from api.rest.templates.responses import (
    BulkLine,
    BulkResult,
    DeletedTemplate,
    RecurrenceAnswer,
    TemplateAnswer,
    TemplateList,
)
from api.rest.tournaments.create import (
    INVALID,
    create,
    over_template,
    room_offer,
    template_of,
)
from api.rest.tournaments.room_mapping import RoomOffer
from api.rest.tournaments.rules_mapping import is_hop, rule_fields, spelled
from api.tournaments.owner_client import command_id
from config.door_limits import REQUESTS_PER_MINUTE
from config.limits import LIST_PAGE_MAX, TEMPLATES_MAX
from server.domain.tournament.rules.checks import faults_of
from server.domain.tournament.rules.rules import Rules, rules_from
from server.encoding.answer import flat, pagination
from server.encoding.wire import (
    dump,
    instant,
    instant_or_none,
    load,
)
from server.ports import Recurrence, Template
from server.runtime.randomness import derived_id
from server.scheduling.recurrence import faults_of as recurrence_faults
from server.scheduling.recurrence import next_start_ms

router = APIRouter(route_class=OnceRoute, tags=["Templates"])
_PATH = "/api/tournament-templates"
# A time of day or date belongs to one tournament, not to all of a template.
_TIMES = (
    "scheduled_start",
    "end_time",
    "registration_opens",
    "registration_closes",
    "wait_until",
    "rebuy_deadline",
)


@router.post(_PATH, status_code=201, openapi_extra=body_of(NewTemplateBody))
async def create_template(request: Request, ctx: Ctx, caller: TemplatesWrite) -> Json[TemplateAnswer]:
    """Keep a configuration to make tournaments of. With `recurrence` they are made by themselves."""
    body = await read_json(request)
    parsed = parse(body, NewTemplateBody)
    rules, recurrence = _read(parsed, caller, room_offer(ctx, caller))
    now_ms = ctx.clock.now_ms()
    template = Template(
        id=_new_id(request, ctx, caller),
        tenant=caller.tenant,
        body=dump(_normal(body)),
        rules=rules,
        created_at_ms=now_ms,
        updated_at_ms=now_ms,
        recurrence=recurrence,
        next_start_ms=_first_start(recurrence, now_ms),
    )
    total, _ = await ctx.templates.templates(caller.tenant, 1, 0)
    if total >= TEMPLATES_MAX:
        message = f"There are {TEMPLATES_MAX} templates already: remove one first"
        raise ApiError(DoorCode.CONFLICT, message, Error(templates=TEMPLATES_MAX))
    await write_audit_entry(ctx, caller, "template.created", template.id, after=_view(template))
    await ctx.templates.add_template(template)
    return Json(_view(template), status_code=201)


def _new_id(request: Request, ctx: Context, caller: Caller) -> str:
    key = request.headers.get("idempotency-key")
    if key is None:
        return f"template_{ctx.ids.command_id()}"
    return f"template_{derived_id('template', command_id(caller, key))}"


def _read(parsed: Parsed, caller: Caller, rooms: RoomOffer) -> tuple[Rules, Recurrence | None]:
    """Rules without times, and the recurrence. Raises `validation_failed` with every fault."""
    for name in _TIMES:
        if parsed.values.get(name) is not None:
            parsed.faults[parsed.path(name)] = "Has no place in a template: give it with each tournament"
    fields = rule_fields(parsed, caller.operator.currency, caller.operator.games, rooms)
    hop = is_hop(parsed)
    fields |= {"format": "hop_on_off", "start_at_ms": 0} if hop else {}
    parsed.faults = spelled(faults_of(fields, None), parsed) | parsed.faults
    recurrence = _recurrence(parsed)
    if hop and recurrence is not None:
        parsed.faults[parsed.path("recurrence")] = "A hop-on/off tournament has no start time"
    parsed.raise_faults(INVALID)
    return rules_from(fields | {"start_at_ms": 0}), recurrence


def _recurrence(parsed: Parsed) -> Recurrence | None:
    given = parsed.values.get("recurrence")
    if given is None:
        return None
    recurrence = Recurrence(
        cron=given["cron"],
        timezone=given.get("timezone", "UTC"),
        lead_ms=given.get("lead_minutes", 60) * 60_000,
        paused=given.get("paused", False),
        skip=tuple(given.get("skip", ())),
        catch_up=given.get("catch_up", "skip"),
    )
    for name, why in recurrence_faults(recurrence).items():
        parsed.faults[parsed.path(f"recurrence.{name}")] = why
    return recurrence


def _first_start(recurrence: Recurrence | None, now_ms: int) -> int | None:
    """The first start that can still be announced in full, the lead time from now."""
    return None if recurrence is None else next_start_ms(recurrence, now_ms + recurrence.lead_ms)


def _normal(body: dict[str, Any]) -> dict[str, Any]:
    """The body under our own spelling of its fields."""
    names = spellings(TemplateBody)
    return {names[key]: value for key, value in body.items() if names[key] != "recurrence"}


def _view(template: Template) -> TemplateAnswer:
    configuration = {to_camel(name): value for name, value in load(template.body).items()}
    answer = TemplateAnswer(
        more=configuration,
        template_id=template.id,
        version=template.version,
        created_at=instant(template.created_at_ms),
        updated_at=instant(template.updated_at_ms),
        recurrence=None if template.recurrence is None else _recurrence_view(template, template.recurrence),
    )
    return flat(answer)


def _recurrence_view(template: Template, of: Recurrence) -> RecurrenceAnswer:
    return RecurrenceAnswer(
        cron=of.cron,
        timezone=of.timezone,
        lead_minutes=of.lead_ms // 60_000,
        paused=of.paused,
        skip=list(of.skip),
        catch_up=of.catch_up,
        next_start=instant_or_none(template.next_start_ms),
        next_number=template.next_no,
    )


@router.get(_PATH)
async def list_templates(
    request: Request, ctx: Ctx, caller: TournamentsRead, query: ListParams
) -> Json[TemplateList]:
    """Templates, newest first."""
    limit, offset = query.limit, query.offset
    total, found = await ctx.templates.templates(caller.tenant, limit, offset)
    page = pagination(total, limit, offset)
    return Json(TemplateList(templates=[_view(template) for template in found], pagination=page))


@router.get(_PATH + "/{template_id}")
async def get_template(template_id: str, ctx: Ctx, caller: TournamentsRead) -> Json[TemplateAnswer]:
    """One template."""
    return Json(_view(await template_of(ctx, caller, template_id)))


@router.put(_PATH + "/{template_id}", openapi_extra=body_of(TemplateBody))
async def update_template(
    template_id: str, request: Request, ctx: Ctx, caller: TemplatesWrite
) -> Json[TemplateAnswer]:
    """Change the given fields for the tournaments to come; those that exist stay as they are. `recurrence`
    null ends the schedule."""
    template = await template_of(ctx, caller, template_id)
    body = await read_json(request)
    parse(body, TemplateBody).raise_faults(INVALID)
    merged = over_template(template, _normal(body))
    parsed = parse(merged | {k: v for k, v in body.items() if k == "recurrence"}, NewTemplateBody)
    rules, recurrence = _read(parsed, caller, room_offer(ctx, caller))
    now_ms, version = ctx.clock.now_ms(), template.version + 1
    changed = replace(template, body=dump(merged), rules=rules, version=version, updated_at_ms=now_ms)
    if "recurrence" in body and recurrence != template.recurrence:
        changed = replace(changed, recurrence=recurrence, next_start_ms=_first_start(recurrence, now_ms))
    await write_audit_entry(ctx, caller, "template.changed", template.id, _view(template), _view(changed))
    if not await ctx.templates.replace_template(changed, template.version):
        raise ApiError(DoorCode.CONFLICT, "The template was changed at the same time; read it again")
    return Json(_view(changed))


@router.delete(_PATH + "/{template_id}")
async def delete_template(template_id: str, ctx: Ctx, caller: TemplatesWrite) -> Json[DeletedTemplate]:
    """Remove a template and its schedule; tournaments made of it stay."""
    template = await template_of(ctx, caller, template_id)
    await write_audit_entry(ctx, caller, "template.removed", template.id, _view(template))
    await ctx.templates.remove_template(caller.tenant, template.id)
    return Json(DeletedTemplate(template_id=template.id, deleted=True))


@router.post("/api/tournaments/bulk", status_code=201, openapi_extra=body_of(BulkBody))
async def create_tournaments_in_bulk(request: Request, ctx: Ctx, caller: TournamentsWrite) -> Json[BulkResult]:
    """Create tournaments of a template, each with its own outcome: 201 when all were created, else 207. Counts
    as that many creates."""
    body = await read_json(request)
    parsed = parse(body, BulkBody)
    lines = parsed.values.get("schedule") or []
    most = REQUESTS_PER_MINUTE["create"] * caller.key.rate_factor
    if "schedule" in parsed.spelled and not 1 <= len(lines) <= min(most, LIST_PAGE_MAX):
        parsed.faults[parsed.path("schedule")] = f"Must have 1 to {min(most, LIST_PAGE_MAX)} tournaments"
    parsed.raise_faults()
    template = await template_of(ctx, caller, parsed.values["template_id"])
    if len(lines) > 1:
        await rate_limits.count(request, caller, len(lines) - 1)  # one was counted before anything was read
    results = [await _one(request, ctx, caller, template, line, n) for n, line in enumerate(lines)]
    created = sum(result.status == "created" for result in results)
    bulk = BulkResult(
        template_id=template.id,
        created=created,
        failed=len(results) - created,
        results=[flat(result) for result in results],
    )
    return Json(bulk, status_code=201 if created == len(results) else 207)


async def _one(
    request: Request, ctx: Context, caller: Caller, template: Template, line: Any, index: int
) -> BulkLine:
    try:
        if not isinstance(line, dict):
            raise invalid({f"schedule[{index}]": "Must be an object"})
        summary = await create(request, ctx, caller, over_template(template, line), index + 1)
    except ApiError as error:
        return BulkLine(index=index, status="failed", error=error.code, message=error.message, more=error.more)
    created = views.created(summary)
    return BulkLine(
        index=index,
        tournament_id=created.tournament_id,
        tournament_id_too=created.tournament_id_too,
        status="created",
        estimated_prize_pool=created.estimated_prize_pool,
        tournament=created.tournament,
        tournament_status=created.status,
    )
