"""Answers for those who check."""

from typing import Annotated, Any

from msgspec import Meta

from server.encoding.answer import Answer, Instant, Position


class AuditLine(Answer):
    """Who changed what: `before` and `after` are as the API shows them; null is nothing. `hash` covers the
    line and the hash before it."""

    sequence: Position
    at: Instant
    actor: str
    action: str
    subject: str
    before: Any
    after: Any
    reason: str | None
    hash: str


class AuditTrail(Answer):
    """Changes of an operator's settings in order; `nextCursor` goes on behind them."""

    entries: list[AuditLine]
    deeds: Annotated[list[AuditLine], Meta(description="The former name of `entries`, until version 0.3")]
    next_cursor: str
    has_more: bool
