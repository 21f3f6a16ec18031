"""The `webhooks` of the OpenAPI document, made from the catalogue of events."""

from typing import Any

import msgspec

from server.public_events.catalogue import CATALOGUE, told
from server.public_events.envelope import VERSION

_HEADERS = {
    "webhook-id": "The event's id: the same on every try, and in feed, history and queues",
    "webhook-timestamp": "Seconds since 1970 UTC of this try; refuse what is over five minutes old",
    "webhook-signature": "`v1,` and a signature by each live secret, parted by spaces",
}


def webhooks() -> tuple[dict[str, Any], dict[str, Any]]:
    """What is sent for each type, and the schemas that it refers to."""
    _, schemas = msgspec.json.schema_components(
        list(dict.fromkeys(CATALOGUE.values())), ref_template="#/components/schemas/{name}"
    )
    for schema in schemas.values():
        schema.pop("title", None)  # generators would name by it, and an event is not what it tells of
    schemas = {f"Event{name.strip('_')}": _renamed(schema) for name, schema in schemas.items()}
    return {name: {"post": _operation(name)} for name in CATALOGUE}, schemas


def _renamed(value: Any) -> Any:
    """References by the names that are published."""
    if isinstance(value, dict):
        return {key: _renamed(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_renamed(one) for one in value]
    head, found, name = str(value).rpartition("#/components/schemas/")
    return f"{head}{found}Event{name.strip('_')}" if found and isinstance(value, str) else value


def _operation(event_type: str) -> dict[str, Any]:
    data = {"$ref": f"#/components/schemas/Event{CATALOGUE[event_type].__name__}"}
    text = {"type": "string"}
    fields = {"eventType": {"const": event_type}, "version": {"const": VERSION}}
    fields["data"] = {"anyOf": [data, {"type": "null"}]}
    body = {"allOf": [{"$ref": "#/components/schemas/Event"}, {"type": "object", "properties": fields}]}
    return {
        "summary": told(event_type),
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
