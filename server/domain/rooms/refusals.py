"""Why a seat or a move is refused. Games add codes of their own for their moves."""

from enum import StrEnum


class RoomCode(StrEnum):
    """The codes of the framework and of front ends; docs/rooms.md explains each."""

    # Of seats, and of all moves.
    ROOM_WAITING = "room_waiting"
    ROOM_CLOSED = "room_closed"
    NOT_ENTERED = "not_entered"
    ELIMINATED = "eliminated"
    REMOVED = "removed"
    DISQUALIFIED = "disqualified"
    SEAT_TAKEN_ELSEWHERE = "seat_taken_elsewhere"
    OVERLOADED = "overloaded"
    DRAINING = "draining"
    SERVICE_UNAVAILABLE = "service_unavailable"
    # Of moves.
    NOT_JOINED = "not_joined"
    EXPIRED = "expired"
    FLIGHT_OVER = "flight_over"
    ARRIVED_TOO_LATE = "arrived_too_late"
    STALE_ID = "stale_id"
    ID_REUSED = "id_reused"
    UNKNOWN_MOVE = "unknown_move"
    BAD_ARGUMENTS = "bad_arguments"
    BAD_AMOUNT = "bad_amount"
    NO_FLIGHT = "no_flight"
    NOT_ENOUGH_CREDITS = "not_enough_credits"
    GAME_FAILED = "game_failed"
    TOO_MANY_MESSAGES = "too_many_messages"
    # Of deliveries: between a front end and its owner, never told to a player.
    DELIVERY_GAP = "delivery_gap"
    BAD_DELIVERY = "bad_delivery"
