"""A public event as it leaves the house: the same bytes in history, feed, webhooks and queues."""

from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from server.encoding.answer import Answer, Instant
from server.encoding.wire import dump, instant
from server.public_events.mapping import Announcement
from server.public_events.streams import tournament_of

VERSION = 1


class Event(Answer, kw_only=True):
    """A public event. `sequence` has no gap in a tournament; events of the system itself belong to none and
    have a sequence of their own. `data` depends on `eventType`: see the webhooks of this document."""

    event_id: Annotated[str, Meta(description="The same in history, feed, webhooks and queues")]
    event_type: str
    version: int
    timestamp: Instant
    tournament_id: str | None
    operator_id: str
    sequence: Annotated[int, Meta(ge=1)]
    data: Annotated[msgspec.Raw | None, Meta(description="Null where it is too long: see `dataUrl`")]
    data_url: Annotated[str | UnsetType, Meta(description="Where `data` is, when it is too long")] = UNSET


def envelope(operator_id: str, stream: str, row: Announcement) -> Event:
    """The envelope of an event (20-api.md, section 5)."""
    return Event(
        event_id=row.event_id,
        event_type=row.event_type,
        version=VERSION,
        timestamp=instant(row.at_ms),
        tournament_id=tournament_of(stream),
        operator_id=operator_id,
        sequence=row.seq,
        data=msgspec.Raw(row.data),
    )


def body_of(operator_id: str, stream: str, row: Announcement, bytes_max: int) -> bytes:
    """The message, at most so long: where `data` is too long it is null and `dataUrl` says where it is."""
    whole = envelope(operator_id, stream, row)
    if len(row.data) > bytes_max:
        whole.data = None
        whole.data_url = f"/api/tournaments/{stream}/events?cursor={row.seq - 1}&limit=1"
    return dump(whole)
