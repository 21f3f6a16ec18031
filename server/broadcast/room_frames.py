"""Frames of a game room, built where they are sent."""

from collections.abc import Mapping
from typing import Any

import msgspec

from config.limits import ROOM_EVENTS_PER_FRAME_MAX
from server.broadcast import room_messages
from server.domain.rooms.inputs import Shown, Told
from server.domain.rooms.room import Room
from server.encoding.wire import dump

_ANSWERS = msgspec.msgpack.Decoder(list[bytes])


class _Head(msgspec.Struct):
    """What of an answer to a join matters to a front end."""

    type: str
    seat: int = 0


_HEAD = msgspec.json.Decoder(_Head)


def answers_in(value: bytes) -> list[bytes]:
    """The frames of an answered delivery."""
    return _ANSWERS.decode(value)


def seat_in(frame: bytes) -> int | None:
    """The seat that an answer to a join gives; None when it gives none."""
    head = _HEAD.decode(frame) if frame else None
    return head.seat if head is not None and head.type == "joined" else None


def events(epoch: int, seq: int, shown: list[Shown]) -> bytes:
    """What happened since the frame before. Of ordinary events only the newest fit; `left_out` says how many
    do not, and `room_state` has what they led to."""
    ordinary = [one for one in shown if not one.urgent]
    left_out = max(len(ordinary) - ROOM_EVENTS_PER_FRAME_MAX, 0)
    skipped = {id(one) for one in ordinary[:left_out]}
    told = [
        room_messages.RoomEvent(kind=one.kind, at_ms=one.at_ms, data=dict(one.data))
        for one in shown
        if id(one) not in skipped
    ]
    return dump(room_messages.RoomEvents(epoch=epoch, seq=seq, events=told, left_out=left_out))


def state(
    room: Room,
    room_id: str,
    epoch: int,
    seq: int,
    room_ms: int,
    seen: Mapping[str, Any],
    opens_ms: int | None = None,
) -> bytes:
    """The whole room as all may see it. `opens_ms` is when the beacon comes that it waits for."""
    return dump(
        room_messages.RoomState(
            room_id=room_id,
            game=room.slug,
            version=room.version,
            epoch=epoch,
            seq=seq,
            room_ms=room_ms,
            open=room.is_open,
            opens_ms=opens_ms,
            closed=room.closed,
            flight=room.flight,
            state=dict(seen),
        )
    )


def hand(room: Room, player: int, seen: Mapping[str, Any]) -> bytes:
    """The room as one player may see it."""
    purse = room.purses.get(player)
    return dump(
        room_messages.Hand(
            flight=room.flight,
            credits=0 if purse is None else purse.credits,
            stake=0 if purse is None else purse.stake,
            state=dict(seen),
        )
    )


def told(one: Told) -> bytes:
    """Something for one player."""
    return dump(room_messages.Told(kind=one.kind, data=dict(one.data)))


def refused(move_id: int | None, error: str, **detail: Any) -> bytes:
    """A move or a seat that a front end itself refuses: nothing of it is journaled."""
    return dump(room_messages.RefusedMove(id=move_id, error=error, stamp_ms=None, detail=detail))
