"""What travels on the player socket beside the board's frames, and why it closes."""

from enum import IntEnum
from typing import Annotated, Final

import msgspec

from actors.replies import BoardAnswer, Gone, Place
from api.answers.views import (
    end_time,
    registration_status,
    room_id,
    room_status,
    rounds_of,
    start_time,
)
from api.answers.views_people import own_payouts
from server.broadcast import frames
from server.domain.money import points_or_none, points_to_decimal, to_decimal
from server.domain.tournament.lifecycle import Status
from server.domain.tournament.money.sale_rules import why_no_rebuy
from server.domain.tournament.summary import EntryRow, Summary
from server.encoding.wire import dump, instant

PROTOCOL_VERSION: Final = 1


_ID_MAX: Final = 2**53 - 1
_NO_ARGUMENTS: Final = msgspec.Raw(b"{}")


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
    """What a client may send: `auth` (first, or to renew), `ping`, `around`; in a room `join`, `leave`,
    `play`, whose arguments stay as they came until the room's owner reads them."""

    type: str
    token: str | None = None
    above: int = 20
    below: int = 20
    seat: Annotated[int, msgspec.Meta(ge=0, le=_ID_MAX)] = 0
    id: Annotated[int, msgspec.Meta(ge=1, le=_ID_MAX)] | None = None
    flight: Annotated[int, msgspec.Meta(ge=0, le=_ID_MAX)] = 0
    until_ms: Annotated[int, msgspec.Meta(ge=1, le=_ID_MAX)] | None = msgspec.field(
        name="untilMs", default=None
    )
    move: Annotated[str, msgspec.Meta(max_length=64)] = ""
    with_: msgspec.Raw = msgspec.field(name="with", default=_NO_ARGUMENTS)


CLIENT_MESSAGE = msgspec.json.Decoder(ClientMessage)


def welcome(summary: Summary, entry: EntryRow | None, now_ms: int, position: tuple[int, int]) -> bytes:
    """First, always: where we are, what this client may do and why not, where to resume."""
    rules = summary.rules
    epoch, seq = position
    return dump(
        frames.Welcome(
            protocol=PROTOCOL_VERSION,
            server_time=instant(now_ms),
            tournament_id=summary.id,
            name=rules.name,
            status=summary.status,
            rules_version=rules.rules_version,
            round=frames.Rounds(**rounds_of(summary)),
            room_id=room_id(summary.id),
            start_time=start_time(summary),
            ends_at=end_time(summary),
            me=None if entry is None else _me(entry),
            can=frames.Capabilities(
                play=_may_play(summary, entry),
                register=_may_register(summary, entry, now_ms),
                rebuy=_may_rebuy(summary, entry, now_ms),
            ),
            resume=frames.ResumePosition(epoch=epoch, seq=seq),
        )
    )


def _me(entry: EntryRow) -> frames.Player:
    return frames.Player(
        player_id=entry.player_id,
        internal_player_id=entry.internal_player_id,
        display_name=entry.display_name,
    )


def _flag(reason: str | None) -> frames.Flag:
    return frames.Flag(allowed=reason is None, reason=reason)


def _may_play(summary: Summary, entry: EntryRow | None) -> frames.Flag:
    if entry is None:
        return _flag("spectator")
    if entry.removed:
        return _flag("disqualified" if entry.disqualified else "removed")
    if entry.eliminated_round is not None:
        return _flag("eliminated")
    return _flag(None if summary.status is Status.IN_PROGRESS else f"tournament_{summary.status}")


def _may_register(summary: Summary, entry: EntryRow | None, now_ms: int) -> frames.Flag:
    if entry is not None and not entry.removed:
        return _flag("already_registered")
    registration = registration_status(summary, now_ms)
    return _flag(None if registration == "open" else f"registration_{registration}")


def _may_rebuy(summary: Summary, entry: EntryRow | None, now_ms: int) -> frames.Flag:
    """By the rule that refuses the sale itself."""
    if entry is None:
        return _flag("not_playing")
    why = why_no_rebuy(summary, entry, now_ms)
    return _flag(None if why is None else why.rule)


def me(place: Place, before: Place | None, summary: Summary, now_ms: int) -> bytes:
    """Where this player stands, and what moved since the last `me`."""
    return dump(
        frames.Me(
            server_time=instant(now_ms),
            position=place.position,
            rank=place.rank,
            points=points_to_decimal(place.points),
            moved=0 if before is None else before.position - place.position,
            points_moved=points_to_decimal(0 if before is None else place.points - before.points),
            points_to_next_prize=points_or_none(place.to_next_prize),
            prize=to_decimal(place.prize_minor, summary.rules.currency_places),
        )
    )


def payouts(place: Place, summary: Summary, now_ms: int) -> bytes:
    """What is owed to this player, and what became of it."""
    lines = own_payouts(place.payouts, summary)
    return dump(frames.Payouts(server_time=instant(now_ms), currency=summary.rules.currency, payouts=lines))


def around(board: BoardAnswer, now_ms: int) -> bytes:
    """The rows about this player, as asked for."""
    rows = [
        frames.Row(
            position=row.position,
            rank=row.rank,
            player_id=row.player_id,
            display_name=row.display_name,
            points=points_to_decimal(row.points),
        )
        for row in board.rows
    ]
    return dump(frames.Around(server_time=instant(now_ms), total=board.total, rows=rows))


def room(tournament_id: str, status: str, connections: int) -> bytes:
    """The game room: waiting, active or closed, and how many sockets are in it on all front ends."""
    state = room_status(Status(status))
    return dump(frames.Room(room_id=room_id(tournament_id), status=state, active_connections=connections))


def eliminated(place: Place, now_ms: int) -> bytes:
    """Told to the player who is out. Not a frame of the board: it has no `seq`."""
    return dump(
        frames.Lifecycle(server_time=instant(now_ms), event="eliminated", round=place.eliminated_round)
    )


def gone(why: Gone, now_ms: int) -> bytes:
    """Told to a player who was removed or disqualified; the socket closes. Without `seq`, too."""
    return dump(frames.Lifecycle(server_time=instant(now_ms), event=why))


def maintenance(now_ms: int) -> bytes:
    """This front end is about to stop; another will take the socket."""
    return dump(frames.Lifecycle(server_time=instant(now_ms), event="maintenance"))


def pong(now_ms: int) -> bytes:
    """Answer to a ping, for clients that keep our time."""
    return dump(frames.Pong(server_time=instant(now_ms)))


def renewed() -> bytes:
    """Answer to an `auth` that was good."""
    return dump(frames.Auth())


def error(code: str, message: str) -> bytes:
    """A typed error that does not close the socket."""
    return dump(frames.Error(error=code, message=message))
