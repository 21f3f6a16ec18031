"""`WS /ws/tournaments/{id}`: who is it, may it watch, run it."""

import asyncio
from dataclasses import dataclass

import msgspec
from fastapi import APIRouter, WebSocket, WebSocketDisconnect

from api.guests import player_of
from api.resources import Resources, of_socket
from api.ws import protocol
from api.ws.connection import Connection
from api.ws.protocol import Close
from config.limits import SOCKET_AUTH_TIMEOUT_S, SOCKET_MESSAGE_BYTES_MAX
from server.domain.tournament.summary import EntryRow, Summary
from server.ports import StoreUnavailable

router = APIRouter()


@dataclass(frozen=True, slots=True)
class _Guest:
    """Who came in: a player of the tournament, or somebody who may watch."""

    summary: Summary
    entry: EntryRow | None
    expires_at_s: int | None = None


class _Rejected(Exception):  # noqa: N818 - becomes a close code
    def __init__(self, code: Close) -> None:
        self.code = code


@router.websocket("/ws/tournaments/{tournament_id}")
async def watch_tournament(socket: WebSocket, tournament_id: str) -> None:
    """The live board of one tournament. Accepts first, because only an open socket can say why not."""
    await socket.accept()
    home = of_socket(socket)
    try:
        guest = await _admit(socket, home, tournament_id)
    except _Rejected as rejected:
        await socket.close(rejected.code)
        return
    except StoreUnavailable:
        await socket.close(Close.RECONNECT)
        return
    except WebSocketDisconnect:
        return
    channel = home.hub.channel(guest.summary.id)
    connection = Connection(socket, home, channel, guest.summary, guest.entry)
    connection.expires_at_s = guest.expires_at_s
    channel.join(connection)
    try:
        await connection.run(_resume(socket))
    finally:
        home.hub.leave(channel, connection)


def _resume(socket: WebSocket) -> tuple[int, int] | None:
    """`?resume=<epoch>:<seq>`; anything malformed is as good as none: a snapshot follows."""
    epoch, _, seq = socket.query_params.get("resume", "").partition(":")
    digits = epoch.isascii() and epoch.isdigit() and seq.isascii() and seq.isdigit()
    return (int(epoch), int(seq)) if digits and len(epoch) + len(seq) < 36 else None


async def _admit(socket: WebSocket, home: Resources, tournament_id: str) -> _Guest:
    if "spectate" in socket.query_params:
        summary = await home.listings.find_public(tournament_id)
        if summary is None:
            raise _Rejected(Close.NOT_FOUND)
        return _Guest(summary, None)
    text = await _credential(socket)
    if text.startswith("pk_"):
        return await _operator(socket, home, tournament_id, text)
    return await _player(socket, home, tournament_id, text)


async def _credential(socket: WebSocket) -> str:
    """Header, query, or a first frame within a few seconds."""
    scheme, _, token = socket.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token:
        return token.strip()
    if "token" in socket.query_params:
        return socket.query_params["token"]
    try:
        async with asyncio.timeout(SOCKET_AUTH_TIMEOUT_S):
            text = await socket.receive_text()
    except TimeoutError:
        raise _Rejected(Close.LOG_IN_AGAIN) from None
    try:
        message = protocol.CLIENT_MESSAGE.decode(text[:SOCKET_MESSAGE_BYTES_MAX])
    except (msgspec.DecodeError, UnicodeError):
        raise _Rejected(Close.BAD_FRAME) from None
    if message.type != "auth" or not message.token:
        raise _Rejected(Close.LOG_IN_AGAIN)
    return message.token


async def _operator(socket: WebSocket, home: Resources, tournament_id: str, text: str) -> _Guest:
    caller = await home.keyring.caller(text)
    if caller is None:
        raise _Rejected(Close.LOG_IN_AGAIN)
    if "results.read" not in caller.key.permissions:
        raise _Rejected(Close.FORBIDDEN)
    summary = await home.listings.find(caller.tenant, tournament_id)
    if summary is None:
        raise _Rejected(Close.NOT_FOUND)
    return _Guest(summary, None)


async def _player(socket: WebSocket, home: Resources, tournament_id: str, token: str) -> _Guest:
    guest = await player_of(home, token)
    if guest is None:
        raise _Rejected(Close.LOG_IN_AGAIN)
    if guest.summary.id != tournament_id or guest.entry.removed:
        raise _Rejected(Close.FORBIDDEN)
    await _check_origin(socket, home, guest.summary.tenant.operator_id)
    return _Guest(guest.summary, guest.entry, guest.expires_at_s)


async def _check_origin(socket: WebSocket, home: Resources, operator_id: str) -> None:
    """A browser says where its page is from; an operator with a list accepts only what is on it."""
    origin = socket.headers.get("origin")
    operator = await home.operators.operator(operator_id)
    if origin is None or operator is None or not operator.origins:
        return
    if origin not in operator.origins:
        raise _Rejected(Close.FORBIDDEN)
