"""A public event as it leaves the house: the same bytes in history, feed, webhooks and queues."""

from typing import Any

import msgspec

from server.encoding.wire import dump, instant
from server.public_events.mapping import Announcement
from server.public_events.streams import tournament_of

VERSION = 1


def envelope(operator_id: str, stream: str, row: Announcement) -> dict[str, Any]:
    """The envelope of an event (20-api.md, section 5). `sequence` has no gap in a tournament; events of the
    house itself have none, and a sequence of their own."""
    return {
        "eventId": row.event_id,
        "eventType": row.event_type,
        "version": VERSION,
        "timestamp": instant(row.at_ms),
        "tournamentId": tournament_of(stream),
        "operatorId": operator_id,
        "sequence": row.seq,
        "data": msgspec.Raw(row.data),
    }


def body_of(operator_id: str, stream: str, row: Announcement, bytes_max: int) -> bytes:
    """The message, at most so long: where `data` is too long it is null and `dataUrl` says where it is."""
    whole = envelope(operator_id, stream, row)
    if len(row.data) <= bytes_max:
        return dump(whole)
    where = f"/api/tournaments/{stream}/events?cursor={row.seq - 1}&limit=1"
    return dump(whole | {"data": None, "dataUrl": where})
