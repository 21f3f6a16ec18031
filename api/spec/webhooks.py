"""The `webhooks` of the OpenAPI document, made from the catalogue of events."""

from typing import Any

import msgspec

from api.http.openapi import REF
from api.spec.schemas import as_published
from server.public_events.catalogue import CATALOGUE, sentence_of
from server.public_events.envelope import VERSION, Event

_HEADERS = {
    "webhook-id": "The event's id: the same on every try, and in feed, history and queues",
    "webhook-timestamp": "Seconds since 1970 UTC of this try; refuse what is over five minutes old",
    "webhook-signature": "`v1,` and a signature by each live secret, parted by spaces",
}


def webhooks() -> tuple[dict[str, Any], dict[str, Any]]:
    """What is sent for each type, and the schemas that it refers to."""
    _, schemas = msgspec.json.schema_components(CATALOGUE.values(), ref_template=REF + "{name}")
    named = {_name(name): as_published(schema, _name) for name, schema in schemas.items()}
    return {name: {"post": _operation(name)} for name in CATALOGUE}, named


def _name(struct: str) -> str:
    """With a prefix, because answers are called `Player` and so on, too."""
    return f"Event{struct}"


def _operation(event_type: str) -> dict[str, Any]:
    data = {"$ref": REF + _name(CATALOGUE[event_type].__name__)}
    text = {"type": "string"}
    fields = {"eventType": {"const": event_type}, "version": {"const": VERSION}}
    fields["data"] = {"anyOf": [data, {"type": "null"}]}
    body = {"allOf": [{"$ref": REF + Event.__name__}, {"type": "object", "properties": fields}]}
    return {
        "summary": sentence_of(event_type),
        "parameters": [
            {"name": name, "in": "header", "required": True, "schema": text, "description": meaning}
            for name, meaning in _HEADERS.items()
        ],
        "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
        "responses": {
            "2XX": {"description": "Taken"},
            "410": {"description": "Never again: the endpoint is disabled"},
            "default": {"description": "Tried again with growing pauses for more than a day"},
        },
    }
