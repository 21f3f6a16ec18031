"""Who comes in by the player socket: a player of the tournament, an operator, or a spectator."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote

import msgspec
from websockets.http11 import Request

from api.access.cors import is_own
from api.access.credentials import bearer, is_key
from api.context.context import Context
from api.http.client_address import ClientAddresses, forwarded
from api.http.errors import ApiError
from api.tournaments.viewers import player_of
from api.ws import messages
from api.ws.messages import Close
from config.limits import SOCKET_AUTH_TIMEOUT_S
from server.access.keys import allows
from server.domain.tournament.summary import EntryRow, Summary


@dataclass(frozen=True, slots=True)
class Handshake:
    """What a client came with. `first` waits for its first message."""

    tournament_id: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    address: str | None
    first: Callable[[], Awaitable[bytes]]


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who came in, and by what: a token with its end (seconds since 1970) and generation, or a key."""

    summary: Summary
    entry: EntryRow | None
    expires_at_s: int | None = None
    generation: int = 0
    key_text: str | None = None


class Rejected(Exception):  # noqa: N818 - becomes a close code
    """Not to be let in."""

    def __init__(self, code: Close) -> None:
        self.code = code


def handshake_of(
    request: Request,
    transport: asyncio.Transport,
    addresses: ClientAddresses,
    first: Callable[[], Awaitable[bytes]],
) -> Handshake:
    """What a handshake says."""
    path, _, query = request.path.partition("?")
    peer = transport.get_extra_info("peername")
    headers = {name.lower(): value for name, value in request.headers.raw_items()}
    return Handshake(
        tournament_id=unquote(path.rpartition("/")[2]),
        headers=headers,
        query=dict(parse_qsl(query, keep_blank_values=True)),
        address=addresses.address(
            peer[0] if isinstance(peer, tuple) else None,
            forwarded(request.headers.get_all("x-forwarded-for")),
        ),
        first=first,
    )


async def admit(ctx: Context, handshake: Handshake) -> Viewer:
    """The viewer. Raises `Rejected`; `StoreUnavailable` where it cannot be looked up."""
    try:
        ctx.stranger_limits.count(handshake.address)
    except ApiError:
        raise Rejected(Close.TOO_MANY) from None
    text = None if "spectate" in handshake.query else await _credential(handshake)
    if text is None:
        viewer = await _watcher(ctx, handshake)
    else:
        async with ctx.stranger_limits.turn():  # it looks things up; the client had its time before
            viewer = await (_operator if is_key(text) else _player)(ctx, handshake, text)
    await _check_origin(ctx, handshake, viewer.summary.tenant.operator_id)
    ctx.stranger_limits.welcome(handshake.address)
    return viewer


async def _watcher(ctx: Context, handshake: Handshake) -> Viewer:
    summary = await ctx.public_look.find(handshake.tournament_id)
    if summary is None:
        raise Rejected(Close.NOT_FOUND)
    return Viewer(summary, None)


async def _credential(handshake: Handshake) -> str:
    """Header, query, or a first frame within a few seconds."""
    if (token := bearer(handshake.headers)) is not None:
        return token
    token = handshake.query.get("token")
    if token is not None and not is_key(token):
        # Only a player's: it ends soon, while keys would stay in the logs of strange proxies.
        return token
    if token is not None:
        raise Rejected(Close.LOG_IN_AGAIN)
    try:
        async with asyncio.timeout(SOCKET_AUTH_TIMEOUT_S):
            message = messages.CLIENT_MESSAGE.decode(await handshake.first())
    except TimeoutError:
        raise Rejected(Close.LOG_IN_AGAIN) from None
    except (msgspec.DecodeError, UnicodeError):
        raise Rejected(Close.BAD_FRAME) from None
    if message.type != "auth" or not message.token:
        raise Rejected(Close.LOG_IN_AGAIN)
    return message.token


async def _operator(ctx: Context, handshake: Handshake, text: str) -> Viewer:
    caller = await ctx.key_cache.caller(text)
    if caller is None:
        raise Rejected(Close.LOG_IN_AGAIN)
    if "results.read" not in caller.key.permissions or not allows(caller.key, handshake.address):
        raise Rejected(Close.FORBIDDEN)
    summary = await ctx.listings.find(caller.tenant, handshake.tournament_id)
    if summary is None:
        raise Rejected(Close.NOT_FOUND)
    return Viewer(summary, None, key_text=text)


async def _player(ctx: Context, handshake: Handshake, token: str) -> Viewer:
    found = await player_of(ctx, token)
    if found is None:
        raise Rejected(Close.LOG_IN_AGAIN)
    if found.summary.id != handshake.tournament_id or found.entry.removed:
        raise Rejected(Close.FORBIDDEN)
    return Viewer(found.summary, found.entry, found.expires_at_s, found.generation)


async def _check_origin(ctx: Context, handshake: Handshake, operator_id: str) -> None:
    """A browser says where its page is from; an operator with a list accepts only what is on it."""
    origin = handshake.headers.get("origin")
    if origin is None:
        return
    if is_own(origin, handshake.headers.get("host"), ctx.public_url):
        return
    operator = await ctx.operator_look.find(operator_id)
    if operator is not None and operator.origins and origin not in operator.origins:
        raise Rejected(Close.FORBIDDEN)
