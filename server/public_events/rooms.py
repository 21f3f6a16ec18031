"""What public events say of a room's chance."""

from typing import Any

from server.domain.tournament.events import BeaconTaken
from server.domain.tournament.play.room_facts import awaited_ms, salt_for
from server.domain.tournament.state import Tournament
from server.encoding.wire import instant


def closed_list(state: Tournament) -> dict[str, Any]:
    """Who entered, and which round of the beacon the room waits for; nothing where it waits for none."""
    rules, record, at_ms = state.rules.room, state.room, awaited_ms(state)
    if rules is None or at_ms is None:
        return {}
    return {
        "entrants_sha256": record.entrants_digest.hex(),
        "beacon": rules.beacon,
        "beacon_round": record.beacon_round,
        "beacon_at": instant(at_ms),
    }


def taken(event: BeaconTaken, state: Tournament) -> dict[str, Any]:
    """The round that has come, and the salt that follows from it."""
    assert state.rules.room is not None, "only rooms take a beacon"
    return {
        "beacon": state.rules.room.beacon,
        "beacon_round": event.number,
        "signature": event.signature,
        "salt": salt_for(state),
    }
