"""Asking a tournament's owner on behalf of a caller: identity in, HTTP-able answer out."""

import json
from collections.abc import Callable
from hashlib import sha256
from typing import Any, TypeVar, assert_never, cast

import structlog
from fastapi import Request as HttpRequest
from msgspec import UNSET

from actors.replies import Done, Failed, Refused, Reply, Unavailable
from actors.requests import CommandRequest, Identity, Message, Request
from api.answers.fact_answers import STATUS_OF, FactLine
from api.context.context import Context
from api.context.key_cache import Caller
from api.http.error_body import Error
from api.http.errors import ApiError, DoorCode, tournament_not_found
from api.tournaments.fact_decoder import Given
from server.domain.money import to_decimal
from server.domain.refusal import Code
from server.domain.scoring.fact import Fact
from server.domain.tournament.summary import Summary
from server.encoding.wire import instant
from server.runtime.randomness import derived_id

log = structlog.get_logger("api")
A = TypeVar("A")
Spell = Callable[[dict[str, str]], dict[str, str]]
_UNAVAILABLE = "The tournament cannot be reached right now; try again"


async def find(ctx: Context, caller: Caller, tournament_id: str) -> Summary:
    """The caller's tournament, or 404: missing and foreign alike."""
    return _found(await ctx.listings.find(caller.tenant, tournament_id), tournament_id)


async def find_known(ctx: Context, caller: Caller, tournament_id: str) -> Summary:
    """As `find`, up to a second old: for the hot routes, which get the truth from the owner."""
    return _found(await ctx.summary_cache.find(caller.tenant, tournament_id), tournament_id)


def _found(summary: Summary | None, tournament_id: str) -> Summary:
    if summary is None:
        raise tournament_not_found(tournament_id)
    return summary


def identity(request: HttpRequest, ctx: Context, caller: Caller, body: Any) -> Identity:
    """The identity of the command in a request. With an `Idempotency-Key` a repetition has the same one."""
    key = request.headers.get("idempotency-key")
    if key is None:
        return Identity(ctx.ids.command_id(), caller.name)
    content = json.dumps([request.method, request.url.path, body], sort_keys=True, default=str)
    return Identity(command_id(caller, key), caller.name, sha256(content.encode()).digest())


def command_id(caller: Caller, key: str) -> str:
    """One `Idempotency-Key` of one operator, live or test."""
    return derived_id("command", caller.tenant.operator_id, str(caller.tenant.live), key)


async def ask(ctx: Context, summary: Summary, request: Request[A], spell: Spell | None = None) -> A:
    """The owner's answer; refusals and outages as `ApiError`."""
    reply = await ctx.directory.ask(summary.id, cast(Message, request))  # `Message` lists all requests
    if isinstance(request, CommandRequest):
        ctx.boards.forget(summary.id)
    return answer(request, reply, summary, spell)


async def report(ctx: Context, summary: Summary, given: Given, *, ordered: bool = False) -> list[FactLine]:
    """What became of each fact, once the accepted ones are durable; refusals and outages as `ApiError`.
    `ordered` as in `FactBatcher.send`."""
    facts = [one for one in given if isinstance(one, Fact)]
    outcomes = await ctx.fact_batcher.send(summary.id, facts, ordered=ordered) if facts else []
    ctx.boards.forget(summary.id)
    if not isinstance(outcomes, list):
        raise error_of(outcomes, summary)
    each = iter(outcomes)
    return [
        FactLine(event_id=one.event_id, status=STATUS_OF[next(each)])
        if isinstance(one, Fact)
        else FactLine(event_id=one.event_id, status="invalid", details=one.details)
        for one in given
    ]


def answer(request: Request[A], reply: Reply, summary: Summary | None, spell: Spell | None = None) -> A:
    """What was answered, or an `ApiError`. `spell` tells faults in the caller's spelling."""
    if isinstance(reply, Done):
        return request.answer(reply)
    raise error_of(reply, summary, spell)


def error_of(
    reply: Refused | Failed | Unavailable, summary: Summary | None, spell: Spell | None = None
) -> ApiError:
    """A reply that is no answer."""
    match reply:
        case Refused():
            return _refusal(reply, summary, spell)
        case Failed(reason):
            log.error("owner_answered_failed", reason=reason, tournament=summary and summary.id)
            return ApiError(DoorCode.INTERNAL_ERROR, "Something went wrong on our side; nothing has changed")
        case Unavailable():
            return ApiError(DoorCode.SERVICE_UNAVAILABLE, _UNAVAILABLE)
    assert_never(reply)


def _refusal(reply: Refused, summary: Summary | None, spell: Spell | None) -> ApiError:
    faults = reply.detail.get("fields")
    if faults is not None:
        return ApiError(reply.code, reply.message, Error(details=spell(faults) if spell else faults))
    if reply.code == Code.TOURNAMENT_NOT_FOUND and summary is not None:
        return tournament_not_found(summary.id)
    places = 2 if summary is None else summary.rules.currency_places
    fields = Error(**dict(_published(name, value, places) for name, value in reply.detail.items()))
    fields.tournament_id = UNSET if summary is None else summary.id
    return ApiError(reply.code, reply.message, fields)


def _published(name: str, value: Any, places: int) -> tuple[str, Any]:
    """A field of a refusal as the field of an error: amounts as decimals, instants as RFC 3339."""
    if name.endswith("_minor"):
        return name.removesuffix("_minor"), None if value is None else to_decimal(value, places)
    if name.endswith("_ms"):
        return name.removesuffix("_ms"), None if value is None else instant(value)
    return name, value
