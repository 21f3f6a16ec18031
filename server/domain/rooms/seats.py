"""Who sits where: one active seat a player. The newest one wins, by its stamp; the older one is told."""

from typing import NamedTuple

from server.domain.rooms.arguments import Refused
from server.domain.rooms.inputs import Input, Unseated
from server.domain.rooms.refusals import RoomCode
from server.domain.rooms.room import Answered, Room, Seat


class Taken(NamedTuple):
    """A seat that was taken; `is_new` unless the player comes back to it."""

    seat: Seat
    is_new: bool
    unseated: Unseated | None


def take(room: Room, one: Input) -> Taken:
    """Seat a player. Raises `Refused` with `room_waiting`, `room_closed`, `not_entered`, `eliminated`,
    `removed`, `disqualified` or `seat_taken_elsewhere`."""
    refuse_unless_playing(room, one.player)
    before = room.seats.get(one.player)
    if before is not None and before.away_us is None and before.since_us > one.stamp_us:
        raise Refused(RoomCode.SEAT_TAKEN_ELSEWHERE)
    is_back = before is not None and one.seat == before.number
    if before is not None and is_back:
        number = before.number
    else:
        room.seats_given += 1
        if (former := room.answered.get(one.player)) is not None:
            room.former[one.player] = former
        number = room.seats_given
        room.answered[one.player] = Answered(number)
    seat = Seat(number, one.front_end, one.amount, one.connection, one.stamp_us)
    room.seats[one.player] = seat
    return Taken(seat, before is None, _loser(before, one))


def _loser(before: Seat | None, one: Input) -> Unseated | None:
    if before is None or before.away_us is not None:
        return None
    if (before.front_end, before.connection) == (one.front_end, one.connection):
        return None
    return Unseated(one.player, before.front_end, before.connection)


def refuse_unless_playing(room: Room, player: int) -> None:
    """Raises `Refused` for the room's reason or the player's."""
    if room.closed is not None:
        raise Refused(RoomCode.ROOM_CLOSED, reason=room.closed)
    if not room.is_open:
        raise Refused(RoomCode.ROOM_WAITING)
    purse = room.purses.get(player)
    if purse is None:
        raise Refused(RoomCode.NOT_ENTERED)
    if purse.out is not None:
        raise Refused(purse.out)


def check(room: Room, one: Input) -> None:
    """Whether a move comes from the seat that its player holds. Raises `Refused`. A move that was stamped
    before another connection took the seat still counts."""
    refuse_unless_playing(room, one.player)
    seat = room.seats.get(one.player)
    if seat is None:
        raise Refused(RoomCode.NOT_JOINED)
    if seat.number != one.seat and one.stamp_us >= seat.since_us:
        raise Refused(RoomCode.SEAT_TAKEN_ELSEWHERE)
