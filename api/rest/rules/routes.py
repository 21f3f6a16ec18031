"""The rules of a tournament for players to read: before paying, and years later as they were accepted."""

from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request

from api.access.credentials import credential_of
from api.access.dependencies import Ctx
from api.access.idempotency import OnceRoute
from api.answers import views
from api.context.context import Context
from api.http.errors import ApiError, DoorCode
from api.http.json_response import Json
from api.rest.rules.requests import RulesParams
from api.rest.rules.responses import RulesChange, RulesSection, RulesText
from api.tournaments.viewers import reader
from server.domain.tournament.summary import Summary
from server.encoding.wire import instant
from server.encoding.zones import zone_named
from server.ports import RuleChange
from server.reports.rules_text import hash_of, sections_of

router = APIRouter(route_class=OnceRoute, prefix="/api/tournaments/{tournament_id}", tags=["Rules"])


@router.get("/rules")
async def get_rules(tournament_id: str, request: Request, ctx: Ctx, query: RulesParams) -> Json[RulesText]:
    """The rules in words, generated from the configuration that decides. `version` asks for an older one;
    a player reads the one that the entry was sold under. Times are told in `timeZone` (IANA), else in the
    operator's. Public tournaments need no credential."""
    summary, accepted = await _asked(request, ctx, tournament_id)
    changes = await ctx.listings.rule_changes(summary.tenant, tournament_id)
    by_version = {change.rules.rules_version: change for change in changes}
    version = query.version or accepted or summary.rules.rules_version
    zone = query.time_zone or await _operators_zone(ctx, summary)
    if version not in by_version:
        raise ApiError(DoorCode.NOT_FOUND, f"There is no version {version} of these rules")
    return Json(_document(summary, by_version[version], changes, zone))


async def _operators_zone(ctx: Context, summary: Summary) -> ZoneInfo:
    operator = await ctx.operators.operator(summary.tenant.operator_id)
    return (None if operator is None else zone_named(operator.timezone)) or ZoneInfo("UTC")


async def _asked(request: Request, ctx: Context, tournament_id: str) -> tuple[Summary, int | None]:
    """The tournament, and the version that the asking player accepted."""
    if credential_of(request.headers) is None:
        summary = await ctx.listings.find_public(tournament_id)
        if summary is not None:
            request.state.shown_of = summary.tenant.operator_id
            return summary, None
    summary, entry = await reader(request, ctx, tournament_id, "tournaments.read")
    return summary, None if entry is None else entry.rules_version


def _document(summary: Summary, change: RuleChange, changes: list[RuleChange], zone: ZoneInfo) -> RulesText:
    rules = change.rules
    return RulesText(
        tournament_id=summary.id,
        name=rules.name,
        version=rules.rules_version,
        current_version=summary.rules.rules_version,
        hash=hash_of(rules),
        valid_from=instant(change.at_ms),
        language="en",
        time_zone=str(zone),
        sections=[
            RulesSection(title=section.title, lines=list(section.lines))
            for section in sections_of(rules, zone)
        ],
        changes=[
            RulesChange(
                version=one.rules.rules_version,
                at=instant(one.at_ms),
                changed=views.spelled_fields(one.changed),
                hash=hash_of(one.rules),
            )
            for one in changes
        ],
    )
