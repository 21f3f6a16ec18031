"""Who comes in by the player socket: a player of the tournament, or somebody who may watch."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote

import msgspec
from websockets.http11 import Request

from api.access.credentials import bearer
from api.context.context import Resources
from api.http.client_address import Doorman, forwarded
from api.http.errors import ApiError
from api.tournaments.viewers import player_of
from api.ws import messages
from api.ws.messages import Close
from config.limits import SOCKET_AUTH_TIMEOUT_S
from server.access.keys import allows
from server.domain.tournament.summary import EntryRow, Summary


@dataclass(frozen=True, slots=True)
class Knock:
    """What a client came with. `first` waits for its first message."""

    tournament_id: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    address: str | None
    first: Callable[[], Awaitable[bytes]]


@dataclass(frozen=True, slots=True)
class Guest:
    """Who came in, and when the token ends (seconds since 1970), or with which key."""

    summary: Summary
    entry: EntryRow | None
    expires_at_s: int | None = None
    key_text: str | None = None


class Rejected(Exception):  # noqa: N818 - becomes a close code
    """Not to be let in."""

    def __init__(self, code: Close) -> None:
        self.code = code


def knock_of(
    request: Request,
    transport: asyncio.Transport,
    doorman: Doorman,
    first: Callable[[], Awaitable[bytes]],
) -> Knock:
    """What a handshake says."""
    path, _, query = request.path.partition("?")
    peer = transport.get_extra_info("peername")
    headers = {name.lower(): value for name, value in request.headers.raw_items()}
    return Knock(
        tournament_id=unquote(path.rpartition("/")[2]),
        headers=headers,
        query=dict(parse_qsl(query, keep_blank_values=True)),
        address=doorman.address(
            peer[0] if isinstance(peer, tuple) else None,
            forwarded(request.headers.get_all("x-forwarded-for")),
        ),
        first=first,
    )


async def admit(home: Resources, knock: Knock) -> Guest:
    """The guest. Raises `Rejected`; `StoreUnavailable` where it cannot be looked up."""
    try:
        home.strangers.knock(knock.address)
    except ApiError:
        raise Rejected(Close.TOO_MANY) from None
    text = None if "spectate" in knock.query else await _credential(knock)
    async with home.strangers.turn():  # it looks things up; the client had its time before
        guest = await _guest(home, knock, text)
    home.strangers.welcome(knock.address)
    return guest


async def _guest(home: Resources, knock: Knock, text: str | None) -> Guest:
    if text is None:
        summary = await home.listings.find_public(knock.tournament_id)
        if summary is None:
            raise Rejected(Close.NOT_FOUND)
        guest = Guest(summary, None)
    else:
        guest = await (_operator if text.startswith("pk_") else _player)(home, knock, text)
    await _check_origin(home, knock, guest.summary.tenant.operator_id)
    return guest


async def _credential(knock: Knock) -> str:
    """Header, query, or a first frame within a few seconds."""
    if (token := bearer(knock.headers)) is not None:
        return token
    token = knock.query.get("token")
    if token is not None and not token.startswith("pk_"):
        # Only a player's: it ends soon, while keys would stay in the logs of strange proxies.
        return token
    if token is not None:
        raise Rejected(Close.LOG_IN_AGAIN)
    try:
        async with asyncio.timeout(SOCKET_AUTH_TIMEOUT_S):
            message = messages.CLIENT_MESSAGE.decode(await knock.first())
    except TimeoutError:
        raise Rejected(Close.LOG_IN_AGAIN) from None
    except (msgspec.DecodeError, UnicodeError):
        raise Rejected(Close.BAD_FRAME) from None
    if message.type != "auth" or not message.token:
        raise Rejected(Close.LOG_IN_AGAIN)
    return message.token


async def _operator(home: Resources, knock: Knock, text: str) -> Guest:
    caller = await home.keyring.caller(text)
    if caller is None:
        raise Rejected(Close.LOG_IN_AGAIN)
    if "results.read" not in caller.key.permissions or not allows(caller.key, knock.address):
        raise Rejected(Close.FORBIDDEN)
    summary = await home.listings.find(caller.tenant, knock.tournament_id)
    if summary is None:
        raise Rejected(Close.NOT_FOUND)
    return Guest(summary, None, key_text=text)


async def _player(home: Resources, knock: Knock, token: str) -> Guest:
    found = await player_of(home, token)
    if found is None:
        raise Rejected(Close.LOG_IN_AGAIN)
    if found.summary.id != knock.tournament_id or found.entry.removed:
        raise Rejected(Close.FORBIDDEN)
    return Guest(found.summary, found.entry, found.expires_at_s)


async def _check_origin(home: Resources, knock: Knock, operator_id: str) -> None:
    """A browser says where its page is from; an operator with a list accepts only what is on it."""
    origin = knock.headers.get("origin")
    if origin is None:
        return
    operator = await home.operators.operator(operator_id)
    if operator is not None and operator.origins and origin not in operator.origins:
        raise Rejected(Close.FORBIDDEN)
