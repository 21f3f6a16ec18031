"""What travels on the player socket beside the board's frames, and why it closes."""

from enum import IntEnum
from typing import Any, Final

import msgspec

from actors.replies import BoardAnswer, Place
from api.tournaments.views import (
    end_time,
    registration_status,
    room_id,
    room_status,
    rounds_of,
    start_time,
)
from api.tournaments.views_people import public_row
from server.domain.money import points_or_none, points_to_decimal, to_decimal
from server.domain.tournament.lifecycle import Status
from server.domain.tournament.money.sale_rules import why_no_rebuy
from server.domain.tournament.summary import EntryRow, Summary
from server.encoding.wire import dump, instant

PROTOCOL_VERSION: Final = 1


class Close(IntEnum):
    """Close codes: 4408 says reconnect, the others say what is wrong."""

    BAD_FRAME = 4400
    LOG_IN_AGAIN = 4401
    FORBIDDEN = 4403
    NOT_FOUND = 4404
    RECONNECT = 4408
    TOURNAMENT_OVER = 4410
    TOO_MANY = 4429


class ClientMessage(msgspec.Struct, forbid_unknown_fields=True):
    """What a client may send: `auth` (first, or to renew), `ping`, `around`."""

    type: str
    token: str | None = None
    above: int = 20
    below: int = 20


CLIENT_MESSAGE = msgspec.json.Decoder(ClientMessage)


def welcome(summary: Summary, entry: EntryRow | None, now_ms: int, position: tuple[int, int]) -> bytes:
    """First, always: where we are, what this client may do and why not, where to resume."""
    rules = summary.rules
    epoch, seq = position
    return dump(
        {
            "type": "welcome",
            "protocol": PROTOCOL_VERSION,
            "serverTime": instant(now_ms),
            "tournamentId": summary.id,
            "name": rules.name,
            "status": summary.status.value,
            "rulesVersion": rules.rules_version,
            "round": rounds_of(summary),
            "roomId": room_id(summary.id),
            "startTime": start_time(summary),
            "endsAt": end_time(summary),
            "me": None if entry is None else _me(entry),
            "can": {
                "play": _may_play(summary, entry),
                "register": _may_register(summary, entry, now_ms),
                "rebuy": _may_rebuy(summary, entry, now_ms),
            },
            "resume": {"epoch": epoch, "seq": seq},
        }
    )


def _me(entry: EntryRow) -> dict[str, Any]:
    return {
        "playerId": entry.player_id,
        "internalPlayerId": entry.internal_player_id,
        "displayName": entry.display_name,
    }


def _flag(reason: str | None) -> dict[str, Any]:
    return {"allowed": reason is None, "reason": reason}


def _may_play(summary: Summary, entry: EntryRow | None) -> dict[str, Any]:
    if entry is None:
        return _flag("spectator")
    if entry.removed:
        return _flag("disqualified" if entry.disqualified else "removed")
    if entry.eliminated_round is not None:
        return _flag("eliminated")
    return _flag(None if summary.status is Status.IN_PROGRESS else f"tournament_{summary.status}")


def _may_register(summary: Summary, entry: EntryRow | None, now_ms: int) -> dict[str, Any]:
    if entry is not None and not entry.removed:
        return _flag("already_registered")
    registration = registration_status(summary, now_ms)
    return _flag(None if registration == "open" else f"registration_{registration}")


def _may_rebuy(summary: Summary, entry: EntryRow | None, now_ms: int) -> dict[str, Any]:
    """By the rule that refuses the sale itself."""
    if entry is None:
        return _flag("not_playing")
    why = why_no_rebuy(summary, entry, now_ms)
    return _flag(None if why is None else why.rule)


def me(place: Place, before: Place | None, summary: Summary, now_ms: int) -> bytes:
    """Where this player stands, and what moved since the last `me`."""
    moved = 0 if before is None else before.position - place.position
    gap = place.to_next_prize
    return dump(
        {
            "type": "me",
            "serverTime": instant(now_ms),
            "position": place.position,
            "rank": place.rank,
            "points": points_to_decimal(place.points),
            "moved": moved,
            "pointsMoved": points_to_decimal(0 if before is None else place.points - before.points),
            "pointsToNextPrize": points_or_none(gap),
            "prize": to_decimal(place.prize_minor, summary.rules.currency_places),
        }
    )


def payouts(place: Place, summary: Summary, now_ms: int) -> bytes:
    """What is owed to this player, and what became of it."""
    places = summary.rules.currency_places
    lines = [
        {
            "kind": line.kind,
            "amount": to_decimal(line.amount_minor, places) if line.code is None else None,
            "tender": line.tender or None,
            "code": line.code,
            "quantity": line.quantity if line.code is not None else None,
            "state": line.state,
        }
        for line in place.payouts
    ]
    told = {"serverTime": instant(now_ms), "currency": summary.rules.currency, "payouts": lines}
    return dump({"type": "payouts"} | told)


def around(board: BoardAnswer, now_ms: int) -> bytes:
    """The rows about this player, as asked for."""
    rows = [public_row(row) for row in board.rows]
    return dump({"type": "around", "serverTime": instant(now_ms), "total": board.total, "rows": rows})


def room(tournament_id: str, status: str, connections: int) -> bytes:
    """The game room: waiting, active or closed, and how many sockets are in it on all front ends."""
    return dump(
        {
            "type": "room",
            "roomId": room_id(tournament_id),
            "status": room_status(Status(status)),
            "activeConnections": connections,
        }
    )


def eliminated(place: Place, now_ms: int) -> bytes:
    """Told to the player who is out. Not a frame of the board: it has no `seq`."""
    told = {"event": "eliminated", "serverTime": instant(now_ms), "round": place.eliminated_round}
    return dump({"type": "lifecycle"} | told)


def gone(why: str, now_ms: int) -> bytes:
    """Told to a player who was removed or disqualified; the socket closes. Without `seq`, too."""
    return dump({"type": "lifecycle", "event": why, "serverTime": instant(now_ms)})


def maintenance(now_ms: int) -> bytes:
    """This front end is about to stop; another will take the socket."""
    return dump({"type": "lifecycle", "event": "maintenance", "serverTime": instant(now_ms)})


def pong(now_ms: int) -> bytes:
    """Answer to a ping, for clients that keep our time."""
    return dump({"type": "pong", "serverTime": instant(now_ms)})


def renewed() -> bytes:
    """Answer to an `auth` that was good."""
    return dump({"type": "auth", "renewed": True})


def error(code: str, message: str) -> bytes:
    """A typed error that does not close the socket."""
    return dump({"type": "error", "error": code, "message": message})
