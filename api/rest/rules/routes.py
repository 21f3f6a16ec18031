"""The rules of a tournament for players to read: before paying, and years later as they were accepted."""

from typing import Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request

from api.access.credentials import credential_of
from api.access.dependencies import Home
from api.access.idempotency import OnceRoute
from api.context.context import Resources
from api.http.errors import ApiError, DoorCode
from api.http.json_response import Json
from api.http.query import Query
from api.tournaments import views
from api.tournaments.viewers import reader
from server.domain.tournament.summary import Summary
from server.encoding.wire import instant
from server.encoding.zones import zone_named
from server.ports import RuleChange
from server.reports.rules_text import hash_of, sections_of

router = APIRouter(route_class=OnceRoute, prefix="/api/tournaments/{tournament_id}", tags=["Rules"])


@router.get("/rules")
async def get_rules(tournament_id: str, request: Request, home: Home) -> Json:
    """The rules in words, generated from the configuration that decides. `version` asks for an older one;
    a player reads the one that the entry was sold under. Times are told in `timeZone` (IANA), else in the
    operator's. Public tournaments need no credential."""
    summary, accepted = await _asked(request, home, tournament_id)
    changes = await home.listings.rule_changes(summary.tenant, tournament_id)
    by_version = {change.rules.rules_version: change for change in changes}
    with Query(request, "version", "timeZone") as query:
        version = query.whole("version", accepted or summary.rules.rules_version, 1, 10**6)
        zone = await _zone(query, home, summary)
    if version not in by_version:
        raise ApiError(DoorCode.NOT_FOUND, f"There is no version {version} of these rules")
    return Json(_document(summary, by_version[version], changes, zone))


async def _zone(query: Query, home: Resources, summary: Summary) -> ZoneInfo:
    """The zone that the reader names, else the operator's."""
    name = query.text("timeZone")
    if name is None:
        operator = await home.operators.operator(summary.tenant.operator_id)
        name = "UTC" if operator is None else operator.timezone
    zone = zone_named(name)
    if zone is None:
        query.faults["timeZone"] = "Must be an IANA time zone such as Europe/London"
    return zone or ZoneInfo("UTC")


async def _asked(request: Request, home: Resources, tournament_id: str) -> tuple[Summary, int | None]:
    """The tournament, and the version that the asking player accepted."""
    if credential_of(request.headers) is None:
        summary = await home.listings.find_public(tournament_id)
        if summary is not None:
            return summary, None
    summary, entry = await reader(request, home, tournament_id, "tournaments.read")
    return summary, None if entry is None else entry.rules_version


def _document(
    summary: Summary, change: RuleChange, changes: list[RuleChange], zone: ZoneInfo
) -> dict[str, Any]:
    rules = change.rules
    return {
        "tournamentId": summary.id,
        "name": rules.name,
        "version": rules.rules_version,
        "currentVersion": summary.rules.rules_version,
        "hash": hash_of(rules),
        "validFrom": instant(change.at_ms),
        "language": "en",
        "timeZone": str(zone),
        "sections": [
            {"title": section.title, "lines": list(section.lines)} for section in sections_of(rules, zone)
        ],
        "changes": [
            {
                "version": one.rules.rules_version,
                "at": instant(one.at_ms),
                "changed": views.spelled_fields(one.changed),
                "hash": hash_of(one.rules),
            }
            for one in changes
        ],
    }
