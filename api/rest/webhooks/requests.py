"""Bodies about endpoints that events go to."""

from typing import Annotated, Any, ClassVar

from fastapi import Depends
from pydantic import BeforeValidator, Field, WithJsonSchema

from api.http.body import Model
from api.http.query import CursorQuery, Reads
from api.http.query_values import OneOf, Text
from api.http.value_types import Instant, Line
from server.ports import DeliveryOutcome, EndpointKind
from server.public_events.catalogue import is_pattern


def _name(value: Any) -> Any:
    if not isinstance(value, str) or not 1 <= len(value) <= 40:
        raise ValueError("Must have 1 to 40 characters")
    if not all(char.isascii() and (char.isalnum() or char in "-_") for char in value):
        raise ValueError("Must be made of letters, digits, - and _")
    return value


def _pattern(value: Any) -> Any:
    if not isinstance(value, str) or not is_pattern(value):
        raise ValueError("Must be an event type, or a family such as player.*")
    return value


Name = Annotated[str, BeforeValidator(_name)]
Kind = Annotated[
    EndpointKind, Field(strict=False), WithJsonSchema({"type": "string", "enum": [*EndpointKind]})
]
EventType = Annotated[str, BeforeValidator(_pattern)]


class EndpointBody(Model):
    """Where events go, and which. No `eventTypes` are all."""

    ALIASES: ClassVar[dict[str, tuple[str, ...]]] = {"event_types": ("events", "types")}
    name: Name = "main"
    kind: Kind = EndpointKind.WEBHOOK
    url: Annotated[str, Field(min_length=1, max_length=500)]
    event_types: Annotated[list[EventType], Field(max_length=50)] = Field(default_factory=list)
    enabled: bool = True
    acknowledges_payouts: bool = False


class EndpointName(Model):
    """Which endpoint."""

    name: Name = "main"


class RotateSecretBody(Model):
    """How long the present secret signs beside the fresh one: for a day, unless it leaked."""

    overlap_seconds: Annotated[int, Field(ge=0, le=7 * 24 * 3600)] = 24 * 3600


class RedeliverBody(Model):
    """What to send again: one event; a tournament's events from one sequence to another; or what was given up
    since some time."""

    name: Name = "main"
    event_id: Line | None = None
    tournament_id: Line | None = None
    from_sequence: Annotated[int, Field(ge=1)] | None = None
    to_sequence: Annotated[int, Field(ge=1)] | None = None
    dead_since: Instant | None = None


class DeliveriesQuery(CursorQuery):
    """Filters of the log."""

    status: Annotated[str | None, OneOf(*DeliveryOutcome)] = None
    webhook: Annotated[str | None, Text()] = None
    event_id: Annotated[str | None, Text()] = None
    tournament_id: Annotated[str | None, Text()] = None


DeliveriesParams = Annotated[DeliveriesQuery, Depends(Reads(DeliveriesQuery))]
