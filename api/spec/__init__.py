"""The OpenAPI document: what FastAPI knows of the routes, and what was recorded of their answers.

`examples.json` is recorded from a scenario in the tests, which check that it still is what happens. Schemas of
answers are read off the examples: a field that was null somewhere may be null.
"""

import json
from functools import cache
from importlib.resources import files
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.http.errors import STATUS
from api.spec.shapes import nulls_in, shape_of
from api.spec.webhooks import webhooks

_SECURITY = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "The whole key, or a player's token"},
    "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
    "internalKey": {"type": "apiKey", "in": "header", "name": "X-Internal-Api-Key"},
}
_OPEN = ("/healthz", "/readyz", "/.well-known/jwks.json", "/api/public/tournaments")
_PAGE = {"limit": "integer", "offset": "integer"}
# Query parameters, which the routes read by themselves so as to refuse unknown ones.
_QUERY: dict[str, dict[str, str]] = {
    "/api/tournaments": _PAGE
    | {"status": "string", "gameSlug": "string", "startDate": "string", "endDate": "string"}
    | {"format": "string", "externalId": "string"},
    "/api/tournaments/{tournament_id}/players": _PAGE,
    "/api/tournaments/{tournament_id}/leaderboard": _PAGE
    | {"around": "string", "above": "integer", "below": "integer", "includeEliminated": "boolean"}
    | {"consistency": "string"},
    "/api/tournaments/{tournament_id}/results": _PAGE,
    "/api/tournaments/{tournament_id}/payouts": _PAGE | {"state": "string"},
    "/api/tournaments/{tournament_id}/record": {"format": "string", "section": "string"},
    "/api/audit": {"cursor": "integer", "limit": "integer"},
    "/api/events": {"cursor": "integer", "limit": "integer"},
    "/api/webhooks/deliveries": {"status": "string", "webhook": "string", "eventId": "string"}
    | {"tournamentId": "string", "cursor": "integer", "limit": "integer"},
    "/api/payouts": _PAGE | {"state": "string"},
    "/api/tournaments/{tournament_id}/events": {"cursor": "integer", "limit": "integer"},
    "/api/tournaments/{tournament_id}/rules": {"version": "integer", "timeZone": "string"},
    "/api/tournaments/{tournament_id}/players/{player}/trace": _PAGE,
    "/api/internal/tournaments/{tournament_id}/players": _PAGE,
    "/api/players/{user_id}/tournaments": _PAGE,
    "/api/tournament-templates": _PAGE,
}
_WRITES = {"post", "put", "delete"}
_TEXTS = {
    400: "The request is invalid; `details` names every fault",
    401: "No key, or one that opens nothing",
    403: "The key may not do this",
    404: "Not there, or not yours",
    409: "Refused by a rule; `error` says which",
    413: "The body is over 1 MiB",
    429: "Too many requests; retry after `Retry-After` seconds",
    500: "Our mistake",
    503: "Cannot be reached right now; retry",
}
# Where the answer to a create leads: the operations that take the id it made.
_LINKS = {
    ("post", "/api/tournaments"): ("tournament_id", "tournamentId"),
    ("post", "/api/internal/tournaments"): ("tournament_id", "tournamentId"),
    ("post", "/api/tournament-templates"): ("template_id", "templateId"),
    ("post", "/api/keys"): ("key_id", "keyId"),
}


@cache
def examples() -> dict[str, list[dict[str, Any]]]:
    """Recorded requests and answers, by method and route."""
    found: dict[str, list[dict[str, Any]]] = json.loads((files("api.spec") / "examples.json").read_text())
    return found


@cache
def _nullable() -> frozenset[str]:
    return frozenset(nulls_in([one["response"] for found in examples().values() for one in found]))


def document(app: FastAPI) -> dict[str, Any]:
    """The whole OpenAPI 3.1 document."""
    told = get_openapi(title=app.title, version=app.version, summary=app.summary, routes=app.routes)
    parts = told.setdefault("components", {})
    parts["securitySchemes"] = _SECURITY
    parts["schemas"] = {"Error": _error_schema()}
    for path, operations in told["paths"].items():
        for method, operation in operations.items():
            _complete(method, path, operation)
    told["webhooks"], schemas = webhooks()
    parts["schemas"] |= schemas
    _link(told["paths"])
    return told


def _error_schema() -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["error", "message", "requestId"],
        "properties": {
            "error": {"type": "string", "enum": sorted(map(str, STATUS))},
            "message": {"type": "string"},
            "requestId": {"type": "string"},
            "details": {"type": "object", "additionalProperties": {"type": "string"}},
        },
    }


def _complete(method: str, path: str, operation: dict[str, Any]) -> None:
    """Security, the headers of writes, examples, and every status that may come back."""
    found = examples().get(f"{method.upper()} {path}", [])
    operation["security"] = [] if path in _OPEN else [{name: []} for name in _SECURITY]
    if method in _WRITES:
        operation.setdefault("parameters", []).append(
            {
                "name": "Idempotency-Key",
                "in": "header",
                "schema": {"type": "string", "minLength": 1, "maxLength": 255},
                "description": "Makes the request safe to repeat: the first answer comes again",
            }
        )
    for name, kind in _QUERY.get(path, {}).items() if method == "get" else ():
        query = {"name": name, "in": "query", "required": False, "schema": {"type": kind}}
        operation.setdefault("parameters", []).append(query)
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    given = {one["name"]: {"value": one["body"]} for one in found if one["body"] is not None}
    if content is not None and given:
        content["examples"] = given
    operation["responses"] = _answers(found) | _errors(method, path, found)


def _answers(found: list[dict[str, Any]]) -> dict[str, Any]:
    """Success by status, with the shape that all examples have."""
    good = [one for one in found if one["status"] < 300]
    return {
        str(status): {
            "description": "Done" if status != 207 else "Done in part: every line has its own outcome",
            "content": {
                "application/json": {
                    "schema": shape_of([one["response"] for one in good], _nullable()),
                    "examples": {
                        one["name"]: {"value": one["response"]} for one in good if one["status"] == status
                    },
                }
            },
        }
        for status in sorted({one["status"] for one in good})
    }


def _errors(method: str, path: str, found: list[dict[str, Any]]) -> dict[str, Any]:
    """The errors of an operation, with recorded examples or one of the catalogue."""
    possible = {500, 503} if path in _OPEN else {400, 401, 403, 404, 409, 429, 500, 503}
    possible |= {413} if method in _WRITES else set()
    return {str(status): _error(status, found) for status in sorted(possible)}


def _error(status: int, found: list[dict[str, Any]]) -> dict[str, Any]:
    recorded = {one["name"]: {"value": one["response"]} for one in found if one["status"] == status}
    codes = sorted(str(code) for code, of in STATUS.items() if of == status)
    plain = {
        code: {"value": {"error": code, "message": _TEXTS[status], "requestId": "req-1"}} for code in codes
    }
    schema = {"$ref": "#/components/schemas/Error"}
    return {
        "description": _TEXTS[status],
        "content": {"application/json": {"schema": schema, "examples": plain | recorded}},
    }


def _link(paths: dict[str, Any]) -> None:
    """OpenAPI links, so that tools can walk from what was made to all that may be done with it."""
    for (method, path), (parameter, field) in _LINKS.items():
        links = {
            operation["operationId"]: {
                "operationId": operation["operationId"],
                "parameters": {parameter: f"$response.body#/{field}"},
            }
            for other, operations in paths.items()
            if f"{{{parameter}}}" in other
            for operation in operations.values()
        }
        for status, answer in paths[path][method]["responses"].items():
            if status == "201":
                answer["links"] = links
