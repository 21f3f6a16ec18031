"""A body becomes a tournament: alone, from a template, or as one of many."""

from dataclasses import replace
from typing import Any

from fastapi import Request

from actors.requests import request_of
from api.context.context import Context
from api.context.key_cache import Caller
from api.http.body import Parsed, parse, spellings
from api.http.error_body import Error
from api.http.errors import ApiError, DoorCode
from api.rest.tournaments.requests import CreateBody
from api.rest.tournaments.room_mapping import RoomOffer
from api.rest.tournaments.rules_mapping import format_of, rule_fields, spelled
from api.tournaments.external_ids import external_id
from api.tournaments.lobby import in_lobby
from api.tournaments.owner_client import answer, command_id, identity
from server.domain.ids import TournamentId
from server.domain.tournament import commands
from server.domain.tournament.rules.checks import faults_of
from server.domain.tournament.summary import Summary
from server.encoding.wire import load
from server.ports import Template
from server.runtime.randomness import derived_id

INVALID = "Tournament configuration is invalid"


def read_create(body: Any, ctx: Context, caller: Caller) -> tuple[Parsed, dict[str, Any]]:
    """The rule fields of a create body. Raises `validation_failed` with every fault."""
    parsed = parse(body, CreateBody)
    now_ms = ctx.clock.now_ms()
    fields = rule_fields(parsed, caller.operator.currency, caller.operator.games, room_offer(ctx, caller))
    fields |= format_of(parsed, now_ms) if isinstance(body, dict) else {}
    parsed.faults = spelled(faults_of(fields, now_ms), parsed) | parsed.faults
    parsed.raise_faults(INVALID)
    return parsed, fields


async def create(request: Request, ctx: Context, caller: Caller, body: Any, nth: int = 0) -> Summary:
    """Create one tournament; `nth` tells those of one request apart."""
    parsed, fields = read_create(body, ctx, caller)
    new_id = _new_id(request, ctx, caller, nth)
    command = commands.Create(new_id, caller.tenant, in_lobby(fields, new_id))
    message = request_of(command, identity(request, ctx, caller, body))
    if nth:
        message = replace(message, command_id=derived_id(message.command_id, str(nth)))
    async with external_id(ctx, caller, fields.get("external_id"), new_id):
        reply = await ctx.directory.create(message)
        return answer(message, reply, None, lambda faults: spelled(faults, parsed)).summary


def room_offer(ctx: Context, caller: Caller) -> RoomOffer:
    """Which games this caller's tournaments may be played with here, and with which chance."""
    return RoomOffer(ctx.games, ctx.has_beacons, by_default=caller.tenant.live)


def _new_id(request: Request, ctx: Context, caller: Caller, nth: int) -> TournamentId:
    """A fresh id; the same one again for the same `Idempotency-Key`."""
    key = request.headers.get("idempotency-key")
    if key is None:
        return TournamentId(ctx.ids.tournament_id())
    parts = [command_id(caller, key), *([str(nth)] if nth else [])]
    return TournamentId(derived_id("tournament", *parts))


async def template_of(ctx: Context, caller: Caller, template_id: str) -> Template:
    """The caller's template, or 404."""
    found = await ctx.templates.template(caller.tenant, template_id)
    if found is None:
        message = f"Template with ID {template_id} not found"
        raise ApiError(DoorCode.TEMPLATE_NOT_FOUND, message, Error(template_id=template_id))
    return found


def over_template(template: Template, changes: dict[str, Any]) -> dict[str, Any]:
    """The template's body with the given fields instead of its own, whichever way they are spelled."""
    names = spellings(CreateBody)
    given = {names.get(key, key) for key in changes}
    inherited = {key: value for key, value in load(template.body).items() if key not in given}
    return inherited | changes
