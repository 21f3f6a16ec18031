"""What a room and its chance are, in words for players."""

from collections.abc import Iterator
from typing import Final

from server.domain.rooms.beacon import LEAD_MS
from server.domain.tournament.rules.room_rules import RoomRules
from server.encoding.wire_names import to_camel

_SAYS: Final = {
    "min_bet": "The smallest bet is {} credits.",
    "max_bet": "The largest bet is {} credits.",
    "max_bet_share": "A bet is at most {} % of the player's credits.",
    "betting_ms": "Bets are taken for {} milliseconds before each flight.",
    "pause_ms": "After each flight there is a pause of {} milliseconds.",
    "edge_percent": "The edge of the crash formula is {} %.",
    "cap_multiplier": "A flight ends at {} times the bet at the latest; who is in then is paid that.",
}


def room_lines(room: RoomRules) -> Iterator[str]:
    """Credits, settings, chance."""
    settings = dict(room.settings)
    first = settings.pop("starting_credits")
    yield "The tournament is played in a game room of this server. Results come from that room alone."
    yield f"Each entry, rebuy and add-on brings {first:,} credits. Credits have no cash value."
    flights = settings.pop("flights", None)
    if flights is not None:
        yield f"There are at most {flights:,} flights; the end of play ends the room, too."
    for name, value in settings.items():
        if value != 100 or name != "max_bet_share":
            yield _SAYS.get(name, f"The setting {to_camel(name)} is {{}}.").format(f"{value:,}")
    if room.commitment:
        yield f"All chance comes from a chain of {room.links:,} hashes (SHA-256)."
        yield f"Its end was published before anyone entered: {room.commitment}."
        yield _salt(room)


def _salt(room: RoomRules) -> str:
    if not room.beacon:
        return "The salt follows from the list of entrants: it is chosen by the house."
    lead_s, name = LEAD_MS // 1_000, room.beacon
    return (
        f"The salt follows from the list of entrants, which is closed at the start, and from a public beacon"
        f" ({name}): its first round at least {lead_s} seconds later, which cannot be foreseen. The first"
        " flight waits for it."
    )
