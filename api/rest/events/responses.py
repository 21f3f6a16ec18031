"""The answer of the feed."""

from server.encoding.answer import Answer
from server.public_events.envelope import Event


class Feed(Answer):
    """Events of all tournaments, oldest first; `nextCursor` goes on behind them."""

    events: list[Event]
    next_cursor: str
    has_more: bool
