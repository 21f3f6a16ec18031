"""Requests with an `Idempotency-Key`: one effect, one answer, however often they are repeated.

The first one claims its key and answers; twins wait for that answer; later ones get it from the store. What
the owner of a tournament has done for the key it never does again (`owner_client.command_id`), so a front end
that dies between effect and answer costs nothing: the next one claims the key and gets the first result.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from hashlib import sha256
from typing import Any

from fastapi import Request
from fastapi.responses import Response
from fastapi.routing import APIRoute

from api.access.dependencies import Needs, authenticate
from api.context.context import Context, of
from api.context.kept_tokens import whole
from api.context.key_cache import Caller
from api.context.player_tokens import Tokens
from api.http.body import beside, read_bytes
from api.http.errors import ApiError, invalid
from api.http.json_response import Json
from api.http.path_segments import named
from api.http.typed_route import TypedRoute
from config.door_limits import IDEMPOTENCY_KEY_CHARS_MAX
from config.limits import CLAIM_HOLD_EVERY_S, CLAIM_POLL_S
from server.domain.refusal import Code
from server.ports import GivenAnswer, StoreUnavailable

Handler = Callable[[Request], Awaitable[Response]]
_WRITES = {"POST", "PUT", "DELETE"}
# A caller that was refused for its key or its rate may come again with the same Idempotency-Key.
_PASSING = {401, 403, 429}


class OnceRoute(TypedRoute):
    """A route whose writes honour `Idempotency-Key`, and whose path parameters may hold slashes."""

    def get_route_handler(self) -> Callable[[Request], Any]:
        handler = super().get_route_handler()
        needs = needs_of(self)

        async def once(request: Request) -> Response:
            named(request.scope["path_params"])
            return await answer_once(request, needs, handler)

        return once


def needs_of(route: APIRoute) -> list[Needs]:
    """What the dependencies of a route ask of a key."""
    return [one.call for one in route.dependant.dependencies if isinstance(one.call, Needs)]


async def answer_once(request: Request, needs: Sequence[Needs], handler: Handler) -> Response:
    """The handler's answer; with an `Idempotency-Key` a repetition gets the first one again."""
    key = request.headers.get("idempotency-key")
    if key is None or request.method not in _WRITES:
        return await handler(request)
    caller = await authenticate(request)
    for need in needs:
        need.check(caller)  # also for an answer that was given before
    if not 1 <= len(key) <= IDEMPOTENCY_KEY_CHARS_MAX:
        raise invalid({"Idempotency-Key": f"Must have 1 to {IDEMPOTENCY_KEY_CHARS_MAX} characters"})
    return await _answered_once(request, of(request), caller, key, handler)


async def _answered_once(
    request: Request, ctx: Context, caller: Caller, key: str, handler: Handler
) -> Response:
    # Read here, so that the handler reads it from memory.
    request._body = body = await read_bytes(request)
    digest = await beside(len(body), _digest, request, body)
    while True:
        claim = await ctx.requests.claim(caller.tenant, key, digest, ctx.clock.now_ms())
        if claim.request_hash != digest:
            message = "This Idempotency-Key was used with another request"
            raise ApiError(Code.IDEMPOTENCY_KEY_REUSED, message)
        if claim.given is not None:
            return _replayed(claim.given, ctx.tokens)
        if claim.mine:
            holding = asyncio.create_task(_hold(ctx, caller, key))
            try:
                return await _answer(request, ctx, caller, key, digest, handler)
            finally:
                holding.cancel()
        await ctx.clock.sleep(CLAIM_POLL_S)


async def _hold(ctx: Context, caller: Caller, key: str) -> None:
    """While the answer is worked on, no other request begins."""
    while True:
        await ctx.clock.sleep(CLAIM_HOLD_EVERY_S)
        with suppress(StoreUnavailable):
            await ctx.requests.hold(caller.tenant, key, ctx.clock.now_ms())


async def _answer(
    request: Request, ctx: Context, caller: Caller, key: str, digest: bytes, handler: Handler
) -> Response:
    """Answer the claimed request; what may be different next time is not kept."""
    try:
        response = await handler(request)
    except ApiError as error:
        if error.status >= 500 or error.status in _PASSING:
            await ctx.requests.release(caller.tenant, key)
            raise
        request.state.error = error.code
        response = Json(error.body(request.state.request_id), error.status, error.headers())
    except BaseException:
        await ctx.requests.release(caller.tenant, key)
        raise
    # What must not be kept, a secret, is not kept: the route says what is instead.
    body = getattr(request.state, "kept_body", None) or bytes(response.body)
    given = GivenAnswer(digest, response.status_code, body)
    await ctx.requests.keep(caller.tenant, key, given)
    return response


def _replayed(given: GivenAnswer, tokens: Tokens) -> Response:
    headers = {"Idempotent-Replayed": "true"}
    return Response(whole(given.body, tokens), given.status, headers, media_type="application/json")


def _digest(request: Request, body: bytes) -> bytes:
    """Method, path and content; how the JSON is laid out does not matter."""
    try:
        content = json.dumps(json.loads(body), sort_keys=True) if body.strip() else ""
    except (ValueError, RecursionError):
        content = body.hex()
    text = "\n".join((request.method, request.url.path, request.url.query, content))
    return sha256(text.encode()).digest()
